"""What the engine found in a text: the value that travels between steps, processes and the passage table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self


class MalformedFinding(Exception):
    """A finding does not fit its text: the engine is broken, so nothing may be sent on its word."""


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One personal or secret value: ``text[start:end]``, in code points of the original text.

    `score` is the engine's confidence (0 to 1), `reason` a phrase for the officer who asks why it was masked.
    """

    type: str
    start: int
    end: int
    score: float
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Give the finding as plain values, for a JSON column."""
        return {
            "type": self.type,
            "start": self.start,
            "end": self.end,
            "score": self.score,
            "reason": self.reason,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """
        Read what `to_json` gave.

        :raises MalformedFinding: if a field is missing or of the wrong kind.
        """
        try:
            return cls(
                type=str(raw["type"]),
                start=int(raw["start"]),
                end=int(raw["end"]),
                score=float(raw["score"]),
                reason=str(raw["reason"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedFinding("A stored finding cannot be read. Analyse the text again.") from error


def checked(findings: Iterable[Finding], *, text: str) -> tuple[Finding, ...]:
    """
    Return the findings as a tuple if they fit `text`: inside it, not empty, in order, never overlapping.

    :raises MalformedFinding: if they do not.
    """
    found = tuple(findings)
    position = 0
    for finding in found:
        if not position <= finding.start < finding.end <= len(text):
            raise MalformedFinding("The scrubber reported places that do not fit the text.")
        position = finding.end
    return found
