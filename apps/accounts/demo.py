"""The demo company, Larkfield Instruments: a maker of laboratory sensors with three teams and nine people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts import administration
from apps.accounts.models import Membership, Role, Team, User
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

COMPANY = "Larkfield Instruments"
TEAMS = {"sales": "Sales", "engineering": "Engineering", "people-finance": "People & Finance"}


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person of the demo company and what the sign-in card says they can do."""

    username: str
    name: str
    roles: tuple[Role, ...]
    may: str
    team: str = ""
    is_lead: bool = False


PEOPLE = (
    DemoPerson(
        "maya.lindqvist",
        "Maya Lindqvist",
        (Role.EMPLOYEE,),
        "Chats and reads the documents of Sales.",
        "sales",
    ),
    DemoPerson(
        "tom.okafor",
        "Tom Okafor",
        (Role.EMPLOYEE,),
        "Leads Sales: chats and reads its documents.",
        "sales",
        is_lead=True,
    ),
    DemoPerson(
        "priya.raman",
        "Priya Raman",
        (Role.EMPLOYEE,),
        "Chats and reads the documents of Engineering.",
        "engineering",
    ),
    DemoPerson(
        "jonas.weber",
        "Jonas Weber",
        (Role.EMPLOYEE,),
        "Leads Engineering: chats and reads its documents.",
        "engineering",
        is_lead=True,
    ),
    DemoPerson(
        "elena.rossi",
        "Elena Rossi",
        (Role.EMPLOYEE,),
        "Chats and reads the documents of People & Finance.",
        "people-finance",
    ),
    DemoPerson(
        "grace.oduya",
        "Grace Oduya",
        (Role.COMPLIANCE_OFFICER,),
        "Reviews the record of every exchange; each look is recorded too.",
    ),
    DemoPerson(
        "samir.haddad",
        "Samir Haddad",
        (Role.COMPLIANCE_OFFICER,),
        "Reviews the record too, and consents to what takes two officers.",
    ),
    DemoPerson(
        "ruth.adler",
        "Ruth Adler",
        (Role.AUDITOR,),
        "Reads the record and changes nothing.",
    ),
    DemoPerson(
        "david.kim",
        "David Kim",
        (Role.ADMIN, Role.EMPLOYEE),
        "Runs models, budgets, people and teams; does not see the record.",
        "engineering",
    ),
)
USERNAMES = frozenset(entry.username for entry in PEOPLE)


class DemoNameTaken(Exception):
    """A person who is not of the demo company already has a demo username; rename them before seeding the demo."""


@transaction.atomic
def seed_demo(*, now: datetime) -> None:
    """
    Create the demo company's teams and people where they are missing. Idempotent: what an admin changed since (roles,
    teams, activity) stays as it is. Who is made is on the record.

    :raises DemoNameTaken: if a real person holds one of the usernames.
    """
    teams = {slug: Team.objects.get_or_create(slug=slug, defaults={"name": name})[0] for slug, name in TEAMS.items()}
    for entry in PEOPLE:
        person = User.objects.filter(username=entry.username).first()
        if person is None:
            _create(entry, teams, now=now)
        elif not person.is_demo:
            raise DemoNameTaken(f"The username {entry.username} belongs to a person outside the demo company.")


@dataclass(frozen=True, slots=True)
class Card:
    """What the sign-in page shows of one demo person."""

    username: str
    name: str
    roles: str
    team: str
    may: str


def cards() -> list[Card]:
    """List the demo people who can sign in now, as they are described in the demo. One query."""
    active = set(User.objects.filter(is_demo=True, is_active=True).values_list("username", flat=True))
    return [
        Card(
            username=entry.username,
            name=entry.name,
            roles=", ".join([*(role.label for role in entry.roles), *(["Team lead"] if entry.is_lead else [])]),
            team=TEAMS.get(entry.team, ""),
            may=entry.may,
        )
        for entry in PEOPLE
        if entry.username in active
    ]


def _create(entry: DemoPerson, teams: dict[str, Team], *, now: datetime) -> None:
    email = f"{entry.username}@larkfield.example"
    person = User.objects.create_person(entry.username, name=entry.name, email=email, roles=entry.roles)
    person.is_demo = True
    person.save(update_fields=["is_demo"])
    record_event(
        Action.PERSON_CREATED, who=None, subject_kind="person", subject_id=str(person.pk), subject_label=person.name,
        details={"by": "the demo company", "roles": [role.value for role in entry.roles]}, now=now,
    )  # fmt: skip
    if entry.team:
        standing = Membership.Standing.LEAD if entry.is_lead else Membership.Standing.MEMBER
        administration.add_member(teams[entry.team], person, standing, by=None, now=now)
