"""What a page's socket asks of the database each time it looks: may it still read, and what is new. Two statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.db.models import OuterRef, Q, Subquery

from apps.accounts.access import is_session_of
from apps.accounts.models import User
from apps.chat.models import Conversation, Frame, Turn
from apps.ledger.compiled import Compiled, a_number, a_text, an_id, is_one_of
from apps.privacy import keys
from apps.privacy.keys import ConversationKey
from apps.privacy.models import DataKey


@dataclass(frozen=True, slots=True)
class Watched:
    """A conversation that a page may read at this moment: its owner, and its key."""

    person: User
    data_key: ConversationKey


def _watched() -> Any:
    key = DataKey.objects.filter(pk=OuterRef("pk"))
    session = Session.objects.filter(session_key=a_text("session"))
    return (
        Conversation.objects.watched_by(an_id("person"), session_key=a_text("session"))
        .filter(pk=an_id("conversation"))
        .select_related("owner")
        .annotate(
            session_data=Subquery(session.values("session_data")),
            wrapped_key=Subquery(key.values("wrapped_key")),
            destroyed_at=Subquery(key.values("destroyed_at")),
        )
    )


_WATCHED = Compiled(_watched)
_NEWS = Compiled(
    lambda: Turn.objects.filter(
        Q(is_one_of("pk", "waiting")) | ~Q(is_one_of("pk", "shown")), conversation_id=an_id("conversation")
    )
)
_GROWING = Compiled(
    lambda: Frame.objects.growing(
        an_id("turn"), after=a_number("after"), person_id=an_id("person"), session_key=a_text("session")
    )
)


def watched(conversation_id: UUID, *, person_id: UUID, session_key: str) -> Watched | None:
    """
    Ask whether this session of this person may read the conversation now; None where it may not. One statement.

    :raises KeyDestroyed: if the conversation was erased.
    :raises KeyUnavailable: if the master key cannot be used.
    """
    row: Any = _WATCHED.first(conversation=conversation_id, person=person_id, session=session_key)
    if row is None or not is_session_of(row.owner, row.session_data):
        return None
    return Watched(row.owner, keys.opened(conversation_id, wrapped=row.wrapped_key, destroyed_at=row.destroyed_at))


def news(conversation_id: UUID, *, waiting: Collection[UUID], shown: Collection[UUID]) -> list[Turn]:
    """Read the turns that a page waits for, and those that it does not show; after `watched` only. One statement."""
    return _NEWS.rows(conversation=conversation_id, waiting=list(waiting), shown=list(shown))


def growth(turn_id: UUID, *, after: int, person_id: UUID, session_key: str) -> Sequence[Frame]:
    """Read the frames of an open turn beyond a number, if this session may still read them. One statement."""
    return _GROWING.rows(turn=turn_id, after=after, person=person_id, session=session_key)
