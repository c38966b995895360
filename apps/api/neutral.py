"""
What a program asks and what it is answered, in no dialect.

A dialect reads its own format into a `Request`, and writes `Event`s and `ApiError`s in its own shape; between them
there is one story. Whatever a dialect does not understand it refuses or leaves out: nothing is carried around the
scrubber. Every text here is raw, as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, TypeAlias
from uuid import UUID

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
Reason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter"]
JsonObject: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a model called. `arguments` is the JSON text as it came, not always valid."""

    id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """
    One message. Several text parts are joined by line ends before they come here, so nothing hides between two parts.

    `tool_calls` belong to an assistant's message, `tool_call_id` to a tool's and names the call that it answers.
    """

    role: Role
    text: str = field(default="", repr=False)
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call. `schema` is the JSON Schema of its arguments; empty means none."""

    name: str
    description: str = field(default="", repr=False)
    schema: JsonObject = field(default_factory=dict, repr=False)
    is_strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """Whether the model calls a tool: as it likes, never, some tool for certain, or the one of this `name`."""

    kind: Literal["auto", "none", "required", "named"] = "auto"
    name: str = ""


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """The form the answer must have: any JSON object, or what `schema` describes."""

    kind: Literal["json_object", "json_schema"]
    name: str = ""
    description: str = field(default="", repr=False)
    schema: JsonObject = field(default_factory=dict, repr=False)
    is_strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """How to answer. None leaves it to the model; `max_output_tokens` can only lower the model's own limit."""

    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = field(default=(), repr=False)
    response_format: ResponseFormat | None = None
    parallel_tool_calls: bool | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One exchange as a program asks for it. `model` is what it called the model: an id or a label of our catalogue."""

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    options: Options = field(default_factory=Options)
    is_stream: bool = False
    includes_usage: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange, as the provider counted them or, where it did not, as we estimate them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Begin:
    """The first event: which exchange of the record this is, which model answers, and when (seconds since 1970)."""

    exchange_id: UUID
    model: str
    created: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """Some more text of the answer, restored."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """
    Some more of a tool call, restored. The first of each `index` has `id` and `name`, later ones only `arguments`.
    """

    index: int
    id: str = ""
    name: str = ""
    arguments: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Finish:
    """The last event of a whole answer."""

    reason: Reason
    usage: Usage


Event: TypeAlias = Begin | TextDelta | ToolCallDelta | Finish
"""The events of one answer, in this order: one `Begin`, any number of deltas, one `Finish`."""


class ErrorKind(Enum):
    """How a call fails, with the HTTP status for it; a dialect adds the words that its clients know."""

    BAD_REQUEST = 400
    UNAUTHENTICATED = 401
    OUT_OF_BUDGET = 402
    FORBIDDEN = 403
    NOT_FOUND = 404
    METHOD_NOT_ALLOWED = 405
    TOO_LARGE = 413
    RATE_LIMITED = 429
    PORTAL_FAILED = 500
    MODEL_FAILED = 502
    UNAVAILABLE = 503
    MODEL_LATE = 504

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.value)


class ApiError(Exception):
    """
    A call that did not end in a whole answer. Raised before the first event, or instead of the next one.

    `sentence` says to a person what happened and what to do, `code` to a program; `parameter` names the field of the
    request that is wrong, where one is; `retry_after` is in seconds.
    """

    def __init__(
        self, kind: ErrorKind, sentence: str, *, code: str = "", parameter: str = "", retry_after: int | None = None
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.code = code
        self.parameter = parameter
        self.retry_after = retry_after
