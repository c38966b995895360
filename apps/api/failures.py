"""Every way in which an exchange fails, as a program is told: a status, a code, and a sentence with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from apps.api import causes
from apps.api.neutral import ApiError, ErrorKind
from apps.chat.endings import Ending

BUSY_SECONDS: Final = 10

OTHERS: Final[Mapping[str, tuple[ErrorKind, str]]] = {
    "PRICE_UNKNOWN": (ErrorKind.NOT_FOUND, "model_has_no_price"),
    "BLOCKED_BY_POLICY": (ErrorKind.BAD_REQUEST, "blocked_by_policy"),
    "HELD_BY_POLICY": (ErrorKind.BAD_REQUEST, "held_by_policy"),
    "SCRUBBER_UNAVAILABLE": (ErrorKind.UNAVAILABLE, "scrubber_unavailable"),
    "LEDGER_UNAVAILABLE": (ErrorKind.UNAVAILABLE, "record_unavailable"),
    "PORTAL_STOPPED": (ErrorKind.UNAVAILABLE, "portal_stopped"),
    "PORTAL_FAILED": (ErrorKind.PORTAL_FAILED, "portal_failed"),
    "EMPTY_ANSWER": (ErrorKind.MODEL_FAILED, "empty_answer"),
    "STOPPED": (ErrorKind.PORTAL_FAILED, "stopped"),
}
"""Endings by their code, beside those that have an exception of their own (`apps.api.causes`)."""

SENTENCES: Final[Mapping[str, str]] = {
    "PORTAL_FAILED": "Something went wrong on our side. Try again; if it keeps happening, tell an administrator.",
    "PORTAL_STOPPED": "The portal was restarted while this was being answered. Send it again.",
    "STOPPED": "The call was ended before the answer was complete.",
    "PROMPT_TOO_LONG": (
        "This is more than the model's window holds, so nothing was sent. Send less, or name a model with a larger "
        "window; /v1/models gives that of each."
    ),
    "HELD_BY_POLICY": (
        "The company's policy lets this go only once a person has looked at it, which a program cannot do. Take out "
        "what is personal, or ask in the chat."
    ),
}
"""Where the sentence for a person at a page would not fit a program."""


def of_ending(ending: Ending | None) -> ApiError:
    """Say how an exchange ended that did not end in a whole answer."""
    if ending is None:
        return ApiError(ErrorKind.PORTAL_FAILED, SENTENCES["PORTAL_FAILED"], code="portal_failed")
    tables: tuple[Mapping[Any, tuple[ErrorKind, str]], ...] = (OTHERS, causes.REFUSED, causes.FAILED)
    known = next((table[ending.reason] for table in tables if ending.reason in table), None)
    kind, code = known or (ErrorKind.MODEL_FAILED, ending.reason.lower())
    wait = ending.retry_after or (BUSY_SECONDS if kind in {ErrorKind.RATE_LIMITED, ErrorKind.UNAVAILABLE} else None)
    sentence = SENTENCES.get(ending.reason, ending.sentence)
    field = "model" if kind == ErrorKind.NOT_FOUND else causes.FIELDS.get(ending.reason, "")
    return ApiError(kind, sentence, code=code, parameter=field, retry_after=wait)
