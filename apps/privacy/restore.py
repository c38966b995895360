"""
Put the words back into an answer that arrives in pieces.

Only a suffix that may still become a placeholder is held back, so the words flow as they come, and the result does
not depend on where the pieces end. What models do to placeholders is forgiven (`apps.privacy.spelling`); a number that
was never issued stays as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import regex

from apps.privacy.fences import JsonFence, inside_json
from apps.privacy.spelling import CONTEXT, LONGEST_FRAME, Grammar, grammar_of, name_of, spelled_like

EMPTY: Final[Mapping[str, str]] = {}


class Piece(NamedTuple):
    """A stretch of a restored text. `placeholder` is what it stood for, empty where nothing was replaced."""

    text: str
    placeholder: str = ""


class Restorer:
    """
    Restores one answer. Feed the pieces in order, then finish once; then it is ready for another text.

    Costs a few microseconds a piece; what is held back is never longer than the longest placeholder.

    :param placeholders: as issued, ``<PERSON_1>``, with the value of each.
    """

    def __init__(self, placeholders: Mapping[str, str] = EMPTY) -> None:
        self._values = placeholders
        self._pending = ""
        self._before = ""
        self._fence = JsonFence()
        if placeholders:
            self._reach = max(map(len, placeholders)) + LONGEST_FRAME
            self._grammar: Grammar = grammar_of(frozenset(name[1:].rpartition("_")[0] for name in placeholders))

    def feed(self, chunk: str) -> str:
        """Take the next piece; give the text that no later piece can change."""
        return "".join(piece.text for piece in self.feed_pieces(chunk))

    def finish(self) -> str:
        """Give what was held back. The answer is complete."""
        return "".join(piece.text for piece in self.finish_pieces())

    def feed_pieces(self, chunk: str) -> list[Piece]:
        """Do as `feed`, telling restored values from the other text."""
        if not self._values:
            return [Piece(chunk)]
        text = self._before + self._pending + chunk
        if self._pending or self._grammar.may_begin.search(text, len(self._before)):
            self._pending += chunk
            return list(self._release(is_last=False))
        self._before = text[-CONTEXT:]
        self._fence.see(chunk)
        return [Piece(chunk)]

    def finish_pieces(self) -> list[Piece]:
        """Do as `finish`, telling restored values from the other text."""
        pieces = list(self._release(is_last=True)) if self._values else []
        self._pending = self._before = ""
        self._fence = JsonFence()
        return pieces

    def _release(self, *, is_last: bool) -> Iterator[Piece]:
        text = self._before + self._pending
        position = len(self._before)
        hold = self._hold(text, position, is_last=is_last)
        for match in self._grammar.find(text, position):
            if match.start() >= hold:
                break
            yield from self._passed(text[position : match.start()])
            yield self._restored(match)
            position = match.end()
            if position > hold:
                hold = self._hold(text, position, is_last=is_last)
        if hold > position:
            yield from self._passed(text[position:hold])
            position = hold
        self._pending = text[position:]
        self._before = text[:position][-CONTEXT:]

    def _hold(self, text: str, position: int, *, is_last: bool) -> int:
        if is_last:
            return len(text)
        return self._grammar.held_from(text, max(position, len(text) - self._reach))

    def _passed(self, text: str) -> Iterator[Piece]:
        if text:
            self._fence.see(text)
            yield Piece(text)

    def _restored(self, match: regex.Match[str]) -> Piece:
        placeholder, found = name_of(match), match.groupdict()
        value = self._values.get(placeholder)
        if value is None:
            self._fence.see(match[0])
            return Piece(match[0])
        value = spelled_like(match[0], value)
        if self._fence.is_in_json_string:
            value = inside_json(value)
        text = (found["before"] or "") + value + (found["possessive"] or "") + (found["after"] or "")
        return Piece(text, placeholder)


def restored(text: str, placeholders: Mapping[str, str]) -> str:
    """Restore a whole text at once."""
    restorer = Restorer(placeholders)
    return restorer.feed(text) + restorer.finish()


def restored_pieces(text: str, placeholders: Mapping[str, str]) -> list[Piece]:
    """Restore a whole text at once, telling restored values from the other text."""
    restorer = Restorer(placeholders)
    return restorer.feed_pieces(text) + restorer.finish_pieces()
