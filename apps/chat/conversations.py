"""Small changes to a whole conversation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.actors import who
from apps.chat import texts
from apps.chat.models import Conversation
from apps.ledger import records
from apps.ledger.vocabulary import Action
from apps.privacy import keys


@transaction.atomic
def rename(conversation: Conversation, *, title: str, now: datetime) -> None:
    """Give the conversation another title, on the record (the title itself stays sealed)."""
    sealed = texts.seal_text(keys.open_key(conversation.pk), title, purpose=texts.TITLE)
    Conversation.objects.filter(pk=conversation.pk).update(sealed_title=sealed)
    _record(conversation, Action.CONVERSATION_RENAMED, now)


@transaction.atomic
def delete(conversation: Conversation, *, now: datetime) -> None:
    """Take the conversation off its owner's list, on the record. Its exchanges stay in the ledger."""
    if Conversation.objects.filter(pk=conversation.pk, deleted_at=None).update(deleted_at=now):
        _record(conversation, Action.CONVERSATION_DELETED, now)


def _record(conversation: Conversation, action: Action, now: datetime) -> None:
    records.record_event(
        action,
        who=who(conversation.owner, conversation.team),
        subject_kind="conversation",
        subject_id=str(conversation.pk),
        now=now,
    )
