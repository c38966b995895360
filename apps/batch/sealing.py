"""Texts of a batch at rest: all under the batch's data key, so that destroying one key erases them everywhere."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from apps.batch.models import Line
from apps.batch.parsing import Prompt
from apps.privacy import keys
from apps.privacy.keys import Box

NAME: Final = "batch.name"
SOURCE: Final = "batch.source"
REQUEST: Final = "batch.request"
ANSWER: Final = "batch.answer"


class Sealer:
    """Seals and opens the texts of one batch. One query to make, none to use. Never stored, never logged."""

    def __init__(self, batch_id: UUID) -> None:
        """:raises keys.KeyDestroyed: if the batch was erased."""
        self._key = keys.open_key(batch_id)
        self._boxes: dict[str, Box] = {}

    def seal(self, text: str, *, purpose: str, label: str = "") -> bytes:
        """Seal a text; it opens only for the same purpose and label (the number of a line)."""
        return self._box(purpose).seal(text.encode(), label=label)

    def unseal(self, sealed: bytes | memoryview, *, purpose: str, label: str = "") -> str:
        """Open what `seal` made."""
        return self._box(purpose).unseal(bytes(sealed), label=label).decode()

    def prompt_of(self, line: Line) -> Prompt:
        """Open what a line asks."""
        return Prompt.from_json(self.unseal(line.sealed_request, purpose=REQUEST, label=str(line.number)))

    def answer_of(self, line: Line) -> str:
        """Open the answer of a line, empty where it has none."""
        if not line.sealed_answer:
            return ""
        return self.unseal(line.sealed_answer, purpose=ANSWER, label=str(line.number))

    def _box(self, purpose: str) -> Box:
        if purpose not in self._boxes:
            self._boxes[purpose] = self._key.box(purpose)
        return self._boxes[purpose]
