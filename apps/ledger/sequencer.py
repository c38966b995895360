"""
The sequencer: one leader that gives every committed record its place in the tree, and signs the tree's head.

A round is two transactions. The first orders what is pending, hashes it and stores leaves and nodes. The second reads
those records again from the database, computes leaves and root by another path, and signs only if both agree: a bit
that flipped in between is never signed. A round that finds the tree rewritten, shortened or damaged signs nothing and
raises an alarm until the tree fits again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from apps.ledger import leaves, merkle, stored
from apps.ledger.evidence import Evidence, JournalUnwritable
from apps.ledger.ids import new_id
from apps.ledger.models import RowKind
from apps.ledger.notes import BadNote, Checkpoint, Note, SigningKey, VerifierKey
from apps.ledger.standing import open_alarms
from apps.ledger.vocabulary import Action

LEADER_LOCK = 0x706F7274_6C656467
BATCH = 5_000
HOUR = timedelta(hours=1)
LOOK_CLOSELY_EVERY = timedelta(seconds=5)
NEWS = """
SELECT EXISTS (SELECT FROM ledger_pending), (SELECT coalesce(max(index) + 1, 0) FROM ledger_entry),
       (SELECT coalesce(max(size), 0) FROM ledger_checkpoint)
"""
SUBJECT = "ledger"
OWN_ALARMS = frozenset({"ROLLBACK", "FORK", "MISMATCH", "GAP", "JOURNAL"})

_log = logging.getLogger(__name__)


class NotLeading(Exception):
    """Another sequencer leads, or has taken over: this one must not write."""


class TreeBroken(Exception):
    """The stored tree is not what was signed, or not what its records say. Nothing is signed until it fits again."""

    def __init__(self, kind: str, sentence: str, *, at: int) -> None:
        super().__init__(f"{kind} at {at}: {sentence}")
        self.kind = kind
        self.sentence = sentence
        self.at = at


@dataclass(frozen=True, slots=True)
class Round:
    """
    What one round did: how many records found their place, and the checkpoint if one was signed.

    :ivar waited: for how many seconds the oldest of them had waited, by the database's clock.
    """

    sequenced: int
    signed: Checkpoint | None
    waited: float = 0.0

    @property
    def is_full(self) -> bool:
        """Say whether more may be waiting."""
        return self.sequenced >= BATCH


class Sequencer:
    """The leader. It holds one connection of its own, with autocommit, in the sequencer's database role."""

    def __init__(self, connection: psycopg.Connection[Any], evidence: Evidence, key: SigningKey) -> None:
        self._connection = connection
        self._evidence = evidence
        self._key = key
        self._token = 0
        self._alarms: set[str] = set()
        self._also_by: SigningKey | None = None
        self._hour: datetime | None = None
        self._seen: tuple[int, int] | None = None
        self._looked_at: datetime | None = None

    def lead(self) -> None:
        """
        Become the leader.

        :raises NotLeading: if another sequencer leads: its connection holds the lock.
        """
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEADER_LOCK])
            if not _one(cursor):
                raise NotLeading("Another sequencer leads this ledger.")
            cursor.execute("SET synchronous_commit = on")
            cursor.execute(
                "INSERT INTO ledger_leader AS leader (id, token) VALUES (1, 1) "
                "ON CONFLICT (id) DO UPDATE SET token = leader.token + 1 RETURNING token"
            )
            self._token = _one(cursor)
            mine = [alarm.kind for alarm in open_alarms(cursor) if alarm.kind in OWN_ALARMS]
            self._alarms = set(mine)

    def has_news(self, *, now: datetime) -> bool:
        """
        Say whether a round could find anything to do or to object to. One statement, which locks and writes nothing.

        Every five seconds it is said without asking: a stored hash may have been changed where nothing was added.
        """
        is_quiet = self._seen is not None and self._hour == hour_of(now) and not self._alarms
        if not is_quiet or self._looked_at is None or abs(now - self._looked_at) >= LOOK_CLOSELY_EVERY:
            return True
        with self._connection.cursor() as cursor:
            cursor.execute(NEWS, prepare=True)
            is_pending, *seen = cursor.fetchone() or (True,)
        return is_pending or tuple(seen) != self._seen

    def round(self, *, now: datetime) -> Round:
        """
        Place what is pending, close the hour where one has passed, and sign where the tree has grown.

        :raises NotLeading: if another sequencer has taken over.
        :raises TreeBroken: if the tree does not fit; the alarm is on the record already.
        """
        self._seen = None
        try:
            self._close_the_hour(now)
            sequenced, waited = self._sequence(now)
            signed = self._sign(now)
        except (TreeBroken, stored.HashMissing) as trouble:
            broken = trouble if isinstance(trouble, TreeBroken) else TreeBroken("GAP", str(trouble), at=trouble.index)
            self._raise_alarm(broken, now)
            raise broken from None
        self._end_alarms(now)
        last = self._last_signed()
        self._seen, self._looked_at = (last.size, last.size) if last else None, now
        return Round(sequenced, signed, waited)

    def rotate(self, fresh: SigningKey, *, now: datetime) -> None:
        """
        Put `fresh` in the key's place. The change is a record, signed by both keys; so is the next checkpoint.

        :raises TreeBroken: if the tree does not fit: rotate when it does.
        """
        statement = rotation_statement(self._key.verifier, fresh.verifier)
        details = {
            "old": str(self._key.verifier),
            "new": str(fresh.verifier),
            "by_old": self._key.sign(statement),
            "by_new": fresh.sign(statement),
        }
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            record_act(cursor, Action.LEDGER_KEY_ROTATED, details, now)
        self._evidence.replace_key(fresh)
        self._also_by, self._key = self._key, fresh
        self.round(now=now)
        self._also_by = None

    def _close_the_hour(self, now: datetime) -> None:
        """
        Record once an hour that the ledger is alive: a period without any record is then a proof of silence.

        A clock that was set back makes it record an hour again; one that was set ahead leaves hours out.
        """
        hour = hour_of(now)
        if self._hour == hour:
            return
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            first, is_closed = _hours(cursor, hour)
            if first is None:
                record_act(cursor, Action.LEDGER_KEY_INTRODUCED, {"key": str(self._key.verifier)}, now)
            if not is_closed or self._hour is not None:
                record_act(cursor, Action.LEDGER_HOUR_CLOSED, {"until": hour.isoformat()}, now)
        self._hour = hour

    def _sequence(self, now: datetime) -> tuple[int, float]:
        """Give pending records their places, 5,000 at most, in one transaction; say how many, and the longest wait."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            cursor.execute("SELECT id, kind, row_id FROM ledger_pending ORDER BY id LIMIT %s", [BATCH])
            pending = cursor.fetchall()
            if not pending:
                return 0, 0.0
            cursor.execute("SELECT extract(epoch FROM clock_timestamp() - min(since))::float FROM ledger_pending")
            waited = _one(cursor) or 0.0
            written = _leaves(cursor, pending)
            self._note_strange(cursor, pending, written, now)
            size = stored.size_of(cursor)
            kinds = {row_id: kind for _, kind, row_id in pending if row_id in written}
            places = [(size + offset, kind, row_id) for offset, (row_id, kind) in enumerate(kinds.items())]
            cursor.execute(
                "INSERT INTO ledger_entry (index, kind, row_id, leaf) "
                "SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::uuid[], %s::bytea[])",
                [*_columns(places, 3), [written[row_id] for _, _, row_id in places]],
            )
            _store_nodes(cursor, size, size + len(places))
            cursor.execute("DELETE FROM ledger_pending WHERE id = ANY(%s)", [[row[0] for row in pending]])
        return len(pending), waited

    def _note_strange(
        self, cursor: psycopg.Cursor[Any], pending: Sequence[Any], written: dict[UUID, bytes], now: datetime
    ) -> None:
        """Take out what cannot have a place, and put that on the record: a record gone already, or written twice."""
        gone = [str(row_id) for _, _, row_id in pending if row_id not in written]
        cursor.execute("SELECT row_id FROM ledger_entry WHERE row_id = ANY(%s)", [list(written)])
        twice = [row_id for (row_id,) in cursor.fetchall()]
        for row_id in twice:
            del written[row_id]
        for kind, ids in (("VANISHED", gone), ("DUPLICATE", [str(row_id) for row_id in twice])):
            if ids:
                _log.error("The ledger lost or doubled %d records before they had a place (%s).", len(ids), kind)
                record_act(cursor, Action.LEDGER_ALARM_RAISED, {"kind": kind, "records": ids[:100]}, now)

    def _sign(self, now: datetime) -> Checkpoint | None:
        """
        Check the tree against what was signed and against its records, then sign its head where it has grown.

        What the journal says was signed, and whose sequencer ended before it was in the database, is published first,
        in a transaction of its own: what is signed next is journalled before its transaction is over, and if that one
        is lost, too, nobody looks further back than to the journal's last line.
        """
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            size, last = stored.size_of(cursor), self._last_signed()
            self._refuse_other_history(cursor, size, last)
            is_published = last is None or self._is_published(cursor, last.size)
            if last is not None and not is_published:
                self._publish_last(cursor, last, now)
            elif size == (last.size if last else 0):
                return None
            else:
                return self._sign_head(cursor, size, last, now)
        return self._sign(now)

    def _publish_last(self, cursor: psycopg.Cursor[Any], last: Checkpoint, now: datetime) -> None:
        """Publish the journal's last line as it stands there, with all its signatures."""
        if note := self._evidence.last_note():
            self._publish(cursor, last, note, now)

    def _sign_head(self, cursor: psycopg.Cursor[Any], size: int, last: Checkpoint | None, now: datetime) -> Checkpoint:
        root = self._recomputed(cursor, last.size if last else 0, size)
        if root != stored.root_at(cursor, size):
            raise TreeBroken("MISMATCH", "The stored tree is not the one its records make.", at=size)
        checkpoint = Checkpoint(self._key.name, size, root)
        lines = [key.sign(checkpoint.text) for key in (self._key, self._also_by) if key]
        note = Note(checkpoint.text, tuple(lines))
        self._journal(note, now)
        self._publish(cursor, checkpoint, note, now)
        return checkpoint

    def _publish(self, cursor: psycopg.Cursor[Any], checkpoint: Checkpoint, note: Note, now: datetime) -> None:
        cursor.execute(
            "INSERT INTO ledger_checkpoint (size, root, note, token, signed_at) VALUES (%s, %s, %s, %s, %s)",
            [checkpoint.size, checkpoint.root, str(note), self._token, now],
        )

    def _last_signed(self) -> Checkpoint | None:
        try:
            return self._evidence.last_signed()
        except (BadNote, OSError) as error:
            raise TreeBroken("JOURNAL", "The journal of what was signed cannot be read.", at=-1) from error

    def _journal(self, note: Note, now: datetime) -> None:
        """Put what is about to count into the journal; what it does not take is not signed."""
        try:
            self._evidence.journal(note, at=now)
        except JournalUnwritable as error:
            raise TreeBroken("JOURNAL", str(error), at=-1) from error

    def _refuse_other_history(self, cursor: psycopg.Cursor[Any], size: int, last: Checkpoint | None) -> None:
        cursor.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint")
        published = _one(cursor)
        if published > (last.size if last else 0):
            raise TreeBroken(
                "FORK", "The database has a checkpoint that this key's journal never signed.", at=published
            )
        if last is None:
            return
        if last.size > size:
            raise TreeBroken(
                "ROLLBACK", f"The tree has {size} leaves, but {last.size} were signed: an older state came back.",
                at=size,
            )  # fmt: skip
        if stored.root_at(cursor, last.size) != last.root:
            raise TreeBroken("FORK", "The tree no longer has the root that was signed.", at=last.size)

    def _is_published(self, cursor: psycopg.Cursor[Any], size: int) -> bool:
        cursor.execute("SELECT true FROM ledger_checkpoint WHERE size = %s", [size])
        return cursor.fetchone() is not None

    def _recomputed(self, cursor: psycopg.Cursor[Any], start: int, end: int) -> bytes:
        """Compute the root at `end` from the records themselves, by the plain path, on top of what was signed."""
        frontier = stored.frontier_at(cursor, start)
        for first in range(start, end, BATCH):
            again = _leaves_again(cursor, first, min(first + BATCH, end))
            for index in range(first, min(first + BATCH, end)):
                leaf = again.get(index)
                if leaf is None:
                    raise TreeBroken("GAP", "A leaf or its record is missing.", at=index)
                frontier.append(leaf)
        return frontier.root()

    def _hold(self, cursor: psycopg.Cursor[Any]) -> None:
        """Make sure that this is still the leader, until the transaction ends."""
        cursor.execute("SELECT true FROM ledger_leader WHERE id = 1 AND token = %s FOR UPDATE", [self._token])
        if cursor.fetchone() is None:
            raise NotLeading("Another sequencer has taken over.")

    def _raise_alarm(self, broken: TreeBroken, now: datetime) -> None:
        if broken.kind in self._alarms:
            return
        _log.error("The ledger's tree does not fit (%s); nothing is signed.", broken.kind)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            details = {"kind": broken.kind, "at": broken.at, "what": broken.sentence}
            record_act(cursor, Action.LEDGER_ALARM_RAISED, details, now)
        self._alarms.add(broken.kind)

    def _end_alarms(self, now: datetime) -> None:
        if not self._alarms:
            return
        with self._connection.transaction(), self._connection.cursor() as cursor:
            self._hold(cursor)
            for kind in sorted(self._alarms):
                record_act(cursor, Action.LEDGER_ALARM_ENDED, {"kind": kind}, now)
        self._alarms.clear()


