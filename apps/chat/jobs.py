"""What is known of a turn while it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.accounts.models import Team, User
from apps.chat.composition import Exchange
from apps.gateway.models import LanguageModel
from apps.gateway.routes import Route
from apps.ledger.facts import Who
from apps.privacy.keys import ConversationKey
from apps.privacy.scrub import Draft


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, and where: all that is left to know of a turn whose conversation was erased."""

    turn_id: UUID
    conversation_id: UUID
    who: Who

    @property
    def typed(self) -> Sequence[Draft]:
        """What the person typed, where that is still known."""
        return ()


@dataclass(frozen=True, slots=True)
class Job(Asked):
    """Everything the pipeline needs to know of a turn, read once."""

    person: User
    team: Team
    question: str
    history: Sequence[Exchange]
    uses_documents: bool
    model: LanguageModel | None
    is_auto: bool
    egress_class: str
    window_tokens: int
    data_key: ConversationKey
    route: Route | None = None
    replaces_turn_id: UUID | None = None

    @property
    def typed(self) -> Sequence[Draft]:
        """What the person typed."""
        return (Draft("user", self.question),)
