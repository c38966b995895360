"""
Server-sent events of OpenAI's format: cut out of the bytes as they come, read, and joined into few pieces.

Nearly every event of an answer is the one before with other words in it. So the text around the words is learned from
one event, and what follows in the same form is cut at that text; everything else is parsed as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final, Self

from apps.gateway.upstream import CallPiece, Fault, FaultKind, Piece, Usage, call_pieces

LONGEST_EVENT: Final = 1024 * 1024
DONE: Final = b"[DONE]"

EVENTS_IN_A_PIECE: Final = 16
CHARACTERS_IN_A_PIECE: Final = 128
"""An answer that goes on past its limit is cut between two pieces, so none may be large."""

LESSONS: Final = 3
"""So often a stream may show a new form; where each event has another, none is worth learning."""
CONTENT: Final = re.compile(rb'"content": ?"')
NOT_PLAIN: Final = re.compile(rb'["\\\x00-\x1f]')
"""What does not stand for itself in a JSON string."""
PROBE: Final = "words"


class Events:
    """The events of one stream. Feed the bytes in order."""

    def __init__(self) -> None:
        self.are_over = False
        self._rest = b""
        self._form: _Form | None = None
        self._lessons = LESSONS

    def read(self, data: bytes) -> Iterator[Piece]:
        """
        Take the next bytes; give what they complete, in pieces small enough to be counted before they are passed on.

        :raises Fault: if an event cannot be read, or is an error; after the pieces before it.
        """
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        data, self._rest = data[:end], data[end:]
        if len(self._rest) > LONGEST_EVENT:
            raise Fault(FaultKind.BAD_ANSWER)
        texts = self._form.texts_in(data) if self._form else None
        if texts is not None:
            yield from _joined_texts(texts)
        else:
            yield from self._parsed([line[5:].strip() for line in data.split(b"\n") if line.startswith(b"data:")])

    def _parsed(self, payloads: list[bytes]) -> Iterator[Piece]:
        """Parse the payloads up to the stream's own end, all at once: one by one costs three times as much."""
        wanted = list(takewhile(lambda payload: payload != DONE, payloads))
        self.are_over = len(wanted) < len(payloads)
        try:
            events = json.loads((b"[%s]" % b",".join(wanted)).decode())
        except ValueError:
            events = []
        yield from _joined(events if len(events) == len(wanted) else map(_read, wanted))
        if wanted and self._lessons and (form := _Form.of(wanted[-1])):
            self._form, self._lessons = form, self._lessons - 1


@dataclass(frozen=True, slots=True)
class _Form:
    """Events that differ in nothing but their words: the bytes before and after these, and between two events'."""

    before: bytes
    after: bytes
    between: bytes

    @classmethod
    def of(cls, payload: bytes) -> Self | None:
        """Learn the form of an event that could be read; None where it brings no words, or more than words."""
        places = list(CONTENT.finditer(payload))
        start = places[0].end() if len(places) == 1 else -1
        end = payload.find(b'"', start)
        if start < 0 or end <= start:
            return None
        try:
            probe = _Heard.of(json.loads(payload[:start] + PROBE.encode() + payload[end:]))
        except (Fault, ValueError):
            return None
        if probe.piece != Piece(PROBE):
            return None
        before, after = b"data: " + payload[:start], payload[end:] + b"\n\n"
        return cls(before, after, after + before)

    def texts_in(self, data: bytes) -> list[str] | None:
        """Give the words of each event, if there is nothing in the bytes but whole events of this form."""
        is_whole = len(data) >= len(self.between) and data.startswith(self.before) and data.endswith(self.after)
        if not is_whole:
            return None
        texts = data[len(self.before) : -len(self.after)].split(self.between)
        if NOT_PLAIN.search(b"".join(texts)):
            return None
        try:
            return [text.decode() for text in texts]
        except UnicodeDecodeError:
            return None


def _joined_texts(texts: list[str]) -> Iterator[Piece]:
    """Join words into pieces. The usual few are one."""
    if len(texts) <= EVENTS_IN_A_PIECE and len(words := "".join(texts)) <= CHARACTERS_IN_A_PIECE:
        yield Piece(words, parts=sum(map(bool, texts)))
        return
    heard = _Heard()
    for text in texts:
        heard.add_text(text)
        if heard.is_full:
            yield heard.piece
            heard = _Heard()
    if heard.events:
        yield heard.piece


def _joined(events: Iterable[Any]) -> Iterator[Piece]:
    """
    Join events into few pieces.

    :raises Fault: after what came before the event that cannot be read.
    """
    heard, fault = _Heard(), None
    try:
        for event in events:
            heard.add(event)
            if heard.is_full:
                yield heard.piece
                heard = _Heard()
    except Fault as found:
        fault = found
    if heard.events:
        yield heard.piece
    if fault:
        raise fault


@dataclass(slots=True)
class _Heard:
    """Events that are passed on together."""

    texts: list[str] = field(default_factory=list)
    calls: list[CallPiece] = field(default_factory=list)
    finish_reason: str = ""
    usage: Usage | None = None
    events: int = 0
    characters: int = 0

    @classmethod
    def of(cls, event: Any) -> Self:
        """
        Take one event.

        :raises Fault: if it has another form, or is an error.
        """
        heard = cls()
        heard.add(event)
        return heard

    def add(self, event: Any) -> None:
        """
        Take one more event.

        :raises Fault: if it has another form, or is an error.
        """
        if not isinstance(event, dict):
            raise Fault(FaultKind.BAD_ANSWER)
        if event.get("error"):
            raise Fault(FaultKind.PROVIDER_ERROR)
        try:
            self._add(event)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise Fault(FaultKind.BAD_ANSWER) from None

    def _add(self, event: dict[str, Any]) -> None:
        choice = event["choices"][0] if event.get("choices") else {}
        delta = choice.get("delta") or {}
        text, finish_reason = delta.get("content") or "", choice.get("finish_reason") or ""
        if not isinstance(text, str) or not isinstance(finish_reason, str):
            raise TypeError("A text and a reason must be texts.")
        if delta.get("tool_calls"):
            self.calls += call_pieces(delta["tool_calls"])
        if event.get("usage"):
            self.usage = _usage(event["usage"]) or self.usage
        self.finish_reason = finish_reason or self.finish_reason
        self.add_text(text)

    def add_text(self, text: str) -> None:
        """Take one more event that brings nothing but words."""
        if text:
            self.texts.append(text)
            self.characters += len(text)
        self.events += 1

    @property
    def is_full(self) -> bool:
        """Say whether no more should be joined to it."""
        return self.events >= EVENTS_IN_A_PIECE or self.characters >= CHARACTERS_IN_A_PIECE

    @property
    def piece(self) -> Piece:
        """All of it as one piece."""
        parts = len(self.texts) + len(self.calls)
        return Piece("".join(self.texts), self.finish_reason, self.usage, tuple(self.calls), parts)


def _read(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode())
    except ValueError:
        raise Fault(FaultKind.BAD_ANSWER) from None


def _usage(stated: dict[str, Any]) -> Usage | None:
    """Take a count only if both numbers are whole and not negative."""
    sent, received = stated.get("prompt_tokens"), stated.get("completion_tokens")
    if not isinstance(sent, int) or not isinstance(received, int) or sent < 0 or received < 0:
        return None
    return Usage(sent, received)
