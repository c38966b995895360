"""
Putting exchanges into queues, in the order of the ledger's tree.

The tree has every record once, in one order, without a gap, and shows a record only once it is committed. So a single
number, the next leaf, says exactly what was looked at; it moves in the transaction that writes the items. Nothing can
be missed or doubled, whoever dies when, and the chat writes nothing for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from apps.audit.review import facts
from apps.audit.review.definition import Definition, Roles
from apps.audit.review.facts import Ended
from apps.audit.review.lexicon import Matcher, matcher
from apps.audit.review.models import DayOfQueue, Follower, Item, QueueVersion
from apps.ledger import prepared
from apps.ledger.models import Entry, RowKind

BATCH = 2_000
# The newest leaf is at the end of the index. Asked whether any leaf lies beyond, PostgreSQL goes through them all: it
# expects to meet one soon.
NEWS = "SELECT (SELECT max(index) FROM ledger_entry) >= (SELECT min(next_index) FROM review_follower)"


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of a queue, ready to decide, and the leaf of its event: it counts for what comes after that leaf."""

    version_id: UUID
    queue_id: UUID
    since: int
    definition: Definition
    seed: str
    lexicon: Matcher | None

    def why(self, ended: Ended, roles: Roles) -> list[str] | None:
        """Say why an exchange belongs here, or None."""
        return self.definition.takes(ended, seed=self.seed, lexicon=self.lexicon, roles=roles)


@dataclass(frozen=True, slots=True)
class Placed:
    """What one round did: how many leaves it went over, and how many items came of it."""

    leaves: int
    items: int


def has_news() -> bool:
    """Say whether the tree has grown past what was looked at. One statement, which locks nothing."""
    return bool(prepared.rows(NEWS)[0][0])


@transaction.atomic
def place_next(*, now: datetime) -> Placed:
    """
    Look at the next leaves, 2,000 at most, and put their exchanges where they belong: all or none.

    A round that another process does already is left to it. Four statements where nothing is new, eight otherwise.
    """
    follower = Follower.objects.select_for_update(skip_locked=True).first()
    if follower is None:
        return Placed(0, 0)
    leaves = list(
        Entry.objects.filter(index__gte=follower.next_index)
        .order_by("index")
        .values_list("index", "kind", "row_id")[:BATCH]
    )
    if not leaves:
        return Placed(0, 0)
    items = place(leaves)
    Follower.objects.filter(pk=follower.pk).update(next_index=leaves[-1][0] + 1, followed_at=now)
    return Placed(len(leaves), items)


def place(leaves: Sequence[tuple[int, int, UUID]]) -> int:
    """Write the items that come of these leaves (index, kind, record), in the caller's transaction; return how many."""
    at = {row_id: index for index, kind, row_id in leaves if kind == RowKind.OUTCOME}
    versions = versions_until(leaves[-1][0]) if at else []
    if not versions:
        return 0
    ended = facts.of_outcomes(list(at), with_text=any(version.lexicon for version in versions))
    roles = _roles(versions, ended.values())
    items: list[Item] = []
    seen: Counter[tuple[UUID, date]] = Counter()
    for outcome_id, exchange in ended.items():
        for version in in_force_at(at[outcome_id], versions):
            seen[version.queue_id, _day(exchange)] += version.definition.is_on
            why = version.why(exchange, roles)
            if why is not None:
                items.append(_item(exchange, version, why))
    Item.objects.bulk_create(items, ignore_conflicts=True)
    _count(seen, Counter((item.queue_id, timezone.localdate(item.ended_at)) for item in items))
    return len(items)


def versions_until(index: int) -> list[InForce]:
    """Read the versions of all queues that are in the tree up to a leaf, oldest first. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT version.id, entry.index FROM review_queueversion AS version "
            "JOIN ledger_entry AS entry ON entry.row_id = version.event_id WHERE entry.index <= %s "
            "ORDER BY entry.index",
            [index],
        )
        return [_ready(version_id, since) for version_id, since in cursor.fetchall()]


def in_force_at(index: int, versions: Iterable[InForce]) -> Iterable[InForce]:
    """Give, of each queue, the version that counts for the record at a leaf: the newest whose event came before it."""
    newest = {version.queue_id: version for version in versions if version.since < index}
    return newest.values()


@lru_cache(maxsize=1024)
def _ready(version_id: UUID, since: int) -> InForce:
    """Make a version ready. It never changes, so one query does for the life of the process."""
    row = QueueVersion.objects.select_related("lexicon_version").get(pk=version_id)
    lexicon = matcher(row.lexicon_version.entries) if row.lexicon_version else None
    return InForce(row.pk, row.queue_id, since, Definition.from_json(row.definition), row.seed, lexicon)


def _roles(versions: Iterable[InForce], ended: Iterable[Ended]) -> Roles:
    if not any(version.definition.conditions.roles for version in versions):
        return {}
    return facts.roles_of(each.person_id for each in ended)


def _item(ended: Ended, version: InForce, why: list[str]) -> Item:
    definition = version.definition
    return Item(
        queue_id=version.queue_id,
        version_id=version.version_id,
        exchange_id=ended.exchange_id,
        person_id=ended.person_id,
        team_label=ended.team_label,
        model_label=ended.model_label,
        outcome=ended.outcome,
        why=why,
        ended_at=ended.ended_at,
        due_at=ended.ended_at + timedelta(hours=definition.hours),
        severity=definition.severity,
        second_level=[UUID(officer) for officer in definition.second_level],
    )


def _day(ended: Ended) -> date:
    return timezone.localdate(ended.ended_at)


def _count(seen: Counter[tuple[UUID, date]], placed: Counter[tuple[UUID, date]]) -> None:
    """Add to the days' figures. One statement; only the follower writes them, one round at a time."""
    table = DayOfQueue._meta.db_table
    rows = [(queue_id, day, count, placed[queue_id, day]) for (queue_id, day), count in sorted(seen.items()) if count]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} AS kept (queue_id, day, seen, placed) VALUES (%s, %s, %s, %s) "  # noqa: S608
            "ON CONFLICT (queue_id, day) DO UPDATE SET seen = kept.seen + excluded.seen, "
            "placed = kept.placed + excluded.placed",
            rows,
        )
