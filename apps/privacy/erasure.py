"""
What each room keeps of people, told to privacy by the rooms themselves when they start.

Privacy stands below the rooms that keep texts, so it does not know them: each registers one `Room`. Through these, and
through the keys, a purge or an erasure reaches everything, and a subject access package is put together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from uuid import UUID

from apps.ledger.facts import Json


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose texts a key seals, and for which team they worked."""

    person_id: UUID
    team_id: UUID | None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a subject access package: the file's name without ending, a heading, and records or raw bytes."""

    name: str
    heading: str
    records: tuple[Mapping[str, Json], ...] = field(default=(), repr=False)
    file: IO[bytes] | None = field(default=None, repr=False)


class Room:
    """What one room keeps of people. A room overrides what applies to it; the rest answers "nothing"."""

    name = ""

    def keys_of(self, person_id: UUID) -> set[UUID]:
        """Give the keys that seal texts of this person in this room."""
        return set()

    def owners_of(self, key_ids: Collection[UUID]) -> dict[UUID, Owner]:
        """Say whose texts these keys seal, as far as this room has rows under them."""
        return {}

    def forget(self, key_ids: Collection[UUID]) -> Counter[str]:
        """Delete this room's rows under destroyed keys, in the caller's transaction; count them by kind."""
        return Counter()

    def forget_person(self, person_id: UUID, *, now: datetime) -> Counter[str]:
        """Delete what this room keeps of the person under no key, in the caller's transaction; count it by kind."""
        return Counter()

    def package(self, person_id: UUID) -> Iterator[Part]:
        """Give all that this room keeps about the person, as they see it themselves."""
        return iter(())


_rooms: dict[str, Room] = {}


def register(room: Room) -> None:
    """Make a room known; a second one of the same name takes its place."""
    _rooms[room.name] = room


def rooms() -> list[Room]:
    """List the rooms that keep something of people."""
    return list(_rooms.values())


def keys_of(person_id: UUID) -> set[UUID]:
    """Give every key that seals texts of this person in the rooms' own rows; the ledger's are not among them."""
    return set[UUID]().union(*(room.keys_of(person_id) for room in rooms()))


def forget(key_ids: Collection[UUID]) -> Counter[str]:
    """Delete every room's rows under destroyed keys, in the caller's transaction."""
    return sum((room.forget(key_ids) for room in rooms()), Counter[str]())


def forget_person(person_id: UUID, *, now: datetime) -> Counter[str]:
    """Delete what every room keeps of a person under no key, in the caller's transaction."""
    return sum((room.forget_person(person_id, now=now) for room in rooms()), Counter[str]())
