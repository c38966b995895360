"""Why a call is refused before anything is sent, each with a sentence for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from apps.gateway.models import LanguageModel


class Refused(Exception):
    """
    A call that may not be made. Nothing was sent and nothing is held.

    `sentence` is for the person, `code` for the record; the labels are empty where the model must stay unknown.
    `retry_after` is set, in seconds, where the same call may pass later (HTTP 429 with Retry-After).
    """

    code: ClassVar[str] = "REFUSED"

    def __init__(self, sentence: str, *, model: LanguageModel | None = None, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.retry_after = retry_after
        self.model_label = model.label if model else ""
        self.provider_label = model.provider.name if model else ""
        self.egress_class = model.egress_class if model else ""


class Outdated(Refused):
    """What the caller was known by does not hold any more: who asks has to find out anew. Nobody is told this."""

    code = "OUTDATED"


class NotInTeam(Refused):
    """The person does not belong to the team that would pay."""

    code = "NOT_IN_TEAM"


class ModelNotAllowed(Refused):
    """No such model, or the team has no grant for it: the same answer for both."""

    code = "MODEL_NOT_ALLOWED"


class ModelSwitchedOff(Refused):
    """The model, or its provider, is switched off."""

    code = "MODEL_SWITCHED_OFF"


class ModelRetired(Refused):
    """The model's last day is over."""

    code = "MODEL_RETIRED"


class MovedOutside(Refused):
    """The prompt was made for a model inside the network, and the model is outside now."""

    code = "MOVED_OUTSIDE"


class PriceUnknown(Refused):
    """Nobody knows what the call would cost."""

    code = "PRICE_UNKNOWN"


class PromptTooLong(Refused):
    """The prompt leaves no room for an answer in the model's window."""

    code = "PROMPT_TOO_LONG"


class NoBudget(Refused):
    """The model costs money and nobody set a budget in its currency."""

    code = "NO_BUDGET"


class OverBudget(Refused):
    """The worst case of this call does not fit into what is left of a budget."""

    code = "OVER_BUDGET"


class CredentialMissing(Refused):
    """The key the provider asks for is not there."""

    code = "CREDENTIAL_MISSING"


class TooFast(Refused):
    """A limit of calls, tokens or answers at once is reached."""

    code = "TOO_FAST"


class PortalFull(Refused):
    """This process has as many answers under way as it may have."""

    code = "PORTAL_FULL"


class RanAway(Refused):
    """A program of this person or key repeats itself and was stopped for a while."""

    code = "RAN_AWAY"


class RunAtCeiling(RanAway):
    """This call would take a run of calls past the most that one run may cost. It is an event of its own."""

    code = "RUN_AT_CEILING"


class LengthFixed(Refused):
    """The model's vectors have one length, and another was wanted."""

    code = "LENGTH_FIXED"


class TextTooLong(PromptTooLong):
    """One of the texts that are to be embedded does not fit the model's window."""

    code = "TEXT_TOO_LONG"


class EmbedsOnly(Refused):
    """The model gives vectors and no words, and words were asked of it."""

    code = "EMBEDS_ONLY"


class NoEmbeddings(Refused):
    """The model does not embed, or its provider offers no embeddings."""

    code = "NO_EMBEDDINGS"
