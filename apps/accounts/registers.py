"""What the ledger compares of people: who is active, who holds which role, who belongs to which team."""

from __future__ import annotations

import json

from apps.ledger import registers
from apps.ledger.registers import Facts, Rows, Told
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

ERASED = "erasure"
_PEOPLE = """
    SELECT person.id::text, person.is_active,
        (SELECT coalesce(json_agg(held.role ORDER BY held.role), '[]') FROM accounts_roleassignment AS held
            WHERE held.person_id = person.id)::text,
        (SELECT coalesce(json_object_agg(belongs.team_id, belongs.standing), '{}') FROM accounts_membership AS belongs
            WHERE belongs.person_id = person.id)::text
    FROM accounts_user AS person
"""


def rows(cursor: Cursor) -> Rows:
    """Read everybody's activity, roles and teams. One statement."""
    cursor.execute(_PEOPLE)
    return {
        person: {"is_active": is_active, "roles": json.loads(roles), "teams": json.loads(teams)}
        for person, is_active, roles, teams in cursor.fetchall()
    }


def apply(people: Rows, told: Told) -> None:
    """Do to people what one event says was done."""
    if told.action == Action.PERSON_CREATED:
        people[told.subject_id] = _nobody() | {"is_active": True, "roles": sorted(told.details.get("roles", []))}
    person = people.get(told.subject_id)
    if person is None:
        return
    if told.details.get("why") == ERASED:
        person |= _nobody()
    elif told.action in (Action.PERSON_DEACTIVATED, Action.PERSON_REACTIVATED):
        person["is_active"] = told.action == Action.PERSON_REACTIVATED
    elif told.action == Action.ROLE_GRANTED:
        person["roles"] = sorted({*person["roles"], told.details["role"]})
    elif told.action == Action.ROLE_REVOKED:
        person["roles"] = [role for role in person["roles"] if role != told.details["role"]]
    elif told.action == Action.MEMBER_REMOVED:
        person["teams"].pop(told.details["team_id"], None)
    elif told.action in (Action.MEMBER_ADDED, Action.MEMBER_STANDING_CHANGED):
        person["teams"][told.details["team_id"]] = told.details["standing"]


def _nobody() -> Facts:
    return {"is_active": False, "roles": [], "teams": {}}


PEOPLE = registers.Register(
    name="people",
    about="person (activity, roles, teams)",
    actions=(
        Action.PERSON_CREATED, Action.PERSON_CHANGED, Action.PERSON_DEACTIVATED, Action.PERSON_REACTIVATED,
        Action.ROLE_GRANTED, Action.ROLE_REVOKED, Action.MEMBER_ADDED, Action.MEMBER_REMOVED,
        Action.MEMBER_STANDING_CHANGED,
    ),
    rows=rows,
    apply=apply,
    begins_with=("accounts_user", "accounts_roleassignment", "accounts_membership"),
)  # fmt: skip
