"""
Check the ledger against itself and against what was signed: every record, every leaf, every node, every checkpoint.

It reads and never writes, holds 20,000 records at a time, and says for each day how many records are unchanged,
modified, deleted or missing. A check of the whole also compares what rooms keep in rows with their events
(`agreement`). What it trusts is a key: one that the caller brings, or else the one in the database itself, which proves
nothing against somebody who rewrote all of it (then only a witness can tell).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.x509 import Certificate

from apps.ledger import agreement, canonical, leaves, merkle, stamps, stored
from apps.ledger.agreement import Finding
from apps.ledger.merkle import Range
from apps.ledger.models import RowKind
from apps.ledger.notes import BadNote, Checkpoint, Note, VerifierKey
from apps.ledger.sequencer import rotation_statement
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

CHUNK = 20_480
MOST_FINDINGS = 200
CLOCK_TOLERANCE = timedelta(minutes=15)
LATE_SECONDS = 60
UNCHANGED, MODIFIED, DELETED, MISSING = "unchanged", "modified", "deleted", "missing"
_NOWHERE = b"\0" * 32


@dataclass(slots=True)
class Report:
    """What a check found. ``days`` counts records by day and state; it is whole when nothing was found."""

    span: Range
    days: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    checkpoints: int = 0
    cosigned: int = 0
    stamped: int = 0
    head: Checkpoint | None = None

    @property
    def is_clean(self) -> bool:
        """Say whether nothing at all was found."""
        return self.found == 0

    def count(self, state: str) -> int:
        """Count the records in a state, over all days."""
        return sum(day[state] for day in self.days.values())

    def add(self, code: str, at: int, sentence: str) -> None:
        """Note a finding; the first 200 are kept in words, all are counted."""
        self.found += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code, at, sentence))

    def extend(self, findings: Iterable[Finding]) -> None:
        """Note what another check found."""
        for finding in findings:
            self.add(finding.code, finding.at, finding.sentence)


@dataclass(frozen=True, slots=True)
class Trust:
    """What a check believes in: public keys of the log and of witnesses, and checkpoints from outside the database."""

    keys: Sequence[VerifierKey]
    witnesses: Sequence[VerifierKey] = ()
    outside: Sequence[Note] = ()
    authorities: Sequence[Certificate] = ()


def check(cursor: Cursor, trust: Trust, *, span: Range | None = None, now: datetime) -> Report:
    """
    Check the tree from leaf to head, or the part of it in `span`. About 30 µs a record, 4 statements for 20,480.

    With a span, what lies before it enters through its stored hashes, which the next checkpoint confirms.
    """
    size = stored.size_of(cursor)
    start, end = (max(0, span[0]), min(span[1], size)) if span else (0, size)
    report = Report((start, end))
    signed = _Signed(cursor, trust, report, start=start, end=end)
    clock = _Clock(report, now)
    try:
        frontier = stored.frontier_at(cursor, start)
    except stored.HashMissing as missing:
        report.add("NODE_MISSING", start, str(missing))
        return report
    signed.compare(frontier)
    for first in range(start, end, CHUNK):
        beyond = min(first + CHUNK, end)
        chunk = _Chunk(cursor, report, clock, first, beyond)
        _compare_nodes(cursor, report, chunk, first, beyond)
        for leaf in chunk.leaves:
            frontier.append(leaf)
            if frontier.size in signed.sizes:
                signed.compare(frontier)
    _compare_upper_nodes(cursor, report, start, end)
    signed.finish(frontier, is_whole=end == size)
    report.stamped, amiss = stamps.check(cursor, (start, end), trust.authorities)
    for code, at, sentence in amiss:
        report.add(code, at, sentence)
    if span is None:
        _find_unplaced(cursor, report, now)
        report.extend(agreement.findings(cursor))
    return report


def span_between(cursor: Cursor, since: datetime, until: datetime) -> Range:
    """Find the leaves that were signed from `since` to `until`, whole checkpoints at a time. Two statements."""
    cursor.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint WHERE signed_at < %s", [since])
    start = int(cursor.fetchone()[0])
    cursor.execute("SELECT min(size) FROM ledger_checkpoint WHERE signed_at >= %s", [until])
    end = cursor.fetchone()[0]
    return start, int(end) if end is not None else stored.size_of(cursor)


def key_in_the_database(cursor: Cursor) -> list[VerifierKey]:
    """Return the key that the ledger itself introduced first: good for finding accidents, no proof against a forger."""
    cursor.execute(
        "SELECT details->>'key' FROM ledger_event WHERE action = %s ORDER BY recorded_at, id LIMIT 1",
        [Action.LEDGER_KEY_INTRODUCED],
    )
    return [VerifierKey.parse(key) for (key,) in cursor.fetchall() if key]


class _Clock:
    """The database's clock runs forward from record to record; a quarter of an hour is forgiven (long transactions)."""

    def __init__(self, report: Report, now: datetime) -> None:
        self._report = report
        self._latest = ""
        self._limit = ""
        self._future = _iso(now + CLOCK_TOLERANCE)

    def see(self, index: int, recorded_at: str) -> None:
        if recorded_at > self._latest:
            if recorded_at[:16] != self._latest[:16]:
                self._limit = _iso(datetime.fromisoformat(recorded_at) - CLOCK_TOLERANCE)
            self._latest = recorded_at
            if recorded_at > self._future:
                self._report.add("POSTDATED", index, f"It says it was recorded at {recorded_at}, which is yet to come.")
        elif recorded_at < self._limit:
            self._report.add(
                "BACKDATED", index, f"It says {recorded_at}, but records before it in the tree say {self._latest}."
            )


