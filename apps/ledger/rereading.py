"""
Old records read again in the background: a slice each hour, so that all of them are within a week.

The sequencer reads what is new. What is changed far behind it would wait for somebody to run `ledger verify`. How far
the reading has come is its newest event, so it is on the record too. Each pass begins with a comparison of what rooms
keep in rows; registers are compared every ten minutes besides (`compare`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

from apps.ledger import agreement, alarms, registers, stored, verify
from apps.ledger.agreement import NOWHERE, Finding
from apps.ledger.facts import Json
from apps.ledger.models import Event
from apps.ledger.notes import VerifierKey
from apps.ledger.records import record_event
from apps.ledger.standing import DAMAGED, DISAGREES
from apps.ledger.stored import Cursor
from apps.ledger.verify import CHUNK
from apps.ledger.vocabulary import Action

SLICES_IN_A_PASS: Final = 7 * 24
RUN_SECONDS: Final = 60.0
REST: Final = 2.0
"""After each step it rests twice as long as the step took: people who wait for an answer come first."""
NAMED_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """
    How far the reading is: leaves `first` to `beyond` were read, `until` ends the hour's slice, `size` the pass.

    ``findings`` are those of the pass so far.
    """

    first: int
    beyond: int
    until: int
    size: int
    findings: int

    @property
    def is_slice_read(self) -> bool:
        """Say whether the hour's slice is done."""
        return self.beyond >= self.until

    @property
    def is_pass_read(self) -> bool:
        """Say whether everything was read that was there when the pass began."""
        return self.beyond >= self.size


def read_on(*, now: datetime, rest: Callable[[float], None] = time.sleep) -> Reading | None:
    """
    Read on for a minute at most, in steps of 20,480 records of about 0.6 s; None where nothing is signed yet.

    What is found goes on the record with its ids and raises the alarm, which ends with a pass that finds nothing.
    """
    with connection.cursor() as cursor:
        going = _next(cursor)
        if going is None:
            return None
        found = list(agreement.findings(cursor)) if going.first == 0 else []
        beyond, more = _read(cursor, going, now=now, rest=rest)
    found += more
    done = Reading(going.first, beyond, going.until, going.size, going.findings + len(found))
    details: dict[str, Json] = {**asdict(done), "named": _named(found), "rows": _rows(found)}
    record_event(Action.LEDGER_READ_AGAIN, who=None, subject_kind=alarms.SUBJECT, details=details, now=now)
    if found or (done.is_pass_read and not done.findings):
        told: dict[str, Json] = {"named": details["named"], "rows": details["rows"]}
        alarms.follow(DAMAGED, is_amiss=bool(found), details=told, now=now)
    return done


def compare(*, now: datetime) -> list[Finding]:
    """
    Compare every register with its events, and raise or end the alarm; the first time, take inventories.

    Three statements a register. What waits for a register's lock too long is tried again the next time.
    """
    registers.take_inventories(now=now)
    with connection.cursor() as cursor, agreement.at_one_moment(cursor):
        found = list(registers.disagreements(cursor))
    alarms.follow(DISAGREES, is_amiss=bool(found), details={"rows": _rows(found)}, now=now)
    return found


def all_is_well(*, now: datetime) -> None:
    """End both alarms, because a check of the whole ledger has found nothing."""
    for kind in (DAMAGED, DISAGREES):
        alarms.follow(kind, is_amiss=False, details={}, now=now)


def trusted_keys(cursor: Cursor) -> list[VerifierKey]:
    """Read the public key from the sequencer's folder, or else the one that the ledger itself introduced."""
    public = Path(settings.LEDGER_DIR) / "verifier.key"
    return [VerifierKey.parse(public.read_text())] if public.is_file() else verify.key_in_the_database(cursor)


def _next(cursor: Cursor) -> Reading | None:
    """Say what to read now: the rest of a slice, the next slice, or the first one of a new pass."""
    newest = Event.objects.filter(action=Action.LEDGER_READ_AGAIN).order_by("-happened_at", "-id").first()
    last = Reading(**{name: newest.details[name] for name in Reading.__slots__}) if newest else None
    if last is not None and not last.is_slice_read:
        return Reading(last.beyond, last.beyond, last.until, last.size, last.findings)
    if last is None or last.is_pass_read:
        cursor.execute("SELECT coalesce(max(size), 0) FROM ledger_checkpoint")
        size = int(cursor.fetchone()[0])
        return Reading(0, 0, _slice_end(0, size), size, 0) if size else None
    return Reading(last.beyond, last.beyond, _slice_end(last.beyond, last.size), last.size, last.findings)


def _slice_end(first: int, size: int) -> int:
    """End a slice where a stored node ends, so that what is read next stands on hashes that were compared."""
    wanted = max(-(-size // SLICES_IN_A_PASS), CHUNK)
    return min(size, first + -(-wanted // stored.TILE) * stored.TILE)


def _read(cursor: Cursor, going: Reading, *, now: datetime, rest: Callable[[float], None]) -> tuple[int, list[Finding]]:
    trust, until = verify.Trust(trusted_keys(cursor)), time.monotonic() + RUN_SECONDS
    place, found = going.first, list[Finding]()
    while place < going.until and time.monotonic() < until:
        began = time.monotonic()
        report = verify.check(cursor, trust, span=(place, min(place + CHUNK, going.until)), now=now)
        found += report.findings
        place = min(place + CHUNK, going.until)
        rest(REST * (time.monotonic() - began))
    return place, found


def _named(found: Sequence[Finding]) -> list[Json]:
    """Name records of the tree. Rows are counted alone: some are people, whom the desk knows by pseudonym."""
    records = [one for one in found if one.at != NOWHERE]
    return [[one.code, one.at, one.sentence] for one in records[:NAMED_AT_MOST]]


def _rows(found: Sequence[Finding]) -> int:
    return sum(one.at == NOWHERE for one in found)
