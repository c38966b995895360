"""Anthropic's Messages format, written: whole answers, streams and errors as Anthropic's clients know them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.api import messages_in
from apps.api.answers import Stretch, Stretches, put_together
from apps.api.dialects import Dialect, StreamWriter
from apps.api.neutral import ApiError, Begin, ErrorKind, Event, Finish, JsonObject, Reason, Request
from apps.api.openai_shape import event

_STOP: Final[Mapping[Reason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_ERROR: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.BAD_REQUEST: "invalid_request_error",
    ErrorKind.UNAUTHENTICATED: "authentication_error",
    ErrorKind.OUT_OF_BUDGET: "billing_error",
    ErrorKind.FORBIDDEN: "permission_error",
    ErrorKind.NOT_FOUND: "not_found_error",
    ErrorKind.METHOD_NOT_ALLOWED: "invalid_request_error",
    ErrorKind.TOO_LARGE: "request_too_large",
    ErrorKind.RATE_LIMITED: "rate_limit_error",
    ErrorKind.UNAVAILABLE: "overloaded_error",
    ErrorKind.MODEL_LATE: "timeout_error",
}


class Messages(Dialect):
    """The dialect of `/v1/messages`."""

    def read(self, body: JsonObject) -> Request:
        """Read a request; see `messages_in`."""
        return messages_in.read(body)

    def open_stream(self, request: Request) -> StreamWriter:
        """Begin to write an answer as a stream."""
        return _Stream()

    def whole(self, request: Request, events: Sequence[Event]) -> dict[str, Any]:
        """
        Write a whole answer.

        :raises ApiError: if the model called a tool with arguments that are no JSON object: this format has no other.
        """
        answer = put_together(events)
        return {
            **_message(answer.begin, input_tokens=answer.finish.usage.input_tokens),
            "content": [_block(stretch) for stretch in answer.stretches],
            "stop_reason": _STOP[answer.finish.reason],
            "usage": _usage(answer.finish.usage.input_tokens, answer.finish.usage.output_tokens),
        }

    def error(self, error: ApiError) -> dict[str, Any]:
        """Write the body of an error answer."""
        return {"type": "error", "error": {"type": _ERROR.get(error.kind, "api_error"), "message": error.sentence}}


class _Stream(StreamWriter):
    def __init__(self) -> None:
        self._stretches = Stretches()

    def write(self, event_: Event) -> bytes:
        if isinstance(event_, Begin):
            return event({"type": "message_start", "message": _message(event_, input_tokens=0)})
        if isinstance(event_, Finish):
            return self._close() + _end(event_)
        before = len(self._stretches.all)
        start = b""
        if self._stretches.take(event_):
            start = _stop(before - 1) if before else b""
            start += event({"type": "content_block_start", "index": before, "content_block": _opened(self._last)})
        text = event_.text if not self._last.is_call else event_.arguments  # type: ignore[union-attr]
        return start + (self._delta(text) if text else b"")

    def fail(self, error: ApiError) -> bytes:
        return event(Messages().error(error))

    @property
    def _last(self) -> Stretch:
        return self._stretches.all[-1]

    def _delta(self, text: str) -> bytes:
        delta = (
            {"type": "input_json_delta", "partial_json": text}
            if self._last.is_call
            else {"type": "text_delta", "text": text}
        )
        index = len(self._stretches.all) - 1
        return event({"type": "content_block_delta", "index": index, "delta": delta})

    def _close(self) -> bytes:
        return _stop(len(self._stretches.all) - 1) if self._stretches.all else b""


def _message(begin: Begin, *, input_tokens: int) -> dict[str, Any]:
    return {
        "id": f"msg_{begin.exchange_id.hex}",
        "type": "message",
        "role": "assistant",
        "model": begin.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage(input_tokens, 0),
    }


def _usage(input_tokens: int, output_tokens: int) -> dict[str, int]:
    return {"input_tokens": input_tokens, "output_tokens": output_tokens}


def _opened(stretch: Stretch) -> dict[str, Any]:
    if stretch.is_call:
        return {"type": "tool_use", "id": stretch.call_id, "name": stretch.name, "input": {}}
    return {"type": "text", "text": ""}


def _block(stretch: Stretch) -> dict[str, Any]:
    if not stretch.is_call:
        return {"type": "text", "text": stretch.text}
    return {"type": "tool_use", "id": stretch.call_id, "name": stretch.name, "input": _arguments(stretch.text)}


def _arguments(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ApiError(
            ErrorKind.MODEL_FAILED,
            "The model called a tool with arguments that are not a JSON object. Send the request again.",
            code="invalid_tool_arguments",
        )
    return value


def _stop(index: int) -> bytes:
    return event({"type": "content_block_stop", "index": index})


def _end(finish: Finish) -> bytes:
    delta = {"stop_reason": _STOP[finish.reason], "stop_sequence": None}
    usage = _usage(finish.usage.input_tokens, finish.usage.output_tokens)
    return event({"type": "message_delta", "delta": delta, "usage": usage}) + event({"type": "message_stop"})