class _Chunk:
    """Some thousand neighbours: compares each record with its leaf and keeps the leaves in order."""

    def __init__(self, cursor: Cursor, report: Report, clock: _Clock, first: int, beyond: int) -> None:
        self.leaves = [_NOWHERE] * (beyond - first)
        moments: list[str | None] = [None] * (beyond - first)
        self._report, self._first = report, first
        for kind, form in leaves.FORMS.items():
            cursor.execute(
                f"SELECT entry.index, entry.row_id, entry.leaf, {form.prepared} FROM ledger_entry AS entry "  # noqa: S608
                f"LEFT JOIN {form.table} AS r ON r.id = entry.row_id "
                "WHERE entry.kind = %s AND entry.index >= %s AND entry.index < %s",
                [RowKind(kind).value, first, beyond],
            )
            self._compare(form, cursor.fetchall(), moments)
        for offset, moment in enumerate(moments):
            if moment is not None:
                clock.see(first + offset, moment)
            elif self.leaves[offset] is _NOWHERE:
                report.days["unknown"][MISSING] += 1
                report.add("LEAF_MISSING", first + offset, "The tree has a gap here: a leaf was removed.")

    def _compare(self, form: leaves.Form, rows: Iterable[Any], moments: list[str | None]) -> None:
        id_at = next(place for place, (name, _) in enumerate(form.columns) if name == "id") + 3
        time_at = next(place for place, (name, _) in enumerate(form.columns) if name == "recorded_at") + 3
        unchanged: Counter[str] = Counter()
        for row in rows:
            index, row_id, leaf = row[0], row[1], bytes(row[2])
            self.leaves[index - self._first] = leaf
            if row[id_at] is None:
                self._note(index, row_id, DELETED, f"The {form.name} {row_id} was deleted.")
                continue
            moment = row[time_at]
            moments[index - self._first] = moment
            if merkle.leaf_hash(leaves.of_columns(form, row[3:])) == leaf:
                unchanged[moment[:10]] += 1
            else:
                self._note(index, row_id, MODIFIED, f"The {form.name} {row_id} is not what was recorded, or its leaf.")
        for day, count in unchanged.items():
            self._report.days[day][UNCHANGED] += count

    def _note(self, index: int, row_id: UUID, state: str, sentence: str) -> None:
        self._report.days[_day_of(row_id)][state] += 1
        self._report.add(f"RECORD_{state.upper()}", index, sentence)