def rotation_statement(old: VerifierKey, new: VerifierKey) -> str:
    """Write what both keys sign when one takes the other's place."""
    return f"portcullis ledger key rotation\n{old}\n{new}\n"


def hour_of(now: datetime) -> datetime:
    """Give the beginning of the hour."""
    return now.replace(minute=0, second=0, microsecond=0)


def _one(cursor: psycopg.Cursor[Any]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def _hours(cursor: psycopg.Cursor[Any], hour: datetime) -> tuple[datetime | None, bool]:
    """Say when an hour was closed last, if ever, and whether this one was."""
    cursor.execute(
        "SELECT max(happened_at), count(*) FILTER (WHERE happened_at >= %s AND happened_at < %s) > 0 "
        "FROM ledger_event WHERE action = %s",
        [hour, hour + HOUR, Action.LEDGER_HOUR_CLOSED],
    )
    row = cursor.fetchone()
    return (row[0], row[1]) if row else (None, False)


def _columns(rows: Sequence[Sequence[Any]], count: int) -> list[list[Any]]:
    return [[row[place] for row in rows] for place in range(count)]


def record_act(cursor: psycopg.Cursor[Any], action: Action, details: dict[str, Any], now: datetime) -> None:
    """Record an act of the ledger itself; like every record it is pending until the next round."""
    cursor.execute(
        "INSERT INTO ledger_event (id, form, happened_at, action, actor_label, team_label, subject_kind, subject_id, "
        "subject_label, details) VALUES (%s, 1, %s, %s, '', '', %s, '', '', %s)",
        [new_id(), now, action, SUBJECT, Jsonb(details)],
    )


def _leaves(cursor: psycopg.Cursor[Any], pending: Sequence[Any]) -> dict[UUID, bytes]:
    """Hash the pending records by the fast path."""
    written: dict[UUID, bytes] = {}
    for kind, form in leaves.FORMS.items():
        ids = [row_id for _, row_kind, row_id in pending if row_kind == kind]
        if ids:
            cursor.execute(f"SELECT r.id, {form.prepared} FROM {form.table} AS r WHERE r.id = ANY(%s)", [ids])  # noqa: S608
            for row_id, *columns in cursor:
                written[row_id] = merkle.leaf_hash(leaves.of_columns(form, columns))
    return written


def _leaves_again(cursor: psycopg.Cursor[Any], start: int, end: int) -> dict[int, bytes]:
    """Hash the records behind the leaves from `start` to `end` by the plain path, whatever the stored leaves say."""
    found: dict[int, bytes] = {}
    for kind, form in leaves.FORMS.items():
        cursor.execute(
            f"SELECT entry.index, {form.plain} FROM ledger_entry AS entry "  # noqa: S608
            f"JOIN {form.table} AS r ON r.id = entry.row_id "
            "WHERE entry.kind = %s AND entry.index >= %s AND entry.index < %s",
            [RowKind(kind).value, start, end],
        )
        for index, *values in cursor:
            found[index] = merkle.leaf_hash(leaves.of_values(form, values))
    return found


def _store_nodes(cursor: psycopg.Cursor[Any], old: int, new: int) -> None:
    """Store the roots over every 256 neighbours that the growth from `old` to `new` has completed, level by level."""
    level, first, beyond = 1, old // stored.TILE, new // stored.TILE
    while beyond > first:
        roots = stored.tile_roots(cursor, level, first, beyond)
        cursor.execute(
            "INSERT INTO ledger_node (level, index, hash) SELECT %s, * FROM unnest(%s::bigint[], %s::bytea[])",
            [level, list(range(first, beyond)), roots],
        )
        level, first, beyond = level + 1, first // stored.TILE, beyond // stored.TILE
