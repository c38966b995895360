"""Every way in which an exchange fails, as a program is told: a status, a code, and a sentence with what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apps.api.neutral import ApiError, ErrorKind
from apps.chat.endings import Ending
from apps.gateway.upstream import FaultKind

BUSY_SECONDS: Final = 10

KINDS: Final[Mapping[str, ErrorKind]] = {
    # The call may not be made.
    "NOT_IN_TEAM": ErrorKind.FORBIDDEN,
    "MODEL_NOT_ALLOWED": ErrorKind.NOT_FOUND,
    "MODEL_SWITCHED_OFF": ErrorKind.NOT_FOUND,
    "MODEL_RETIRED": ErrorKind.NOT_FOUND,
    "PRICE_UNKNOWN": ErrorKind.NOT_FOUND,
    "MOVED_OUTSIDE": ErrorKind.UNAVAILABLE,
    "CREDENTIAL_MISSING": ErrorKind.UNAVAILABLE,
    "PROMPT_TOO_LONG": ErrorKind.BAD_REQUEST,
    "NO_BUDGET": ErrorKind.OUT_OF_BUDGET,
    "OVER_BUDGET": ErrorKind.OUT_OF_BUDGET,
    "BLOCKED_BY_POLICY": ErrorKind.BAD_REQUEST,
    "HELD_BY_POLICY": ErrorKind.BAD_REQUEST,
    # The house could not keep its promises, so nothing was sent.
    "SCRUBBER_UNAVAILABLE": ErrorKind.UNAVAILABLE,
    "LEDGER_UNAVAILABLE": ErrorKind.UNAVAILABLE,
    "PORTAL_STOPPED": ErrorKind.UNAVAILABLE,
    # The model did not answer.
    "EMPTY_ANSWER": ErrorKind.MODEL_FAILED,
    FaultKind.TOO_LONG: ErrorKind.BAD_REQUEST,
    FaultKind.REQUEST_REFUSED: ErrorKind.BAD_REQUEST,
    FaultKind.RATE_LIMITED: ErrorKind.RATE_LIMITED,
    FaultKind.NO_ANSWER_IN_TIME: ErrorKind.MODEL_LATE,
    FaultKind.FELL_SILENT: ErrorKind.MODEL_LATE,
    "PORTAL_FAILED": ErrorKind.PORTAL_FAILED,
}
"""By the code of an ending; every other fault of a model is MODEL_FAILED."""

CODES: Final[Mapping[str, str]] = {
    "MODEL_NOT_ALLOWED": "model_not_found",
    "MODEL_SWITCHED_OFF": "model_not_found",
    "MODEL_RETIRED": "model_not_found",
    "PRICE_UNKNOWN": "model_not_found",
    "PROMPT_TOO_LONG": "context_length_exceeded",
    FaultKind.TOO_LONG: "context_length_exceeded",
    "NO_BUDGET": "insufficient_quota",
    "OVER_BUDGET": "insufficient_quota",
    FaultKind.RATE_LIMITED: "rate_limit_exceeded",
}
"""Codes that programs written for OpenAI's API look for; others are ours, in lower case."""

SENTENCES: Final[Mapping[str, str]] = {
    "PORTAL_FAILED": "Something went wrong on our side. Try again; if it keeps happening, tell an administrator.",
    "PORTAL_STOPPED": "The portal was restarted while this was being answered. Send it again.",
    "STOPPED": "The call was ended before the answer was complete.",
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
    kind = KINDS.get(ending.reason, ErrorKind.MODEL_FAILED)
    return ApiError(
        kind,
        SENTENCES.get(ending.reason, ending.sentence),
        code=CODES.get(ending.reason, ending.reason.lower()),
        parameter="model" if kind == ErrorKind.NOT_FOUND else "",
        retry_after=BUSY_SECONDS if kind in {ErrorKind.RATE_LIMITED, ErrorKind.UNAVAILABLE} else None,
    )
