"""Errors as OpenAI's clients know them, and lines of an event stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from apps.api.neutral import ApiError, ErrorKind

_TYPE: Final[Mapping[ErrorKind, str]] = {
    ErrorKind.UNAUTHENTICATED: "authentication_error",
    ErrorKind.OUT_OF_BUDGET: "insufficient_quota",
    ErrorKind.FORBIDDEN: "permission_error",
    ErrorKind.RATE_LIMITED: "rate_limit_error",
    ErrorKind.PORTAL_FAILED: "server_error",
    ErrorKind.MODEL_FAILED: "server_error",
    ErrorKind.UNAVAILABLE: "server_error",
    ErrorKind.MODEL_LATE: "server_error",
}


def error(failure: ApiError, *, prompt: str = "messages") -> dict[str, Any]:
    """Write the body of an error answer; `prompt` is the field that holds what is too long for a model."""
    too_long = prompt if failure.code == "context_length_exceeded" else None
    return {
        "error": {
            "message": failure.sentence,
            "type": _TYPE.get(failure.kind, "invalid_request_error"),
            "param": failure.parameter or too_long,
            "code": failure.code or None,
        }
    }


def compact(value: Any) -> str:
    """Write JSON in as few characters as it takes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def event(data: Mapping[str, Any]) -> bytes:
    """Write a server-sent event that is named by its own `type`."""
    return f"event: {data['type']}\ndata: {compact(data)}\n\n".encode()