class _Signed:
    """The checkpoints: each must be signed by a trusted key of its time, and its root must be the tree's."""

    def __init__(self, cursor: Cursor, trust: Trust, report: Report, *, start: int, end: int) -> None:
        self._report = report
        self._keys, self._changes = _chain(cursor, trust.keys, report)
        self._trust = trust
        cursor.execute(
            "SELECT size, root, note FROM ledger_checkpoint WHERE size >= %s AND size <= %s ORDER BY size", [start, end]
        )
        self._stored = {size: (bytes(root), note) for size, root, note in cursor.fetchall()}
        self._outside = _by_size(trust.outside, report)
        cursor.execute("SELECT size, line FROM ledger_cosignature WHERE size >= %s AND size <= %s", [start, end])
        self._cosignatures: dict[int, list[str]] = defaultdict(list)
        for size, line in cursor.fetchall():
            self._cosignatures[size].append(line)
        self.sizes = {*self._stored, *self._outside}
        self._newest_signed = 0

    def compare(self, frontier: merkle.Frontier) -> None:
        """Compare every checkpoint of this size with the tree that the records make."""
        size = frontier.size
        if size not in self.sizes:
            return
        root = frontier.root()
        if size in self._stored:
            self._compare_stored(size, root)
        for note in self._outside.get(size, ()):
            if self._is_signed(note, size) and Checkpoint.parse(note.text).root != root:
                self._report.add(
                    "FORK", size, "A checkpoint kept outside the database shows another tree: records were rewritten."
                )

    def _compare_stored(self, size: int, root: bytes) -> None:
        stored_root, text = self._stored[size]
        self._report.checkpoints += 1
        try:
            note = Note.parse(text).with_lines(self._cosignatures.get(size, []))
            checkpoint = Checkpoint.parse(note.text)
        except BadNote:
            self._report.add("CHECKPOINT_BROKEN", size, "This checkpoint is not in its form any more.")
            return
        if checkpoint.size != size or checkpoint.root != stored_root:
            self._report.add("CHECKPOINT_BROKEN", size, "This checkpoint's note and its row differ.")
        if not self._is_signed(note, size):
            return
        if checkpoint.root != root:
            since = self._newest_signed
            self._report.add("ROOT_DIFFERS", size, f"Leaves between {since} and {size} are not those that were signed.")
            return
        self._newest_signed, self._report.head = size, checkpoint

    def _is_signed(self, note: Note, size: int) -> bool:
        try:
            signers = note.signers([*self._keys, *self._trust.witnesses])
        except BadNote as broken:
            self._report.add("SIGNATURE_BROKEN", size, str(broken))
            return False
        self._report.cosigned += any(key in self._trust.witnesses for key in signers)
        current = self._key_at(size)
        if current in signers:
            return True
        sentence = "No trusted key signed this checkpoint." if not set(signers) & set(self._keys) else (
            "A key that had been replaced signed this checkpoint."
        )  # fmt: skip
        self._report.add("NOT_SIGNED", size, sentence)
        return False

    def _key_at(self, size: int) -> VerifierKey | None:
        """The key in force for a tree of this size: a change is in force once its own record is a leaf."""
        current = self._changes[0][1] if self._changes else (self._keys[0] if self._keys else None)
        for index, _, new in self._changes:
            if index < size:
                current = new
            elif index >= 0:
                break
        return current

    def finish(self, frontier: merkle.Frontier, *, is_whole: bool) -> None:
        """Compare the end of the tree with the newest checkpoints, inside the database and outside."""
        for size in self._outside:
            if is_whole and size > frontier.size:
                self._report.add(
                    "ROLLBACK", frontier.size, f"A checkpoint kept outside was signed for {size} leaves; the tree has "
                    f"{frontier.size}: its end was cut off or an older state came back.",
                )  # fmt: skip
            elif frontier.size >= size > 0 and size not in self._stored and size >= self._report.span[0]:
                self._report.add("CHECKPOINT_MISSING", size, "This checkpoint was removed from the database.")
        if is_whole and not self._keys:
            self._report.add("NO_KEY", -1, "No key is known, so no signature was checked. Give one with --key.")


def _chain(
    cursor: Cursor, trusted: Sequence[VerifierKey], report: Report
) -> tuple[list[VerifierKey], list[tuple[int, VerifierKey, VerifierKey]]]:
    """Follow changes of the key from a trusted one, in both directions; each must be signed by the old and the new."""
    cursor.execute(
        "SELECT coalesce(entry.index, -1), event.details::text FROM ledger_event AS event "
        "LEFT JOIN ledger_entry AS entry ON entry.row_id = event.id WHERE event.action = %s ORDER BY entry.index",
        [Action.LEDGER_KEY_ROTATED],
    )
    changes = []
    for index, text in cursor.fetchall():
        if index < 0:
            continue  # it has no place in the tree yet
        try:
            details = canonical.decode(text)
            old, new = VerifierKey.parse(details["old"]), VerifierKey.parse(details["new"])
            statement = rotation_statement(old, new)
            note = Note.parse(f"{statement}\n{details['by_old']}{details['by_new']}")
            is_signed = set(note.signers([old, new])) == {old, new}
        except (BadNote, canonical.NotCanonical, KeyError, TypeError):
            is_signed = False
        if is_signed:
            changes.append((index, old, new))
        else:
            report.add("ROTATION_FORGED", index, "A change of the key is not signed by both the old and the new key.")
    return _connected(list(trusted), changes)


