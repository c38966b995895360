"""How an exchange ends, whatever door it came in by: in words for the person, and as the record keeps it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from apps.gateway.client import ModelFailed
from apps.gateway.upstream import Usage
from apps.ledger.facts import MaskedSpan
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy.scrub import Scrubbed

SENTENCE_LENGTH = 500
UNRECORDED = "LEDGER_UNAVAILABLE"
UNSCRUBBED = "SCRUBBER_UNAVAILABLE"
OUTDATED = "OUTDATED"
"""What was remembered of a caller let nothing out; nothing was told or recorded, and the exchange begins again."""
STOPPING = "PORTAL_STOPPED"

SCRUBBED_IN_VAIN = (
    "Several messages of this conversation were prepared at the same moment, so nothing was sent. Send this one again."
)
LEDGER_FAILED = "The exchange could not be put on the record, so nothing was sent. Try again in a moment."
SEARCH_FAILED = (
    "The company documents could not be searched, so nothing was sent. Try again, or switch “Use documents” off."
)
PORTAL_FAILED = "Something went wrong on our side. Your question is kept; try again."
PORTAL_STOPPED = (
    "The portal was restarted while this was being answered. What had arrived is kept; ask again for the rest."
)
STOPPED = "Stopped. What had arrived is kept."
EMPTY = "The model gave an empty answer. Try again, or choose another model."
TOO_LONG = "The answer reached its length limit. Ask the model to go on."


@dataclass(frozen=True, slots=True)
class Ending:
    """
    How an exchange ended, for the person and for the record. Texts may be empty; token counts are of this one alone.

    `answer_as_received` has placeholders also where the words had left in clear: the record shows it to officers.
    """

    outcome: OutcomeKind
    reason: str = ""
    sentence: str = ""
    answer: str = ""
    answer_as_received: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    retry_after: int | None = None
    """Seconds after which the same may be asked again, where that is known."""
    vectors: tuple[tuple[float, ...], ...] = field(default=(), repr=False)
    """One for each text, where these were asked for. The record keeps none: they say what the texts say."""
    prepared: Scrubbed | None = field(default=None, repr=False)
    """What would have left, of an exchange that was refused after scrubbing."""
    stopped_for: tuple[MaskedSpan, ...] = ()
    """What the policy stopped it for."""

    @property
    def in_words(self) -> str:
        """The reason for the record: code and sentence, or nothing where there is nothing to explain."""
        return f"{self.reason}: {self.sentence}" if self.sentence else ""

    def used(self, usage: Usage) -> Ending:
        """Give this ending with the tokens that are to be settled."""
        return replace(self, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)


def refused(reason: str, sentence: str, *, retry_after: int | None = None) -> Ending:
    """End before anything was sent."""
    return Ending(OutcomeKind.REFUSED, reason, sentence[:SENTENCE_LENGTH], retry_after=retry_after)


def usage_of(failure: ModelFailed) -> Usage:
    """Say what a failed call is to be settled at."""
    return Usage(failure.input_tokens, failure.output_tokens)
