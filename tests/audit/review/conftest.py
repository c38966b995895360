"""Queues, exchanges in them, and the officers who work at them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.accounts.models import Role, User
from apps.audit import looks
from apps.audit.review import placing, queues, work
from apps.audit.review.definition import Conditions, Definition
from apps.audit.review.models import Item, Lexicon, Queue, QueueVersion
from apps.audit.review.vocabulary import Severity
from apps.ledger.models import Event, Outcome, RowKind
from tests.audit.conftest import NOON

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def second_officer(make_person: Callable[..., User]) -> User:
    return make_person("helena", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def make_queue(officer: User) -> Callable[..., Queue]:
    """Define a queue that takes every exchange unless told otherwise."""

    def make(
        name: str = "Everything",
        *,
        severity: str = Severity.MEDIUM,
        hours: int = 24,
        lexicon: Lexicon | None = None,
        conditions: Conditions | None = None,
        now: datetime = NOON,
        **more: Any,
    ) -> Queue:
        definition = Definition(name, severity, hours, conditions=conditions or Conditions(), **more)
        return queues.define(definition, lexicon=lexicon, by=officer, now=now)

    return make


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, UUID]]:
    """A ledger's tree as the sequencer would lay it: definitions and outcomes in the order of their making."""
    leaves: list[tuple[int, int, UUID]] = []

    def versions_until(index: int) -> list[placing.InForce]:
        places = {row_id: at for at, _, row_id in leaves if at <= index}
        rows = QueueVersion.objects.filter(event_id__in=places)
        ready = [placing._ready(row.pk, places[row.event_id]) for row in rows]
        return sorted(ready, key=lambda version: version.since)

    monkeypatch.setattr(placing, "versions_until", versions_until)
    return leaves


@pytest.fixture
def place(tree: list[tuple[int, int, UUID]]) -> Callable[[], int]:
    """Lay into the tree what it has not got yet, and put what ended into the queues; return how many items came."""

    def place_all() -> int:
        known = {row_id for _, _, row_id in tree}
        events = Event.objects.filter(subject_kind=queues.QUEUE).values_list("recorded_at", "id")
        ends = Outcome.objects.values_list("recorded_at", "id")
        fresh = sorted([(*row, RowKind.EVENT) for row in events] + [(*row, RowKind.OUTCOME) for row in ends])
        new = [(kind.value, row_id) for _, row_id, kind in fresh if row_id not in known]
        start = len(tree)
        tree.extend((start + offset, kind, row_id) for offset, (kind, row_id) in enumerate(new))
        return placing.place(tree[start:]) if new else 0

    return place_all


@pytest.fixture
def make_item(make_queue: Callable[..., Queue], make_exchange: Callable[..., UUID], place: Callable[[], int]):  # type: ignore[no-untyped-def]
    """Put one exchange into a queue and give its item; keywords go to the exchange."""

    def make(queue: Queue | None = None, *, severity: str = Severity.MEDIUM, **exchange: Any) -> Item:
        queue = (
            queue or Queue.objects.filter(severity=severity).first() or make_queue(f"All {severity}", severity=severity)
        )
        exchange_id = make_exchange(**exchange)
        place()
        return Item.objects.get(queue=queue, exchange_id=exchange_id)

    return make


@pytest.fixture
def read(officer: User) -> Callable[..., Item]:
    """Take an item and open its exchange, as an officer does before deciding."""

    def take(item: Item, by: User = officer, now: datetime = LATER) -> Item:
        work.claim(item.pk, by=by, now=now)
        look_at(item, by, now=now)
        return item

    return take


def look_at(item: Item, officer: User, *, now: datetime) -> None:
    """Open the exchange as the page does."""
    looks.opened(officer, exchange_id=item.exchange_id, label="", now=now)
