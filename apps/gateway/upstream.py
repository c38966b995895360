"""What the ways to a provider have in common: pieces of an answer, what they may cost, and how they fail."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias, TypedDict

from apps.gateway.endpoints import Endpoint


class Message(TypedDict):
    """One message as OpenAI's chat format has it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Piece:
    """One event of a stream: some text, the reason of the end, the count; each may be missing."""

    text: str = ""
    finish_reason: str = ""
    usage: Usage | None = None


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


Way: TypeAlias = Callable[[Endpoint, Sequence[Message], int], AsyncGenerator[Piece, None]]
"""
Open a stream: endpoint, messages, most output tokens. The request goes out at the first step; closing the generator
closes the connection. Raises `Fault`.
"""


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
