"""What one page shows, and the messages that bring it up to date: from rows that were read, or handed from memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.chat import frames, line, reading, texts
from apps.chat.live import HandedEnd, HandedFrame, Opening
from apps.chat.models import Frame, Turn
from apps.chat.reading import Reader, Source, TurnView, Whole
from apps.chat.verbatim import Verbatim
from apps.chat.watching import Watched
from apps.privacy.keys import Box, ConversationKey

Message = dict[str, Any]

FRAMES_AT_ONCE: Final = 20
"""A page that is behind by more has much to render, however long they are."""
RENDERED_ON_THE_LOOP: Final = 4_000
"""Characters of the block that grows; a longer one is rendered in a thread, so that nobody else's words wait."""


class Much(Exception):
    """There is more to render than the event loop has time for."""


class Shown:
    """
    The turns on one page, and where it stands in those that are open.

    :param has: the last number that the page has of each turn; -1 for one that is closed on it.
    """

    def __init__(self, has: Mapping[UUID, int]) -> None:
        self.turns = set(has)
        self.readers = {turn_id: Reader(number=number) for turn_id, number in has.items() if number >= 0}
        self._statuses: dict[UUID, str] = {}

    @property
    def waiting(self) -> list[UUID]:
        """The open turns that the page shows."""
        return [turn_id for turn_id in self.readers if turn_id in self.turns]

    @property
    def growing(self) -> tuple[UUID, int, Box] | None:
        """The one answer that grows on the page, how far it has come, and what opens it; None if it is not so plain."""
        found = [(turn_id, reader) for turn_id, reader in self.readers.items() if reader.box]
        if len(found) != 1 or not found[0][1].text:
            return None
        ((turn_id, reader),) = found
        return (turn_id, reader.number, reader.box) if reader.box else None

    def following(self, handed: Sequence[HandedFrame]) -> list[HandedFrame] | None:
        """Give the frames from memory that the page does not have; None where they do not begin right behind that."""
        reader = self.readers.get(handed[-1].turn_id) if handed else None
        if reader is None or reader.box is None:
            return None
        new = [frame for frame in handed if frame.number > reader.number]
        numbers = [frame.number for frame in new]
        is_told = bool(reader.text) or (bool(new) and new[0].opening is not None)
        follows_on = numbers == list(range(reader.number + 1, reader.number + 1 + len(numbers)))
        return new if is_told and follows_on else None

    def is_quick(self, turn_id: UUID) -> bool:
        """Say whether the next frame of a turn is rendered in no time."""
        blocks = self.readers[turn_id].blocks
        return not blocks or len(blocks[-1]) <= RENDERED_ON_THE_LOOP

    def grown_by(self, new: Sequence[HandedFrame]) -> list[Message]:
        """Render frames from memory that `following` gave."""
        if not new:
            return []
        turn_id, reader = new[0].turn_id, self.readers[new[0].turn_id]
        opening = new[0].opening
        if opening is not None and not reader.text:
            reader.renderer.verbatim = Verbatim(opening.values)
        blocks = reader.advance(reader.text + "".join(frame.words for frame in new), number=new[-1].number)
        status = self._status_after(turn_id, opening) if opening is not None else []
        return [_blocks(turn_id, reader, blocks), *status]

    def grown_by_rows(self, turn_id: UUID, box: Box, rows: Sequence[Frame]) -> list[Message]:
        """Render the next frames of the answer that grows, as they are kept."""
        reader = self.readers[turn_id]
        words = "".join(box.unseal(bytes(row.sealed_text)).decode() for row in rows)
        return [_blocks(turn_id, reader, reader.advance(reader.text + words, number=rows[-1].number))]

    def ended_by(self, end: HandedEnd) -> list[Message] | None:
        """Show the end of a turn from memory; None if the page does not show that turn as open."""
        if end.turn.pk not in self.readers or end.turn.pk not in self.turns:
            return None
        del self.readers[end.turn.pk]
        blocks = reading.rendered(end.answer, values=end.values)
        return [_whole("closed", TurnView(end.turn, end.question, blocks, []))]

    def caught_up(
        self, found: Sequence[Turn], wholes: Mapping[UUID, Whole], watched: Watched, *, most: int
    ) -> list[Message]:
        """
        Render everything that is new; `wholes` are those of `found` that are shown anew or have ended.

        :raises Much: if it has more than `most` characters; then nothing has changed.
        """
        if self._characters(found, wholes) > most:
            raise Much
        return [message for turn in found for message in self._news_of(turn, wholes.get(turn.pk), watched)]

    def is_whole(self, turn: Turn) -> bool:
        """Say whether the page has to be given the whole turn, not how it has grown."""
        return turn.pk not in self.turns or not turn.is_open

    def _characters(self, found: Sequence[Turn], wholes: Mapping[UUID, Whole]) -> int:
        """Bound from above how much there is to render: whole turns, and growing answers."""
        said = sum(len(whole.question) + len(whole.answer) for whole in wholes.values())
        for turn in found:
            reader = self.readers.get(turn.pk) or Reader()
            if turn.is_open and turn.last_frame > reader.number + FRAMES_AT_ONCE:
                return sys.maxsize
            said += len(reader.text)
        return said

    def _news_of(self, turn: Turn, whole: Whole | None, watched: Watched) -> list[Message]:
        if whole is None:
            return self.growth_of(turn, watched.person, watched.data_key)
        view = reading.view_of(whole, person=watched.person, data_key=watched.data_key)
        if turn.pk in self.turns:
            del self.readers[turn.pk]
            return [_whole("closed", view)]
        self.turns.add(turn.pk)
        if whole.turn.is_open:
            self.readers[turn.pk] = _caught_up(whole.turn, view.sources, watched.data_key)
        return [_whole("turn", view)]

    def growth_of(self, turn: Turn, person: User, data_key: ConversationKey) -> list[Message]:
        """Render how an open turn has grown since the page was told last, and the step it is at."""
        messages = []
        reader = self.readers[turn.pk]
        if reader.box is None:
            sources = reading.sources_of(turn, person=person)
            self.readers[turn.pk] = reader = _caught_up(turn, sources, data_key, up_to=reader.number)
        if turn.last_frame > reader.number:
            if not reader.text:  # what the question masked is in the vault by now, and was not before
                reader.renderer.verbatim = reading.verbatim_of(data_key)
            blocks = reader.advance(frames.arrived_text(turn, data_key), number=turn.last_frame)
            messages.append(_blocks(turn.pk, reader, blocks))
        return [*messages, *self._status(turn)]

    def _status_after(self, turn_id: UUID, opening: Opening) -> list[Message]:
        return self._status(Turn(pk=turn_id, step=Turn.Step.ANSWERING, masked=opening.masked))

    def _status(self, turn: Turn) -> list[Message]:
        status = render_to_string("chat/_status.html", {"turn": turn, "ahead": line.ahead_of(turn.pk)})
        if self._statuses.get(turn.pk) == status:
            return []
        self._statuses[turn.pk] = status
        return [{"type": "status", "turn": str(turn.pk), "html": status}]


