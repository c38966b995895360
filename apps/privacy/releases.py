"""What the owner of a conversation lets leave in clear: a false alarm, or a warning they have confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.ledger import records
from apps.ledger.compiled import Compiled, an_id
from apps.ledger.facts import Who
from apps.ledger.vocabulary import Action
from apps.privacy.models import Release, VaultEntry
from apps.privacy.policy import Policy, placeholder_type
from apps.privacy.vocabulary import WORDS_FOR

_ACTIVE = Compiled(lambda: Release.objects.filter(conversation_id=an_id("conversation"), taken_back_at=None))


class NotReleasable(Exception):
    """This value may not be released; the sentence says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def active(conversation_id: UUID) -> list[Release]:
    """List what is released in a conversation now, oldest first. One query."""
    return _ACTIVE.rows(conversation=conversation_id)


def applied(policy: Policy, *, conversation_id: UUID) -> Policy:
    """Give the policy with what is released in a conversation for this egress class. One query."""
    counting = [one for one in active(conversation_id) if one.egress_class in {"", policy.egress_class}]
    return policy.with_released([one.placeholder for one in counting if _counts(one, policy)])


@transaction.atomic
def release(placeholder: str, *, conversation_id: UUID, policy: Policy, who: Who, now: datetime) -> None:
    """
    Remember that a masked value is not personal: from the next message of this conversation on it leaves in clear.

    Doing it twice records it once.

    :raises NotReleasable: if the policy does not allow it or the conversation has no such placeholder.
    """
    type_ = placeholder_type(placeholder)
    if not VaultEntry.objects.filter(conversation_id=conversation_id, placeholder=placeholder).exists():
        raise NotReleasable("This conversation has no such placeholder.")
    if not policy.may_be_released(type_):
        raise NotReleasable(f"The company's policy does not let people release a {WORDS_FOR.get(type_, 'value')}.")
    row, is_new = Release.objects.get_or_create(
        conversation_id=conversation_id,
        placeholder=placeholder,
        egress_class="",
        taken_back_at=None,
        defaults={"kind": Release.Kind.NOT_PERSONAL, "released_at": now},
    )
    if is_new:
        _record(Action.VALUE_RELEASED, row, who=who, now=now)


@transaction.atomic
def take_back(placeholder: str, *, conversation_id: UUID, who: Who, now: datetime) -> None:
    """Mask a released value again, from the next message on. Nothing happens where it is not released."""
    for row in Release.objects.filter(conversation_id=conversation_id, placeholder=placeholder, taken_back_at=None):
        if Release.objects.filter(pk=row.pk, taken_back_at=None).update(taken_back_at=now):
            _record(Action.VALUE_MASKED_AGAIN, row, who=who, now=now)


@transaction.atomic
def confirm(placeholders: Sequence[str], *, conversation_id: UUID, egress_class: str, who: Who, now: datetime) -> None:
    """Let the values leave that a warning was about, to models of one egress class, and record who confirmed that."""
    Release.objects.bulk_create(
        (
            Release(
                conversation_id=conversation_id,
                placeholder=placeholder,
                kind=Release.Kind.SENT_ANYWAY,
                egress_class=egress_class,
                released_at=now,
            )
            for placeholder in placeholders
        ),
        ignore_conflicts=True,
    )
    records.record_event(
        Action.WARNING_CONFIRMED,
        who=who,
        subject_kind="conversation",
        subject_id=str(conversation_id),
        details={
            "placeholders": list(placeholders),
            "types": dict(Counter(placeholder_type(one) for one in placeholders)),
            "egress_class": egress_class,
        },
        now=now,
    )


def _counts(row: Release, policy: Policy) -> bool:
    """A false alarm counts where the policy lets people say so, a confirmation where it warns."""
    type_ = placeholder_type(row.placeholder)
    if row.kind == Release.Kind.SENT_ANYWAY:
        return policy.warns(type_)
    return policy.may_be_released(type_)


def _record(action: Action, row: Release, *, who: Who, now: datetime) -> None:
    records.record_event(
        action,
        who=who,
        subject_kind="conversation",
        subject_id=str(row.conversation_id),
        details={"placeholder": row.placeholder, "type": placeholder_type(row.placeholder)},
        now=now,
    )
