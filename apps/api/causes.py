"""Every way a call can be refused or fail, as an `ApiError`: with the sentence that the room gave it and a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from apps.api.callers import NotAuthenticated, OutOfScope
from apps.api.neutral import ApiError, ErrorKind
from apps.gateway.client import ModelFailed
from apps.gateway.refusals import Refused
from apps.gateway.upstream import FaultKind
from apps.ledger.records import LedgerError, LedgerUnavailable
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.refusals import PolicyStops

REFUSED: Final[Mapping[str, tuple[ErrorKind, str]]] = {
    "NOT_IN_TEAM": (ErrorKind.FORBIDDEN, "not_in_team"),
    "MODEL_NOT_ALLOWED": (ErrorKind.NOT_FOUND, "model_not_found"),
    "MODEL_SWITCHED_OFF": (ErrorKind.NOT_FOUND, "model_switched_off"),
    "MODEL_RETIRED": (ErrorKind.NOT_FOUND, "model_retired"),
    "PROMPT_TOO_LONG": (ErrorKind.BAD_REQUEST, "context_length_exceeded"),
    "TEXT_TOO_LONG": (ErrorKind.BAD_REQUEST, "context_length_exceeded"),
    "EMBEDS_ONLY": (ErrorKind.BAD_REQUEST, "model_cannot_chat"),
    "NO_EMBEDDINGS": (ErrorKind.BAD_REQUEST, "model_cannot_embed"),
    "LENGTH_FIXED": (ErrorKind.BAD_REQUEST, "unsupported_value"),
    "NO_BUDGET": (ErrorKind.OUT_OF_BUDGET, "insufficient_quota"),
    "OVER_BUDGET": (ErrorKind.OUT_OF_BUDGET, "insufficient_quota"),
    "TOO_FAST": (ErrorKind.RATE_LIMITED, "rate_limit_exceeded"),
    "RAN_AWAY": (ErrorKind.RATE_LIMITED, "runaway_stopped"),
    "RUN_AT_CEILING": (ErrorKind.RATE_LIMITED, "runaway_stopped"),
    "PORTAL_FULL": (ErrorKind.UNAVAILABLE, "portal_full"),
    "MOVED_OUTSIDE": (ErrorKind.UNAVAILABLE, "model_moved"),
    "CREDENTIAL_MISSING": (ErrorKind.UNAVAILABLE, "model_not_set_up"),
}
FAILED: Final[Mapping[FaultKind, tuple[ErrorKind, str]]] = {
    FaultKind.TOO_LONG: (ErrorKind.BAD_REQUEST, "context_length_exceeded"),
    FaultKind.REQUEST_REFUSED: (ErrorKind.BAD_REQUEST, "refused_by_model"),
    FaultKind.RATE_LIMITED: (ErrorKind.RATE_LIMITED, "model_rate_limited"),
    FaultKind.NO_ANSWER_IN_TIME: (ErrorKind.MODEL_LATE, "model_timeout"),
    FaultKind.CUT_AT_LIMIT: (ErrorKind.MODEL_FAILED, "cut_at_limit"),
    FaultKind.FELL_SILENT: (ErrorKind.MODEL_LATE, "model_timeout"),
}
FIELDS: Final[Mapping[str, str]] = {"TEXT_TOO_LONG": "input", "LENGTH_FIXED": "dimensions"}
"""Which field of a request for embeddings is wrong."""

BUDGET_RETRY_SECONDS: Final = 60


def as_api_error(error: Exception) -> ApiError:
    """Translate what a room raised; anything unknown says no more than that the portal failed."""
    match error:
        case ApiError():
            return error
        case NotAuthenticated():
            return ApiError(ErrorKind.UNAUTHENTICATED, error.sentence, code=error.code)
        case OutOfScope():
            return ApiError(ErrorKind.FORBIDDEN, error.sentence, code=error.code)
        case Refused():
            kind, code = REFUSED.get(error.code, (ErrorKind.FORBIDDEN, error.code.lower()))
            wait = BUDGET_RETRY_SECONDS if kind is ErrorKind.RATE_LIMITED else None
            return ApiError(kind, error.sentence, code=code, retry_after=error.retry_after or wait)
        case PolicyStops():
            return ApiError(ErrorKind.BAD_REQUEST, error.sentence, code=error.code.lower())
        case ModelFailed():
            kind, code = FAILED.get(error.kind, (ErrorKind.MODEL_FAILED, "model_failed"))
            return ApiError(kind, error.sentence, code=code)
        case ScrubberUnavailable():
            return ApiError(ErrorKind.UNAVAILABLE, error.sentence, code="scrubber_unavailable")
        case LedgerUnavailable() | LedgerError():
            return ApiError(ErrorKind.UNAVAILABLE, LedgerUnavailable.sentence, code="record_unavailable")
    return ApiError(
        ErrorKind.PORTAL_FAILED,
        "Something went wrong on our side. Send the request again; if it fails again, tell an administrator.",
        code="portal_failed",
    )
