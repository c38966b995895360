"""Finding the person whom a hold or a request is about, by what an officer has of them."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.accounts.models import User
from apps.audit.pseudonyms import NotAPseudonym, person_behind

NOBODY = "Nobody is known by this. Write the pseudonym, the user name, the e-mail address or the full name."
SEVERAL = "Several people are known by this. Write the user name or the e-mail address instead."


def found(text: str, *, by: User) -> User:
    """
    Find the one person whom `text` names: a pseudonym, an id, a user name, an e-mail address or a full name.

    Whoever asks by name gives a reason in the same form, and the act that follows is on the record. Two queries.

    :raises django.core.exceptions.ValidationError: if it is nobody, several people, or the officer themselves.
    """
    people = list(User.objects.filter(_named(" ".join(text.split())))[:2])
    if not people:
        raise ValidationError(NOBODY)
    if len(people) > 1:
        raise ValidationError(SEVERAL)
    if people[0] == by:
        raise ValidationError("This is you. Ask another officer: nobody handles their own data.")
    return people[0]


def _named(text: str) -> Q:
    with suppress(NotAPseudonym):
        return Q(pk=person_behind(text))
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(username__iexact=text) | Q(name__iexact=text) | (Q(email__iexact=text) & ~Q(email=""))
