"""Give a role from the server, where nobody is admin yet: the first admin of a portal with single sign-on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from apps.accounts import administration
from apps.accounts.models import Role, User


class Command(BaseCommand):
    help = "Give a person a role. They sign in once before, so that the portal knows them. The deed is recorded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="the person's e-mail address, username or id")
        parser.add_argument("role", choices=Role.values)

    def handle(self, *args: Any, **options: Any) -> None:
        person = _only(options["person"])
        is_new = administration.grant_role(person, Role(options["role"]), by=None, now=timezone.now())
        answer = "now holds" if is_new else "already held"
        self.stdout.write(f"{person.name} ({person.pk}) {answer} the role {options['role']}.")


def _only(name: str) -> User:
    people = list(User.objects.filter(_meaning(name)))
    if len(people) == 1:
        return people[0]
    if not people:
        raise CommandError(f"Nobody here is called {name!r}. Let the person sign in once, then try again.")
    choice = "\n".join(f"  {person.pk}  {person.name}, since {person.date_joined:%Y-%m-%d}" for person in people)
    raise CommandError(f"Several people are called {name!r}. Name one of them by id:\n{choice}")


def _meaning(name: str) -> Q:
    try:
        return Q(pk=UUID(name))
    except ValueError:
        return Q(email__iexact=name) | Q(username=name)
