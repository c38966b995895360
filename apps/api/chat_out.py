"""OpenAI's Chat Completions format, written: a whole answer, or chunks of one."""

from __future__ import annotations

from collections.abc import Sequence
from json.encoder import encode_basestring
from typing import Any

from apps.api import chat_in, openai_shape
from apps.api.answers import put_together
from apps.api.dialects import Dialect, StreamWriter
from apps.api.neutral import ApiError, Begin, Event, Finish, JsonObject, Request, TextDelta, ToolCallDelta, Usage
from apps.api.openai_shape import compact

DONE = b"data: [DONE]\n\n"


class ChatCompletions(Dialect):
    """OpenAI's Chat Completions: what most programs speak."""

    def read(self, body: JsonObject) -> Request:
        """Read a request."""
        return chat_in.read(body)

    def open_stream(self, request: Request) -> StreamWriter:
        """Begin a stream of chunks."""
        return _Chunks(includes_usage=request.includes_usage)

    def whole(self, request: Request, events: Sequence[Event]) -> dict[str, Any]:
        """Write the answer as one object."""
        answer = put_together(events)
        calls = [
            {"id": one.call_id, "type": "function", "function": {"name": one.name, "arguments": one.text}}
            for one in answer.stretches
            if one.is_call
        ]
        text = "".join(one.text for one in answer.stretches if not one.is_call)
        message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": None}
        if calls:
            message["tool_calls"] = calls
        else:
            message["content"] = text
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish.reason}
        head = _head(answer.begin, "chat.completion")
        return {**head, "choices": [choice], "usage": _usage(answer.finish.usage)}

    def error(self, error: ApiError) -> dict[str, Any]:
        """Write an error."""
        return openai_shape.error(error)


class _Chunks(StreamWriter):
    """Chunks of one answer. What is the same in all of them is written once."""

    def __init__(self, *, includes_usage: bool) -> None:
        self._usage = ',"usage":null' if includes_usage else ""
        self._includes_usage = includes_usage
        self._begin: Begin | None = None
        self._before = ""

    def write(self, event: Event) -> bytes:
        """Write one event."""
        match event:
            case TextDelta():
                return self._chunk(f'{{"content":{encode_basestring(event.text)}}}')
            case ToolCallDelta():
                return self._chunk(compact({"tool_calls": [_call(event)]}))
            case Begin():
                self._begin = event
                head = compact(_head(event, "chat.completion.chunk"))
                self._before = f"data: {head[:-1]}" + ',"choices":['
                return self._chunk('{"role":"assistant","content":"","refusal":null}')
            case Finish():
                return self._chunk("{}", reason=event.reason) + self._counted(event.usage) + DONE
        raise TypeError("An event of no known kind.")

    def fail(self, error: ApiError) -> bytes:
        """Write the error as its own event: clients raise on it, and nothing says that the answer is done."""
        return f"data: {compact(openai_shape.error(error))}\n\n".encode("utf-8", "backslashreplace")

    def _chunk(self, delta: str, *, reason: str = "") -> bytes:
        # Half a surrogate pair, which is no text, leaves as its JSON escape.
        finish = f'"{reason}"' if reason else "null"
        choice = f'{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}'
        return f"{self._before}{choice}]{self._usage}}}\n\n".encode("utf-8", "backslashreplace")

    def _counted(self, usage: Usage) -> bytes:
        if not self._includes_usage:
            return b""
        return f'{self._before}],"usage":{compact(_usage(usage))}}}\n\n'.encode()


def _head(begin: Begin, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{begin.exchange_id.hex}",
        "object": kind,
        "created": begin.created,
        "model": begin.model,
        "system_fingerprint": None,
    }


def _call(delta: ToolCallDelta) -> dict[str, Any]:
    call: dict[str, Any] = {"index": delta.index}
    if delta.id:
        call |= {"id": delta.id, "type": "function"}
    function = {"arguments": delta.arguments}
    return {**call, "function": {"name": delta.name, **function} if delta.name else function}


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }
