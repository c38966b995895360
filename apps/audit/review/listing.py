"""The items of a queue, a page at a time along one index: open ones by what is due first, closed ones newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from apps.accounts.models import User
from apps.audit import reads
from apps.audit.paging import CursorBroken
from apps.audit.review.models import Item, Queue
from apps.audit.review.vocabulary import Level, State, Tag

PAGE_SIZE = 50
MINE, NOBODYS = "mine", "nobodys"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class ItemFilter(forms.Form):
    """Which items of a queue."""

    use_required_attribute = False

    state = forms.ChoiceField(required=False, label="State", choices=State.choices)
    held = forms.ChoiceField(
        required=False, label="Held by", choices=[("", "Anybody"), (MINE, "Me"), (NOBODYS, "Nobody")]
    )
    level = forms.ChoiceField(required=False, label="Level", choices=[("", "Any"), *Level.choices])
    due = forms.ChoiceField(required=False, label="Due", choices=[("", "Any time"), ("overdue", "Overdue")])
    tag = forms.ChoiceField(required=False, label="Finding", choices=[("", "Any"), *Tag.choices])

    def in_force(self) -> dict[str, str]:
        """Say what was asked, for the record."""
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def asks_for_closed(self) -> bool:
        """Say whether closed items are asked for; a finding is one of theirs."""
        return bool(self.cleaned_data["state"] == State.CLOSED or self.cleaned_data["tag"])


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items and where the next page begins, empty at the end."""

    items: list[Item]
    after: str


def listed(queue: Queue, form: ItemFilter, *, after: str, by: User, now: datetime) -> ItemPage:
    """
    Read one page. One query, within five seconds.

    :raises CursorBroken: if the place in the address cannot be read.
    :raises apps.audit.reads.TookTooLong: if the database did not finish in time.
    """
    at, descending = ("closed_at", True) if form.asks_for_closed else ("due_at", False)
    rows = _asked(queue, form, by, now)
    if after:
        rows = rows.filter(_beyond(after, at, descending=descending))
    order = (f"-{at}", "-id") if descending else (at, "id")
    with reads.bounded():
        found = list(rows.select_related("claimed_by", "assigned_to").order_by(*order)[: PAGE_SIZE + 1])
    more = found[PAGE_SIZE - 1] if len(found) > PAGE_SIZE else None
    return ItemPage(found[:PAGE_SIZE], _place(getattr(more, at), more.pk) if more else "")


def _asked(queue: Queue, form: ItemFilter, by: User, now: datetime) -> QuerySet[Item]:
    said = form.cleaned_data
    rows = Item.objects.visible_to(by).filter(queue=queue)
    rows = rows.filter(state=State.CLOSED if form.asks_for_closed else State.OPEN)
    if said["tag"]:
        rows = rows.filter(tag=said["tag"])
    if said["level"]:
        rows = rows.filter(level=said["level"])
    if said["due"]:
        rows = rows.filter(due_at__lt=now)
    if said["held"] == MINE:
        rows = rows.filter(Q(claimed_by=by) | Q(assigned_to=by))
    if said["held"] == NOBODYS:
        rows = rows.filter(Q(claimed_by=None) | Q(claimed_until__lt=now), assigned_to=None)
    return rows


def _beyond(code: str, at: str, *, descending: bool) -> Q:
    moment, _, key = code.partition("-")
    try:
        when, item_id = _EPOCH + int(moment) * _MICROSECOND, UUID(hex=key)
    except (ValueError, OverflowError) as error:
        raise CursorBroken from error
    side = "lt" if descending else "gt"
    within: dict[str, Any] = {f"{at}__{side}e": when}
    return Q(**within) & (Q(**{f"{at}__{side}": when}) | Q(**{f"id__{side}": item_id}))


def _place(at: datetime, key: UUID) -> str:
    return f"{(at - _EPOCH) // _MICROSECOND}-{key.hex}"