def rendered_turn(view: TurnView) -> str:
    """The turn as a piece of page."""
    return render_to_string("chat/_turn.html", {"view": view})


def _whole(kind: str, view: TurnView) -> Message:
    turn = view.turn
    return {
        "type": kind,
        "turn": str(turn.pk),
        "outcome": turn.outcome,
        "html": rendered_turn(view),
        "announcement": turn.sentence or turn.get_outcome_display(),
    }


def _caught_up(turn: Turn, sources: Sequence[Source], data_key: ConversationKey, *, up_to: int | None = None) -> Reader:
    """A reader that stands where a page stands which shows the turn's first `up_to` frames (all, by default)."""
    reader = Reader(box=data_key.box(texts.FRAME))
    number = turn.last_frame if up_to is None else up_to
    if number:
        reader.renderer.verbatim = reading.verbatim_of(data_key)
    reader.renderer.citations = reading.addresses(sources)
    reader.advance(frames.arrived_text(turn, data_key, up_to=number), number=number)
    return reader


def _blocks(turn_id: UUID, reader: Reader, blocks: list[tuple[int, str]]) -> Message:
    return {
        "type": "blocks",
        "turn": str(turn_id),
        "number": reader.number,
        "count": len(reader.blocks),
        "blocks": [{"index": index, "html": html} for index, html in blocks],
    }
