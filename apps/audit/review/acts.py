"""What every step of an officer's work shares: finding the item they may touch, and putting the step on the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.looks import EXCHANGE
from apps.audit.review.models import Item
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


class NoSuchItem(Exception):
    """There is no such item for this officer."""


class CannotBeDone(Exception):
    """The item does not stand as the officer believes; ``sentence`` says how it does and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class HeldByAnother(CannotBeDone):
    """Somebody else holds the item."""

    def __init__(self) -> None:
        super().__init__("Another officer holds this item or it is assigned to one. Take the next one.")


class ClosedAlready(CannotBeDone):
    """The item is closed."""

    def __init__(self) -> None:
        super().__init__("This item is closed already. Open it again if it has to be decided anew.")


def item_for(item_id: UUID, *, by: User) -> Item:
    """
    Find an item and hold its row until the transaction ends. Two queries.

    :raises NoSuchItem: if there is none, or it is about this officer.
    :raises PermissionDenied: if `by` is no compliance officer now.
    """
    if not by.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied
    rows = Item.objects.visible_to(by).select_for_update(of=("self",)).select_related("queue", "version")
    item = rows.filter(pk=item_id).first()
    if item is None:
        raise NoSuchItem(item_id)
    return item


def record(action: Action, item: Item, *, by: User, now: datetime, details: Mapping[str, Json] | None = None) -> UUID:
    """Put an act on an item on the record, under its exchange. One insert."""
    said: dict[str, Json] = {"item": str(item.pk), "queue": str(item.queue_id), **(details or {})}
    return record_event(
        action, who=who(by), subject_kind=EXCHANGE, subject_id=str(item.exchange_id), subject_label=item.queue.name,
        details=said, now=now,
    )  # fmt: skip
