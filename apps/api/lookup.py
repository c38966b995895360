"""
Find a key with its person, team and standing in one statement whose text is made once.

It says what `ApiKey.objects.with_standing().select_related("person", "team")` says; a test holds the two together. Each
call of a program begins here, and Django needs 1.6 ms of CPU to write that query and read its row, this 0.2 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, Final

from django.db import connection, models

from apps.accounts import editions
from apps.accounts.models import Membership, Role, RoleAssignment, Team, User
from apps.api.models import ApiKey
from apps.gateway import lookups
from apps.gateway.models import LanguageModel, day_of
from apps.ledger import instances, prepared
from apps.ledger.text import is_storable

PARTS: Final[tuple[tuple[str, type[models.Model]], ...]] = (("found", ApiKey), ("person", User), ("team", Team))


def find_key(digest: bytes) -> ApiKey | None:
    """
    Give the key of this digest as things stand now, with `person` and `team` loaded, its standing, and the edition of
    the database in which that is so (`edition`, see `apps.accounts.editions`); one query.
    """
    found = prepared.rows(_statement(), [Role.EMPLOYEE.value, digest])
    return _read(iter(found[0])) if found else None


def find_key_and_model(digest: bytes, name: str, *, now: datetime) -> tuple[ApiKey | None, LanguageModel | None]:
    """
    Give what `find_key` gives, and the model of this id or label among those that the key's person may call now for its
    team and that answer in words; one query.
    """
    if not is_storable(name):
        return find_key(digest), None
    model, named = lookups.beside_a_key(name)
    given = model.given(now=now, day=day_of(now), **named)
    found = prepared.rows(_statement_beside(model.text, model.width), [Role.EMPLOYEE.value, *given, digest])
    if not found:
        return None, None
    row = found[0]
    is_found = row[-1]
    return _read(iter(row[: -model.width - 1])), model.read(row[-model.width - 1 : -1]) if is_found else None


def _read(values: Iterator[Any]) -> ApiKey:
    key, person, team = (_instance(model, values) for _, model in PARTS)
    key.person, key.team = person, team
    key.is_employee, key.is_member, key.edition = values
    return key  # type: ignore[no-any-return]  # the first part is the key


def _instance(model: type[models.Model], values: Any) -> Any:
    names = _names(model)
    return instances.instance(model, names, list(islice(values, len(names))), connection.alias)


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _statement_beside(model: str, width: int) -> str:
    """Write the key's statement with that of a model beside it; the last column says whether there is one."""
    columns = [f"m{place}" for place in range(width)]
    key, where = _statement().split("WHERE found.digest", 1)
    selected, source = key.split("\n      FROM ", 1)
    return f"""{selected}, {", ".join(f"model.{column}" for column in columns)}, model.is_found IS NOT NULL
      FROM {source}
      LEFT JOIN LATERAL (SELECT true AS is_found, one.* FROM ({model}) AS one ({", ".join(columns)}) LIMIT 1)
        AS model ON true
     WHERE found.digest{where}"""  # noqa: S608 - made of names of our own tables and columns


@cache
def _statement() -> str:
    columns = ", ".join(f"{alias}.{field.column}" for alias, model in PARTS for field in model._meta.concrete_fields)
    key, person, team, role, member = (
        model._meta.db_table for model in (ApiKey, User, Team, RoleAssignment, Membership)
    )
    return f"""
    SELECT {columns},
           EXISTS (SELECT 1 FROM {role} WHERE person_id = found.person_id AND role = %s),
           EXISTS (SELECT 1 FROM {member} WHERE person_id = found.person_id AND team_id = found.team_id),
           {editions.NOW}
      FROM {key} AS found
      JOIN {person} AS person ON person.id = found.person_id
      JOIN {team} AS team ON team.id = found.team_id
     WHERE found.digest = %s
    """  # noqa: S608 - made of names of our own tables and columns
