"""Finding the person whom a hold or a request is about, by what an officer has of them."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.accounts.models import User
from apps.audit.pseudonyms import NotAPseudonym, person_behind

NOT_ONE = (
    "This names nobody, or several people, or yourself, and nobody handles their own data. Write the pseudonym, the "
    "user name or the e-mail address of one other person. That you tried is recorded."
)


class NotOnePerson(ValidationError):
    """The words name nobody, several people, or the officer; one sentence for all, so that a form tells no names."""

    def __init__(self, found: int) -> None:
        super().__init__(NOT_ONE, code="not_one")
        self.found = found


def found(text: str, *, by: User) -> User:
    """
    Find the one person whom `text` names: a pseudonym, an id, a user name, an e-mail address or a full name.

    Whoever asks by name gives a reason in the same form; the act that follows, or that it was refused, is on the
    record. Two queries.

    :raises NotOnePerson: if it is nobody, several people, or the officer themselves.
    """
    people = list(User.objects.filter(_named(" ".join(text.split())))[:2])
    if len(people) != 1 or people[0] == by:
        raise NotOnePerson(len(people))
    return people[0]


def _named(text: str) -> Q:
    with suppress(NotAPseudonym):
        return Q(pk=person_behind(text))
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(username__iexact=text) | Q(name__iexact=text) | (Q(email__iexact=text) & ~Q(email=""))
