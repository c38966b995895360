"""Of a closed team the desk sees figures and no single exchange, until two officers open one thing for a time."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit.approvals import asking
from apps.audit.approvals.models import Approval
from apps.audit.council import agreement, closing
from apps.audit.models import ClosedTeam, Opening
from apps.audit.overview import figures
from apps.audit.overview.figures import Span, Sums
from apps.audit.overview.models import Facet, Tally
from apps.audit.pseudonyms import pseudonym
from apps.audit.review import figures as review_figures
from apps.audit.review import work
from apps.audit.review.models import Item
from apps.audit.scope import events_for, exchanges_for
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import make_item, make_queue, place, tree  # noqa: F401

pytestmark = pytest.mark.django_db

WHY = "The agreement with the works council of March."


@pytest.fixture
def second(make_person):
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def consent(second):
    """Have the second officer consent to whatever waits."""

    def grant():
        for each in Approval.objects.filter(state="OPEN"):
            asking.grant(each.pk, by=second, now=timezone.now())

    return grant


@pytest.fixture
def close(officer, sales, consent):
    def shut():
        closing.ask(sales, close=True, why=WHY, by=officer, now=timezone.now())
        consent()

    return shut


@pytest.fixture
def hers(make_exchange, maya, sales):
    return make_exchange("a word of Sales", who=who(maya, sales))


def ask(desk, what, days=2):
    return desk.post("/audit/council/open", {"what": what, "days": days, "why": WHY})


def found():
    with connection.cursor() as cursor:
        return sorted(each.code for each in agreement.closed_agrees(cursor))


def test_one_officer_alone_closes_no_team(desk, sales, hers):
    desk.post("/audit/council/close", {"team": sales.pk, "why": WHY})

    assert not ClosedTeam.objects.exists()
    assert desk.get(f"/audit/exchanges/{hers}").status_code == 200


@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.AUDITOR])
def test_no_way_leads_to_an_exchange_of_a_closed_team(make_person, hers, close, make_exchange, role):
    close()
    reader, other = make_person("reader", roles=(role,)), make_exchange("of nobody's team")
    browser = sign_in(reader)

    pages = [
        browser.get(f"/audit/exchanges/{hers}{part}").status_code for part in ("", "/proof/question", "/proof/outcome")
    ]
    lists = [browser.get("/audit/exchanges", query).text for query in ({}, {"q": "word"}, {"exchange": str(hers)})]

    assert pages == [404, 404, 404]
    assert all(f"/audit/exchanges/{hers}" not in page for page in lists)
    assert str(other) in lists[0]


def test_nothing_acts_on_an_exchange_of_a_closed_team(desk, make_item, maya, sales, close, officer):  # noqa: F811
    item = make_item(who=who(maya, sales))
    close()

    posts = {
        "/audit/exchanges/{0}/original": {"reason": WHY}, "/audit/exchanges/{0}/original/ask": {"reason": WHY},
        "/audit/notices/exchanges/{0}/send": {},
    }  # fmt: skip
    statuses = [desk.post(path.format(item.exchange_id), data).status_code for path, data in posts.items()]

    assert statuses == [404, 404, 404]
    assert desk.post(f"/audit/review/items/{item.pk}/claim").status_code == 404
    assert work.take_next(by=officer, now=NOON) is None
    assert str(item.pk) not in desk.get(f"/audit/review/queues/{item.queue_id}").text


def test_queues_still_count_what_waits_in_a_closed_team(make_item, maya, sales, close, officer):  # noqa: F811
    make_item(who=who(maya, sales))
    close()

    [waiting] = review_figures.waiting(officer, now=NOON)

    assert waiting.total == 1


def test_events_of_people_and_exchanges_of_a_closed_team_are_not_listed(maya, sales, hers, close, officer, second):
    record_event(Action.CONVERSATION_STARTED, who=who(maya, sales), now=NOON)
    record_event(Action.AUDIT_OPENED, who=who(second), subject_kind="exchange", subject_id=str(hers), now=NOON)
    close()

    seen = Counter(events_for(officer).values_list("action", flat=True))

    assert "CONVERSATION_STARTED" not in seen
    assert "AUDIT_OPENED" not in seen
    assert seen["COUNCIL_TEAM_CLOSED"] == 1


def test_two_officers_open_one_exchange_and_no_other_for_a_time(desk, hers, close, maya, sales, make_exchange, consent):
    close()
    another = make_exchange(who=who(maya, sales))

    assert ask(desk, str(hers)).status_code == 302
    assert desk.get(f"/audit/exchanges/{hers}").status_code == 404
    consent()

    assert desk.get(f"/audit/exchanges/{hers}").status_code == 200
    assert desk.get(f"/audit/exchanges/{another}").status_code == 404
    Opening.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert desk.get(f"/audit/exchanges/{hers}").status_code == 404


def test_two_officers_open_one_person_of_a_closed_team(
    desk, hers, close, maya, make_person, sales, make_exchange, consent
):
    close()
    tom = make_person("tom", teams=("Sales",))
    of_tom = make_exchange(who=who(tom, sales))

    ask(desk, pseudonym(maya.pk))
    consent()

    assert desk.get(f"/audit/exchanges/{hers}").status_code == 200
    assert desk.get(f"/audit/exchanges/{of_tom}").status_code == 404


@pytest.mark.parametrize(("days", "status"), [(0, 422), (15, 422), ("x", 422), (14, 302)])
def test_nothing_is_opened_for_longer_than_fourteen_days(desk, hers, close, days, status):
    close()

    assert ask(desk, str(hers), days).status_code == status


@pytest.mark.parametrize("what", ["<script>", "Heron 4-71", "01a21bed-817b-7093-87fa-cd799b76a013", "\x00", "' OR 1=1"])
def test_what_is_not_closed_cannot_be_opened(desk, close, hers, what):
    close()

    answer = ask(desk, what)

    assert answer.status_code in (409, 422)
    assert "<script>" not in answer.text.split("<main", 1)[1]
    assert not Approval.objects.filter(state="OPEN").exists()


def test_an_officer_does_not_have_their_own_exchange_opened(desk, officer, sales, make_exchange, close):
    own = make_exchange(who=who(officer, sales))
    close()

    assert ask(desk, str(own)).status_code == 409
    assert not exchanges_for(officer).filter(pk=own).exists()


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.EMPLOYEE])
def test_nobody_but_officers_closes_or_opens(make_person, sales, hers, close, role):
    close()
    other = sign_in(make_person("other", roles=(role,)))

    assert ask(other, str(hers)).status_code == 403
    assert other.post(f"/audit/council/teams/{sales.pk}/reopen", {"why": WHY}).status_code == 403


def test_a_flag_of_high_severity_is_shown_without_its_person(desk, make_item, maya, sales, close):  # noqa: F811
    item = make_item(severity="HIGH", who=who(maya, sales))
    close()

    page = desk.get("/audit/council/").text

    assert str(item.exchange_id) in page
    assert pseudonym(maya.pk) not in page


def test_ending_it_takes_two_and_opens_everything(desk, sales, hers, close, consent):
    close()

    desk.post(f"/audit/council/teams/{sales.pk}/reopen", {"why": WHY})
    assert desk.get(f"/audit/exchanges/{hers}").status_code == 404
    consent()

    assert desk.get(f"/audit/exchanges/{hers}").status_code == 200
    assert found() == []


def test_figures_of_a_small_closed_team_are_left_out_and_of_a_larger_one_not(close, sales, make_person):
    day = date(2026, 3, 2)
    Tally.objects.create(
        grain="D", day=day, facet=Facet.TEAM, key=str(sales.pk), kind="ANSWERED", label="Sales", exchanges=7
    )
    for number in range(4):
        make_person(f"seller{number}", teams=("Sales",))
    close()
    assert figures.lines(Facet.TEAM, Span(day, day), Sums()) == []

    make_person("seller4", teams=("Sales",))

    assert [line.label for line in figures.lines(Facet.TEAM, Span(day, day), Sums())] == ["Sales"]


def test_rows_that_no_event_explains_are_found(hers, close, sales):
    close()
    assert found() == []

    Opening.objects.create(exchange_id=hers, until=timezone.now() + timedelta(days=9), event_id=sales.pk)
    ClosedTeam.objects.all().delete()

    assert found() == ["OPENING_FORGED", "TEAM_UNCLOSED"]


def test_items_of_an_opened_exchange_can_be_taken(make_item, maya, sales, close, desk, consent, officer):  # noqa: F811
    item = make_item(who=who(maya, sales))
    close()
    ask(desk, str(item.exchange_id))
    consent()

    assert Item.objects.visible_to(officer).get() == item
    assert work.take_next(by=officer, now=NOON) == item
