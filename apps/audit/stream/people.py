"""
Say people by pseudonym in records for a receiver that was promised no names: the same words as at the desk.

Whoever acts in office stays the id that the record has, which nothing joins to the pseudonym they have as employees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.audit import masking
from apps.audit.filters import BY_SIGNING_IN, PERSON
from apps.audit.looks import EXCHANGE
from apps.audit.masking import People
from apps.audit.pseudonyms import NAMELESS
from apps.audit.stream.record import Record
from apps.ledger.vocabulary import is_of_office


class PeopleNameless(Exception):
    """Pseudonyms cannot be read, so what is said of people could not be joined later."""

    sentence = "Pseudonyms cannot be read: the master key is missing or another one. Ask an operator to put it back."


def by_pseudonym(records: Sequence[Record]) -> list[Record]:
    """
    Give the records without names or ids of people, but for ids of those who acted in office. Four queries at most.

    :raises PeopleNameless: if pseudonyms cannot be read now.
    """
    people = masking.people_among(
        actors={one.person_id for one in records if isinstance(one.person_id, UUID)},
        subjects={one.subject_id for one in records if one.subject_kind == PERSON},
        exchanges=(),
        texts={text for one in records for text in _texts(one)},
    )
    if NAMELESS in people.pseudonyms.values():
        raise PeopleNameless
    return [_without_names(one, people) for one in records]


def _without_names(record: Record, people: People) -> Record:
    in_office = str(record.person_id) if _is_in_office(record) else ""
    known = {text for text in (in_office, record.person if in_office else "") if text}

    def worded(text: str) -> str:
        return in_office if text in known else people.worded(text)

    person = in_office or (people.of_person(str(record.person_id)) if record.person_id else None)
    subject_id, subject = worded(record.subject_id), worded(record.subject)
    if record.subject_kind == PERSON:
        subject_id = subject = in_office if subject_id == in_office else people.of_person(record.subject_id)
    if record.subject_kind == EXCHANGE:
        subject = record.subject.rpartition(", ")[2]  # whose it is stands before the model
    details = {name: _each(value, worded) for name, value in record.details.items()}
    return replace(record, person_id=person, person="", subject_id=subject_id, subject=subject, details=details)


def _is_in_office(record: Record) -> bool:
    is_by_signing_in = record.action in BY_SIGNING_IN and record.subject_id == str(record.person_id)
    return record.person_id is not None and is_of_office(record.action) and not is_by_signing_in


def _texts(record: Record) -> Iterator[str]:
    yield record.subject
    yield record.subject_id
    yield from _inner(record.details)


def _inner(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from _inner(each)


def _each(value: Any, worded: Any) -> Any:
    if isinstance(value, str):
        return worded(value)
    if isinstance(value, Mapping):
        return {name: _each(inner, worded) for name, inner in value.items()}
    return [_each(inner, worded) for inner in value] if isinstance(value, list) else value
