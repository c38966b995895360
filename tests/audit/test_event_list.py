"""The list of events: who did what, and who looked at what."""

import re
from datetime import timedelta

import pytest

from apps.accounts.models import Role
from apps.audit import paging
from apps.audit.pseudonyms import pseudonym
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from tests.audit.conftest import MAYA, NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def david() -> Who:
    return Who(id=new_id(), label="David Kim")


def rows_of(page: str) -> list[str]:
    """The rows of the list as text."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, flags=re.DOTALL)
    rows = re.findall(r"<tr>(.*?)</tr>", body.group(1), flags=re.DOTALL) if body else []
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def test_an_event_is_shown_with_who_what_and_its_details(desk, david):
    record_event(
        Action.GRANT_TAKEN, who=david, subject_kind="model", subject_id="1", subject_label="SmolLM2 135M",
        details={"team": "Sales", "was": True, "now": {"granted": False, "budget": None}}, now=NOON,
    )  # fmt: skip

    (row,) = rows_of(desk.get("/audit/events").content.decode())

    assert row == (
        "2 Mar 2026, 12:00:00 Model taken from a team Models and money David Kim SmolLM2 135M model "
        "now budget none now granted no was yes team Sales"
    )


def test_who_looked_at_an_exchange_can_be_followed(desk, make_exchange):
    exchange_id = make_exchange()
    desk.get(f"/audit/exchanges/{exchange_id}")
    desk.get("/audit/exchanges")

    page = desk.get("/audit/events", {"subject": f"exchange:{exchange_id}"}).content.decode()

    assert [row.split(" ", 4)[4] for row in rows_of(page)] == [
        f"Opened an exchange Work at the records Grace {pseudonym(MAYA.id)}, SmolLM2 135M role COMPLIANCE_OFFICER"
    ]
    assert f'href="/audit/exchanges/{exchange_id}"' in page


@pytest.mark.thorough
def test_the_filters_by_topic_act_person_and_time(desk, make_person):
    admin = make_person("david", roles=(Role.ADMIN, Role.EMPLOYEE))
    david = Who(id=admin.id, label=admin.name)
    record_event(Action.SIGNED_IN, who=MAYA, now=NOON)
    record_event(Action.CONVERSATION_STARTED, who=david, now=NOON - timedelta(hours=1))
    record_event(Action.ROLE_GRANTED, who=david, now=NOON + timedelta(hours=1))
    record_event(Action.BUDGET_SET, who=david, now=NOON + timedelta(days=1))

    def acts(**query):
        return [
            re.search(
                r"\d\d:\d\d:\d\d (Signed in|Role granted|Budget set|Conversation started)", row.replace("&#x27;", "'")
            ).group(1)
            for row in rows_of(desk.get("/audit/events", {"until": "2026-03-31"} | query).content.decode())
        ]

    assert acts(topic="SIGN_IN") == ["Signed in"]
    assert acts(topic="PEOPLE") == ["Role granted"]
    assert acts(action="BUDGET_SET") == ["Budget set"]
    assert acts(office=str(david.id)) == ["Budget set", "Role granted"]
    assert acts(person=pseudonym(david.id)) == ["Conversation started"]
    assert acts(since="2026-03-02T12:30", until="2026-03-02") == ["Role granted"]


def test_paging_shows_every_event_once_though_each_page_adds_one(desk, david, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    for number in range(11):
        record_event(Action.TEAM_RENAMED, who=david, subject_label=f"team {number:02}", now=NOON)
    seen, address = [], "/audit/events"

    for _ in range(10):
        page = desk.get(address).content.decode()
        seen += re.findall(r"team \d\d", " ".join(rows_of(page)))
        older = re.search(r'rel="next" href="([^"]*)"', page)
        if not older:
            break
        address = "/audit/events" + older.group(1).replace("&amp;", "&")

    assert len(seen) == len(set(seen)) == 11


def test_an_event_of_the_portal_and_one_of_another_version_are_shown(desk):
    from apps.ledger.models import Event

    record_event(Action.PORTAL_STARTED, who=None, now=NOON)
    Event.objects.create(action="INVENTED_LATER", happened_at=NOON)

    page = desk.get("/audit/events").content.decode()

    assert "The portal" in page
    assert "INVENTED_LATER" in page


def test_an_empty_list_says_so(desk):
    assert "No events yet" in desk.get("/audit/events").content.decode()
    assert "No event matches" in desk.get("/audit/events", {"topic": "MODELS"}).content.decode()