def _connected(
    keys: list[VerifierKey], changes: list[tuple[int, VerifierKey, VerifierKey]]
) -> tuple[list[VerifierKey], list[tuple[int, VerifierKey, VerifierKey]]]:
    kept: list[tuple[int, VerifierKey, VerifierKey]] = []
    while grown := [change for change in changes if change not in kept and {change[1], change[2]} & set(keys)]:
        kept += grown
        keys = list(dict.fromkeys([*keys, *(key for _, old, new in grown for key in (old, new))]))
    return keys, sorted(kept, key=lambda change: change[0])


def _by_size(notes: Iterable[Note], report: Report) -> dict[int, list[Note]]:
    found: dict[int, list[Note]] = defaultdict(list)
    for note in notes:
        try:
            found[Checkpoint.parse(note.text).size].append(note)
        except BadNote:
            report.add("CHECKPOINT_BROKEN", -1, "A checkpoint kept outside the database is not in its form.")
    return found


def _compare_nodes(cursor: Cursor, report: Report, chunk: _Chunk, first: int, beyond: int) -> None:
    """Compare the stored roots over 256 leaves with the leaves; only proofs are made from them."""
    tile = stored.TILE
    places = range(-(-first // tile), beyond // tile)
    cursor.execute(
        "SELECT index, hash FROM ledger_node WHERE level = 1 AND index >= %s AND index < %s",
        [places.start, places.stop],
    )
    nodes = {index: bytes(value) for index, value in cursor.fetchall()}
    for place in places:
        offset = place * tile - first
        if nodes.get(place) != merkle.root_of(chunk.leaves[offset : offset + tile]):
            report.add("NODE_DIFFERS", place * tile, "The stored root over these 256 leaves is not theirs.")


def _compare_upper_nodes(cursor: Cursor, report: Report, start: int, end: int) -> None:
    level, first, beyond = 2, -(-start // stored.TILE**2), end // stored.TILE**2
    while beyond > first:
        cursor.execute(
            "SELECT index, hash FROM ledger_node WHERE level = %s AND index >= %s AND index < %s",
            [level, first, beyond],
        )
        nodes = {index: bytes(value) for index, value in cursor.fetchall()}
        for place in range(first, beyond):
            try:
                expected = stored.tile_roots(cursor, level, place, place + 1)[0]
            except stored.HashMissing:
                expected = None
            if expected is None or nodes.get(place) != expected:
                report.add(
                    "NODE_DIFFERS", place * stored.TILE**level, f"A stored root at level {level} is not its own."
                )
        level, first, beyond = level + 1, -(-first // stored.TILE), beyond // stored.TILE


def _find_unplaced(cursor: Cursor, report: Report, now: datetime) -> None:
    """Find records that the tree does not know and the sequencer was never told of, and those it leaves waiting."""
    for kind, form in leaves.FORMS.items():
        cursor.execute(
            f"SELECT r.id, r.recorded_at FROM {form.table} AS r "  # noqa: S608
            "WHERE NOT EXISTS (SELECT FROM ledger_entry AS entry WHERE entry.row_id = r.id) "
            "AND NOT EXISTS (SELECT FROM ledger_pending AS pending WHERE pending.row_id = r.id) LIMIT %s",
            [MOST_FINDINGS],
        )
        for row_id, _ in cursor.fetchall():
            report.add(
                "RECORD_ADDED", -1, f"The {RowKind(kind).label.lower()} {row_id} is in no tree: it was put in by hand."
            )
    cursor.execute("SELECT count(*), min(since) FROM ledger_pending")
    count, since = cursor.fetchone()
    if count and (now - since).total_seconds() > LATE_SECONDS:
        report.add("UNSIGNED", -1, f"{count} records have waited for a place since {since:%Y-%m-%d %H:%M:%S}.")


def _day_of(row_id: UUID) -> str:
    """The day that an id of version 7 was made on; the record itself may be gone."""
    milliseconds = row_id.int >> 80
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, tz=UTC):%Y-%m-%d}"
    except (OverflowError, ValueError):
        return "unknown"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"
