"""The passages of company documents that went along with an exchange, word for word as they left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.audit.sealed import Opened, Said

LONG = 600
"""From how many characters on a passage is shown folded."""


@dataclass(frozen=True, slots=True)
class SentPassage:
    """
    A passage under its number in the prompt. ``label`` is scrubbed, and empty once it was erased.

    ``said`` is its text as it left; None where it was erased, or where what left does not say for certain which words
    are this passage's.
    """

    number: int
    label: str
    permission: str
    passage_id: str
    document_id: UUID
    said: Said | None

    @property
    def is_long(self) -> bool:
        """Say whether there is too much to read at a glance."""
        return self.said is not None and len(self.said.text) > LONG


def passages_of(facts: Sequence[Mapping[str, Any]], left: Opened) -> list[SentPassage]:
    """Find the passages of an exchange in what left; `facts` name them in the order of their numbers."""
    labels = [left.labels.get(each["passage_id"], "") for each in facts]
    texts = _texts(left.messages[0].text, labels) if left.messages and labels else [None] * len(labels)
    return [
        SentPassage(
            number=number,
            label=label,
            permission=fact["permission"],
            passage_id=fact["passage_id"],
            document_id=UUID(fact["document_id"]),
            said=None if text is None else Said("", text),
        )
        for number, (fact, label, text) in enumerate(zip(facts, labels, texts, strict=True), start=1)
    ]


def _texts(prompt: str, labels: Sequence[str]) -> list[str | None]:
    """
    Cut the passages out of the first message, where each follows a line of its number and label to the next such line.

    A document may hold such a line itself. So a line counts only where it stands once: else the texts on both sides of
    it are not told apart, and nobody is shown a passage that is not what it is called.
    """
    begins = [_only(prompt, f"\n\n[{number}] {label}:\n") for number, label in enumerate(labels, start=1)]
    ends = [*(begin and begin[0] for begin in begins[1:]), len(prompt)]
    return list(_cut(prompt, begins, ends))


def _cut(prompt: str, begins: Sequence[tuple[int, int] | None], ends: Sequence[int | None]) -> Iterator[str | None]:
    for begin, end in zip(begins, ends, strict=True):
        yield prompt[begin[1] : end] if begin is not None and end is not None and begin[1] <= end else None


def _only(text: str, line: str) -> tuple[int, int] | None:
    """Say where a line begins and ends that stands in the text exactly once."""
    place = text.find(line)
    if place < 0 or text.find(line, place + 1) >= 0:
        return None
    return place, place + len(line)
