"""What the ways to a provider have in common: pieces of an answer, what they may cost, and how they fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NotRequired, TypeAlias, TypedDict

from apps.gateway.endpoints import Endpoint


class ToolCallField(TypedDict):
    """One call of a function as OpenAI's chat format has it."""

    id: str
    type: str
    function: dict[str, str]


class Message(TypedDict):
    """One message as OpenAI's chat format has it."""

    role: str
    content: str | None
    tool_calls: NotRequired[list[ToolCallField]]
    tool_call_id: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class CallPiece:
    """Some more of a tool call: `index` says of which; `id` and `name` come with its first piece."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Some of a stream: text, tool calls, the reason of the end, the count; each may be missing.

    `parts` says in how many pieces the provider sent the text and the calls: it sends at least a token with each.
    """

    text: str = ""
    finish_reason: str = ""
    usage: Usage | None = None
    calls: tuple[CallPiece, ...] = ()
    parts: int = 1


class FaultKind(StrEnum):
    """How a call to a provider fails."""

    UNREACHABLE = "UNREACHABLE"
    NO_ANSWER_IN_TIME = "NO_ANSWER_IN_TIME"
    FELL_SILENT = "FELL_SILENT"
    BROKE_OFF = "BROKE_OFF"
    NO_ANSWER = "NO_ANSWER"
    KEY_REFUSED = "KEY_REFUSED"
    RATE_LIMITED = "RATE_LIMITED"
    TOO_LONG = "TOO_LONG"
    NOT_FOUND = "NOT_FOUND"
    REQUEST_REFUSED = "REQUEST_REFUSED"
    PROVIDER_ERROR = "PROVIDER_ERROR"
    BAD_ANSWER = "BAD_ANSWER"
    CUT_AT_LIMIT = "CUT_AT_LIMIT"


class Fault(Exception):
    """
    A call that failed, by kind alone.

    It is raised without its cause: messages of other libraries may repeat what was sent or received.
    """

    def __init__(self, kind: FaultKind) -> None:
        super().__init__(kind.value)
        self.kind = kind


Way: TypeAlias = Callable[[Endpoint, Sequence[Message], int, Mapping[str, Any]], AsyncGenerator[Piece, None]]
"""
Open a stream: endpoint, messages, most output tokens, other fields of OpenAI's format. The request goes out at the
first step; closing the generator closes the connection. Raises `Fault`.
"""


NO_FIELDS: Mapping[str, Any] = {}


def call_pieces(stated: Any) -> tuple[CallPiece, ...]:
    """
    Read the tool calls of one event, given as OpenAI's format has them.

    :raises AttributeError, TypeError: if they have another form.
    """
    return tuple(_call_piece(call) for call in stated)


def _call_piece(call: Any) -> CallPiece:
    function = call.get("function") or {}
    piece = CallPiece(
        int(call.get("index") or 0),
        call.get("id") or "",
        function.get("name") or "",
        function.get("arguments") or "",
    )
    if not all(isinstance(text, str) for text in (piece.id, piece.name, piece.arguments)):
        raise TypeError("A tool call must be made of texts.")
    return piece


def fault_of_status(status: int) -> FaultKind:
    """Translate an HTTP status of a refusal."""
    if status in {401, 403}:
        return FaultKind.KEY_REFUSED
    if status == 404:
        return FaultKind.NOT_FOUND
    if status == 429:
        return FaultKind.RATE_LIMITED
    if status == 413:
        return FaultKind.TOO_LONG
    if status == 408:
        return FaultKind.NO_ANSWER_IN_TIME
    if 400 <= status < 500:
        return FaultKind.REQUEST_REFUSED
    if status >= 500:
        return FaultKind.PROVIDER_ERROR
    return FaultKind.BAD_ANSWER
