"""OpenAI's Responses format, written: whole answers, streams and errors as its clients know them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.api import openai_shape, responses_in
from apps.api.answers import Answer, Stretch, Stretches, put_together
from apps.api.dialects import Dialect, StreamWriter
from apps.api.neutral import (
    ApiError,
    Begin,
    ErrorKind,
    Event,
    Finish,
    JsonObject,
    Reason,
    Request,
    ResponseFormat,
    ToolChoice,
    Usage,
)

_INCOMPLETE: Final[Mapping[Reason, str]] = {"length": "max_output_tokens", "content_filter": "content_filter"}


class Responses(Dialect):
    """The dialect of `/v1/responses`."""

    def read(self, body: JsonObject) -> Request:
        """Read a request; see `responses_in`."""
        return responses_in.read(body)

    def open_stream(self, request: Request) -> StreamWriter:
        """Begin to write an answer as a stream."""
        return _Stream(request)

    def whole(self, request: Request, events: Sequence[Event]) -> dict[str, Any]:
        """Write a whole answer."""
        return _finished(request, put_together(events))

    def error(self, error: ApiError) -> dict[str, Any]:
        """Write the body of an error answer."""
        return openai_shape.error(error, prompt="input")


class _Stream(StreamWriter):
    def __init__(self, request: Request) -> None:
        self._request = request
        self._stretches = Stretches()
        self._begin: Begin | None = None
        self._number = 0

    def write(self, event: Event) -> bytes:
        if isinstance(event, Begin):
            self._begin = event
            response = _response(self._request, event, status="in_progress")
            return self._say("response.created", response=response) + self._say(
                "response.in_progress", response=response
            )
        if isinstance(event, Finish):
            return self._close() + self._end(event)
        before = len(self._stretches.all)
        said = b""
        if self._stretches.take(event):
            said = self._close(upto=before) + self._open()
        text = event.arguments if self._last.is_call else event.text  # type: ignore[union-attr]
        return said + (self._delta(text) if text else b"")

    def fail(self, error: ApiError) -> bytes:
        """Say it twice: as the response's state, which programs look at, and as an error, which libraries raise."""
        failed = b""
        if self._begin is not None:
            response = _response(self._request, self._begin, status="failed")
            is_rate = error.kind is ErrorKind.RATE_LIMITED
            response["error"] = {
                "code": "rate_limit_exceeded" if is_rate else "server_error",
                "message": error.sentence,
            }
            failed = self._say("response.failed", response=response)
        inner = openai_shape.error(error, prompt="input")["error"]
        return failed + self._say(
            "error", error=inner, code=inner["code"], message=error.sentence, param=inner["param"]
        )

    @property
    def _last(self) -> Stretch:
        return self._stretches.all[-1]

    @property
    def _at(self) -> int:
        return len(self._stretches.all) - 1

    def _open(self) -> bytes:
        begin, last, at = self._known_begin(), self._last, self._at
        item_id = _item_id(begin, last, at)
        item = {**_item(begin, Stretch("", last.index, last.call_id, last.name), at), "status": "in_progress"}
        if last.is_call:
            return self._say("response.output_item.added", output_index=at, item=item)
        added = self._say("response.output_item.added", output_index=at, item={**item, "content": []})
        return added + self._say(
            "response.content_part.added", item_id=item_id, output_index=at, content_index=0, part=_part("")
        )

    def _delta(self, text: str) -> bytes:
        where = {"item_id": _item_id(self._known_begin(), self._last, self._at), "output_index": self._at}
        if self._last.is_call:
            return self._say("response.function_call_arguments.delta", **where, delta=text)
        return self._say("response.output_text.delta", **where, content_index=0, delta=text, logprobs=[])

    def _close(self, upto: int | None = None) -> bytes:
        """Say that the last stretch (of the first `upto`) is done; nothing if there is none."""
        at = (len(self._stretches.all) if upto is None else upto) - 1
        if at < 0:
            return b""
        begin, stretch = self._known_begin(), self._stretches.all[at]
        where = {"item_id": _item_id(begin, stretch, at), "output_index": at}
        if stretch.is_call:
            done = self._say(
                "response.function_call_arguments.done", **where, name=stretch.name, arguments=stretch.text
            )
        else:
            done = self._say("response.output_text.done", **where, content_index=0, text=stretch.text, logprobs=[])
            done += self._say("response.content_part.done", **where, content_index=0, part=_part(stretch.text))
        return done + self._say("response.output_item.done", output_index=at, item=_item(begin, stretch, at))

    def _end(self, finish: Finish) -> bytes:
        response = _finished(self._request, Answer(self._known_begin(), tuple(self._stretches.all), finish))
        return self._say(f"response.{response['status']}", response=response)

    def _known_begin(self) -> Begin:
        if self._begin is None:
            raise ValueError("An answer starts with Begin.")
        return self._begin

    def _say(self, kind: str, **data: Any) -> bytes:
        said = openai_shape.event({"type": kind, "sequence_number": self._number, **data})
        self._number += 1
        return said


def _finished(request: Request, answer: Answer) -> dict[str, Any]:
    reason = _INCOMPLETE.get(answer.finish.reason)
    response = _response(request, answer.begin, status="incomplete" if reason else "completed")
    response["incomplete_details"] = {"reason": reason} if reason else None
    response["output"] = [_item(answer.begin, stretch, at) for at, stretch in enumerate(answer.stretches)]
    response["usage"] = _usage(answer.finish.usage)
    return response


def _response(request: Request, begin: Begin, *, status: str) -> dict[str, Any]:
    options = request.options
    return {
        "id": f"resp_{begin.exchange_id.hex}",
        "object": "response",
        "created_at": begin.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": options.max_output_tokens,
        "metadata": {},
        "model": begin.model,
        "output": [],
        "parallel_tool_calls": options.parallel_tool_calls is not False,
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "store": False,
        "temperature": options.temperature,
        "text": {"format": _format(options.response_format)},
        "tool_choice": _tool_choice(request.tool_choice),
        "tools": [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description or None,
                "parameters": tool.schema,
                "strict": tool.is_strict,
            }
            for tool in request.tools
        ],
        "top_p": options.top_p,
        "truncation": "disabled",
        "usage": None,
    }


def _format(form: ResponseFormat | None) -> dict[str, Any]:
    if form is None:
        return {"type": "text"}
    if form.kind == "json_object":
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "name": form.name,
        "description": form.description or None,
        "schema": form.schema,
        "strict": form.is_strict,
    }


def _tool_choice(choice: ToolChoice | None) -> str | dict[str, str]:
    if choice is None:
        return "auto"
    return {"type": "function", "name": choice.name} if choice.kind == "named" else choice.kind


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _item_id(begin: Begin, stretch: Stretch, at: int) -> str:
    return f"{'fc' if stretch.is_call else 'msg'}_{begin.exchange_id.hex}_{at}"


def _item(begin: Begin, stretch: Stretch, at: int) -> dict[str, Any]:
    item_id = _item_id(begin, stretch, at)
    if stretch.is_call:
        return {
            "id": item_id,
            "type": "function_call",
            "status": "completed",
            "call_id": stretch.call_id,
            "name": stretch.name,
            "arguments": stretch.text,
        }
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [_part(stretch.text)],
    }


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
