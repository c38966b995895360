"""
Registers: rights, settings and the desk's own rows, each compared with the sum of its events.

A room declares a register: which rows, as facts by key, and what each of its events does to them. The events, applied
in the order of the tree, must come to what the rows are. Where a room's events do not reach back to the beginning, an
inventory of the rows is put on the record once, and events count from there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db import connection, transaction

from apps.ledger import standing
from apps.ledger.agreement import NOWHERE, Finding
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.records import record_event
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

SUBJECT = "register"
ROWS_IN_A_PART = 1_000
LOCK_MILLISECONDS = 2_000
Facts: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[str, Facts]
"""Facts by name, by the key of the row: all of them values that JSON knows."""

UNKNOWN: Final = "\x00unknown"
"""What an event of an older form does not say: such a fact is not compared. No stored text can be this."""

# What waits for its place comes after what has one. A record that is on neither list explains nothing.
_EVENTS = """
    SELECT event.action, event.actor_id, event.team_id, event.subject_kind, event.subject_id, event.subject_label,
        event.happened_at, event.details::text, coalesce(entry.index, (1::bigint << 62) + pending.id) AS place
    FROM ledger_event AS event
    LEFT JOIN ledger_entry AS entry ON entry.row_id = event.id
    LEFT JOIN ledger_pending AS pending ON pending.row_id = event.id
    WHERE event.action = ANY(%s) AND coalesce(event.subject_kind = %s, true)
        AND coalesce(event.subject_id = %s, true)
        AND (entry.index IS NOT NULL OR pending.id IS NOT NULL)
    ORDER BY place
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One event as a register reads it; ``place`` orders events."""

    action: str
    actor_id: UUID | None
    team_id: UUID | None
    subject_kind: str
    subject_id: str
    subject_label: str
    happened_at: datetime
    details: dict[str, Any]
    place: int


@dataclass(frozen=True, slots=True)
class Register:
    """
    What is compared: ``rows`` reads the rows, ``apply`` does to them what an event says was done.

    ``begins_with``: the tables whose inventory it begins with; empty where events tell everything since the first.
    ``about`` names a row in a finding, before its key.
    """

    name: str
    about: str
    actions: Sequence[Action]
    rows: Callable[[Cursor], Rows]
    apply: Callable[[Rows, Told], None]
    begins_with: Sequence[str] = ()


_registers: dict[str, Register] = {}


def keep(register: Register) -> None:
    """Have a register compared from now on."""
    _registers[register.name] = register


def disagreements(cursor: Cursor) -> Iterator[Finding]:
    """Compare every register with its events. Two or three statements for each, and its events in memory one by one."""
    for register in _registers.values():
        yield from _differences(register, cursor)


def take_inventories(*, now: datetime) -> list[str]:
    """Put the inventory of each register that needs one and has none on the record; return their names."""
    taken = Event.objects.filter(action=Action.LEDGER_INVENTORY_TAKEN).order_by()
    there = set(taken.values_list("subject_id", flat=True))
    missing = [one for one in _registers.values() if one.begins_with and one.name not in there]
    for register in missing:
        _take_inventory(register, now=now)
    return [register.name for register in missing]


def stamp(moment: datetime | str | None) -> str | None:
    """Write a moment so that equal ones are equal: in UTC, to the microsecond."""
    if moment is None:
        return None
    return standing.stamp(datetime.fromisoformat(moment) if isinstance(moment, str) else moment)


def figure(amount: Decimal | None) -> str | None:
    """Write an amount as events do: without superfluous zeros."""
    return None if amount is None else f"{amount.normalize():f}"


def changed(facts: Facts, changes: Mapping[str, Any]) -> None:
    """Apply what an event says of changes, ``name: [before, after]``, to facts; what is None after it is gone."""
    for name, (_, after) in changes.items():
        if after is None:
            facts.pop(name, None)
        else:
            facts[name] = after


def events(
    cursor: Cursor, actions: Sequence[Action], *, subject: tuple[str | None, str | None] = (None, None)
) -> Iterator[Told]:
    """
    Read the events of some actions in the order of the tree: all, or those about one subject (its kind and id).

    One statement.
    """
    cursor.execute(_EVENTS, [[action.value for action in actions], *subject])
    for action, actor_id, team_id, kind, subject_id, label, at, details, place in cursor.fetchall():
        yield Told(action, actor_id, team_id, kind, subject_id, label, at, json.loads(details), place)


@transaction.atomic
def _take_inventory(register: Register, *, now: datetime) -> None:
    """Write rows down while nobody changes them: what waits for the locks is on the record after them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_MILLISECONDS)])
        for table in register.begins_with:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        rows = register.rows(cursor)
    keys, taken = sorted(rows), str(new_id())
    for first in range(0, max(1, len(keys)), ROWS_IN_A_PART):
        part = {key: rows[key] for key in keys[first : first + ROWS_IN_A_PART]}
        details: dict[str, Json] = {"inventory": taken, "of": len(keys), "rows": part}
        record_event(
            Action.LEDGER_INVENTORY_TAKEN, who=None, subject_kind=SUBJECT, subject_id=register.name,
            details=details, now=now,
        )  # fmt: skip


def _beginning(register: Register, cursor: Cursor) -> tuple[int, Rows] | None:
    """Read the first inventory of a register, and the place of its last part; later ones count for nothing."""
    if not register.begins_with:
        return NOWHERE, {}
    every = list(events(cursor, [Action.LEDGER_INVENTORY_TAKEN], subject=(SUBJECT, register.name)))
    parts = [told for told in every if told.details["inventory"] == every[0].details["inventory"]]
    if not parts:
        return None
    return parts[-1].place, {key: dict(facts) for told in parts for key, facts in told.details["rows"].items()}


def _differences(register: Register, cursor: Cursor) -> Iterator[Finding]:
    beginning = _beginning(register, cursor)
    if beginning is None:
        return
    since, said = beginning
    for told in events(cursor, register.actions):
        if told.place > since:
            yield from _applied(register, said, told)
    there = register.rows(cursor)
    for key in sorted(said.keys() | there.keys()):
        yield from _difference(register.about, key, said.get(key), there.get(key))


def _applied(register: Register, said: Rows, told: Told) -> Iterator[Finding]:
    """Apply an event; one that does not have what such events say was written by somebody else."""
    try:
        register.apply(said, told)
    except (KeyError, TypeError, ValueError, AttributeError):
        sentence = f"An event {told.action} does not say what such events say: the {register.name} are read without it."
        yield Finding("EVENT_STRANGE", NOWHERE, sentence)


def _difference(about: str, key: str, said: Facts | None, there: Facts | None) -> Iterator[Finding]:
    if said is None:
        yield Finding("ROW_ADDED", NOWHERE, f"The {about} {key} is here, and no event says so: it was put in by hand.")
    elif there is None:
        yield Finding("ROW_REMOVED", NOWHERE, f"The {about} {key} is gone, and no event says so.")
    elif names := [name for name in sorted(said.keys() | there.keys()) if _differ(said.get(name), there.get(name))]:
        yield Finding("ROW_CHANGED", NOWHERE, f"The {about} {key} is not what its events say: {', '.join(names)}.")


def _differ(said: Any, there: Any) -> bool:
    return said is not UNKNOWN and said != there
