"""What the end of one exchange means for its line and for its batch."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from apps.chat.endings import Ending
from apps.ledger.vocabulary import OutcomeKind


class Verdict(StrEnum):
    """What becomes of a line after its exchange."""

    CLOSE = "CLOSE"
    """It ended so; the next line may do better."""
    PAUSE = "PAUSE"
    """It was not asked, for a reason that every line shares: it waits, and the batch pauses until its owner acts."""
    REST = "REST"
    """The model has too much to do: it waits, and so do all batches of the model, for a while."""
    WAIT = "WAIT"
    """It was not sent, for a reason that passes: it waits and is tried again, a few times."""


FOR_EVERY_LINE: Final = frozenset(
    {
        "OVER_BUDGET", "NO_BUDGET", "NOT_IN_TEAM", "MODEL_NOT_ALLOWED", "MODEL_SWITCHED_OFF", "MODEL_RETIRED",
        "MOVED_OUTSIDE", "PRICE_UNKNOWN", "CREDENTIAL_MISSING", "RAN_AWAY", "RUN_AT_CEILING",
        "LEDGER_UNAVAILABLE",
        "KEY_REFUSED", "NOT_FOUND", "KEY_ENDED",
    }
)  # fmt: skip
TOO_MUCH: Final = frozenset({"TOO_FAST", "RATE_LIMITED", "UNREACHABLE"})
PASSES: Final = frozenset({"SCRUBBER_UNAVAILABLE", "PORTAL_FAILED", "PORTAL_STOPPED"})


def verdict_on(ending: Ending) -> Verdict:
    """
    Judge an ending. A line is sent again only where it was not sent, or the provider refused it before it began.
    """
    if ending.outcome not in {OutcomeKind.REFUSED, OutcomeKind.FAILED} or ending.input_tokens or ending.output_tokens:
        return Verdict.CLOSE
    if ending.reason in FOR_EVERY_LINE:
        return Verdict.PAUSE
    if ending.reason in TOO_MUCH:
        return Verdict.REST
    if ending.reason in PASSES and ending.outcome == OutcomeKind.REFUSED:
        return Verdict.WAIT
    return Verdict.CLOSE
