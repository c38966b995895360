"""An answer put together from its events: stretches of text and tool calls, in the order in which they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.api.neutral import ApiError, Begin, ErrorKind, Event, Finish, TextDelta, ToolCallDelta


@dataclass(slots=True)
class Stretch:
    """Some text of the answer, or one tool call: then `call_id` and `name` are set and `text` is its arguments."""

    text: str = field(default="", repr=False)
    index: int | None = None
    call_id: str = ""
    name: str = ""

    @property
    def is_call(self) -> bool:
        """Say whether this is a tool call."""
        return self.index is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    begin: Begin
    stretches: tuple[Stretch, ...]
    finish: Finish


class Stretches:
    """Sorts deltas into stretches, one open at a time."""

    def __init__(self) -> None:
        self.all: list[Stretch] = []

    def take(self, delta: TextDelta | ToolCallDelta) -> bool:
        """
        Add a delta; say whether it began a new stretch, which closes the one before.

        :raises ApiError: if a tool call goes on after something else began: no dialect here can say that.
        """
        index = None if isinstance(delta, TextDelta) else delta.index
        is_new = not self.all or self.all[-1].index != index
        if is_new:
            if index is not None and any(stretch.index == index for stretch in self.all):
                raise ApiError(
                    ErrorKind.MODEL_FAILED,
                    "The model mixed the arguments of several tool calls, so the answer ends here. Try again, or ask "
                    "for one tool call at a time.",
                    code="mixed_tool_calls",
                )
            self.all.append(Stretch(index=index))
        last = self.all[-1]
        if isinstance(delta, TextDelta):
            last.text += delta.text
        else:
            last.text += delta.arguments
            last.call_id, last.name = last.call_id or delta.id, last.name or delta.name
        return is_new


def put_together(events: Sequence[Event]) -> Answer:
    """
    Put a whole answer together from all of its events; tool calls may be mixed, they are told apart by their index.

    :raises ValueError: if it has no beginning or no end.
    """
    begin = next((event for event in events if isinstance(event, Begin)), None)
    finish = next((event for event in events if isinstance(event, Finish)), None)
    if begin is None or finish is None:
        raise ValueError("A whole answer has a Begin and a Finish.")
    stretches: list[Stretch] = []
    for event in events:
        if isinstance(event, TextDelta):
            if not stretches or stretches[-1].is_call:
                stretches.append(Stretch())
            stretches[-1].text += event.text
        elif isinstance(event, ToolCallDelta):
            call = next((stretch for stretch in stretches if stretch.index == event.index), None)
            if call is None:
                stretches.append(call := Stretch(index=event.index, call_id=event.id, name=event.name))
            call.text += event.arguments
    return Answer(begin, tuple(stretches), finish)
