"""
Names in events that were written before, or by rooms below, which name people: found and replaced by pseudonyms.

An event's facts are short strings, each a value of its own, so a name is one whole string. A name inside a sentence,
such as a reason that somebody wrote, stays as it was written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from apps.accounts.models import User
from apps.audit.pseudonyms import pseudonyms
from apps.ledger.models import Intent
from apps.ledger.text import LABEL_LENGTH

SOMEBODY = "Somebody"


@dataclass(frozen=True, slots=True)
class People:
    """Who is spoken of on one page of events. ``by_name`` has None for a name that several people share."""

    pseudonyms: Mapping[UUID, str]
    exchanges: Mapping[str, UUID]
    by_name: Mapping[str, UUID | None] = field(repr=False)

    def of_exchange(self, exchange_id: str) -> str:
        """Say whose exchange it is."""
        person_id = self.exchanges.get(exchange_id)
        return self.pseudonyms[person_id] if person_id else SOMEBODY

    def of_person(self, person_id: str) -> str:
        """Say who a person is, by id."""
        return self.pseudonyms.get(UUID(person_id), SOMEBODY) if is_id(person_id) else SOMEBODY

    def worded(self, text: str) -> str:
        """Give a text, or the pseudonym where it is a person's name or id."""
        if text in self.by_name:
            person_id = self.by_name[text]
            return self.pseudonyms[person_id] if person_id else SOMEBODY
        return self.pseudonyms.get(UUID(text), text) if is_id(text) else text


def people_among(
    *, actors: Collection[UUID], subjects: Collection[str], exchanges: Collection[str], texts: Collection[str]
) -> People:
    """Find the people behind actors, subjects, exchanges and texts. Four queries, more on a first pseudonym."""
    of_exchanges = dict(
        Intent.objects.filter(pk__in=[one for one in exchanges if is_id(one)]).values_list("pk", "person_id")
    )
    by_name = _named_in([text for text in texts if 0 < len(text) <= LABEL_LENGTH])
    ids = {UUID(text) for text in texts if is_id(text)}
    known = set(User.objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    named = {one for one in by_name.values() if one}
    everybody = {*actors, *named, *known, *of_exchanges.values(), *(UUID(one) for one in subjects if is_id(one))}
    return People(pseudonyms(everybody), {str(key): person for key, person in of_exchanges.items()}, by_name)


def is_id(text: str) -> bool:
    """Say whether a text is an id."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _named_in(texts: Collection[str]) -> dict[str, UUID | None]:
    found: dict[str, UUID | None] = {}
    for person_id, name in User.objects.filter(name__in=texts).values_list("pk", "name"):
        found[name] = None if name in found else person_id
    return found
