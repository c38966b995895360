"""The list of exchanges: every filter, every page, no exchange lost or doubled."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django import forms
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from apps.audit import exchanges, narrowing, paging, reads
from apps.audit.pseudonyms import pseudonym
from apps.ledger.facts import PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.models import SearchRow
from apps.ledger.vocabulary import OutcomeKind
from tests.audit.conftest import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def shown(desk):
    """Give the ids of the exchanges that the list shows for a query, newest first."""

    def ids(**query):
        response = desk.get("/audit/exchanges", query)
        assert response.status_code == 200, response.content.decode()
        return re.findall(r'href="/audit/exchanges/([0-9a-f-]{36})"', response.content.decode())

    return ids


def test_the_newest_exchange_stands_first(make_exchange, shown):
    older = make_exchange(now=NOON)
    newer = make_exchange(now=NOON + timedelta(seconds=1))

    assert shown() == [str(newer), str(older)]


def test_an_empty_ledger_says_so(desk):
    assert "No exchanges yet" in desk.get("/audit/exchanges").content.decode()


def test_a_search_without_a_match_says_so(desk, make_exchange):
    make_exchange()

    assert "No exchange matches" in desk.get("/audit/exchanges", {"q": "unicorn"}).content.decode()


def test_the_filter_by_text_finds_what_left_whatever_its_case(make_exchange, shown):
    wanted = make_exchange("The Änderung of <PERSON_1> costs 100% more")
    make_exchange("something else", answer="the änderung came back")

    assert shown(q="änderung of <person_1>") == [str(wanted)]
    assert shown(q="100% m") == [str(wanted)]
    assert shown(q="100_ m") == []


def test_the_words_looked_for_are_marked_in_the_middle_of_a_long_text(make_exchange, desk):
    make_exchange("x" * 5_000 + " the Needle & <b>thread</b> " + "y" * 5_000)

    page = desk.get("/audit/exchanges", {"q": "needle & <b>"}).content.decode()

    assert "<mark>Needle &amp; &lt;b&gt;</mark>thread" in page


def test_the_filter_by_person_takes_a_pseudonym_however_it_is_written(make_exchange, make_person, shown):
    tom = make_person("tom")
    wanted = make_exchange(who=Who(id=tom.id, label="Tom"))
    make_exchange()

    words = pseudonym(tom.id)
    assert shown(person=words) == [str(wanted)]
    assert shown(person=f" {words.lower().replace('-', ' ')} ") == [str(wanted)]


@pytest.mark.parametrize("asked", ["Tom", "tom", "ID", "Heron 4-7", "Nosuchword 4-71"])
def test_no_name_and_no_id_finds_anybody_s_exchanges(make_exchange, make_person, desk, asked):
    tom = make_person("tom")
    make_exchange("a secret plan", who=Who(id=tom.id, label="Tom"))

    page = desk.get("/audit/exchanges", {"person": str(tom.id) if asked == "ID" else asked})

    assert page.status_code == 400
    assert "No person has this pseudonym" in page.text
    assert "To look somebody up by name, give a reason under Names." in page.text
    assert "a secret plan" not in page.text


def test_the_filter_by_team(make_exchange, shown):
    team = new_id()
    wanted = make_exchange(who=Who(id=new_id(), label="Priya", team_id=team, team_label="Engineering"))
    make_exchange()

    assert shown(team=str(team)) == [str(wanted)]


def test_the_filter_by_model(make_exchange, shown):
    wanted = make_exchange(model_label="Large & <Costly>")
    make_exchange()

    assert shown(model="Large & <Costly>") == [str(wanted)]


def test_the_filter_by_time_takes_moments_and_whole_days(make_exchange, shown):
    early = make_exchange(now=NOON)
    late = make_exchange(now=NOON.replace(hour=23, minute=59, second=59))
    make_exchange(now=NOON + timedelta(days=1))
    make_exchange(now=NOON - timedelta(days=1))

    assert shown(since="2026-03-02", until="2026-03-02") == [str(late), str(early)]
    assert shown(since="2026-03-02T13:00", until="2026-03-02") == [str(late)]
    assert shown(since="2026-03-02T12:00", until="2026-03-02T12:00") == [str(early)]


@pytest.mark.parametrize("kind", [*OutcomeKind.values, None])
def test_the_filter_by_outcome(make_exchange, shown, kind):
    made = {outcome: make_exchange(ends=outcome, cost=Decimal(0)) for outcome in [*OutcomeKind.values, None]}

    assert shown(outcome=kind or "IN_PROGRESS") == [str(made[kind])]


def test_the_filter_by_masked_types_takes_any_of_them(make_exchange, shown):
    iban = make_exchange(masked=("IBAN", "PERSON"), now=NOON)
    card = make_exchange(masked=("CARD",), now=NOON + timedelta(seconds=1))
    make_exchange(masked=("PERSON",))

    assert shown(masked="IBAN") == [str(iban)]
    assert shown(masked=["IBAN", "CARD"]) == [str(card), str(iban)]


def test_the_filter_by_conversation(make_exchange, shown):
    conversation = new_id()
    first = make_exchange(conversation_id=conversation, now=NOON)
    second = make_exchange(conversation_id=conversation, now=NOON + timedelta(seconds=5))
    make_exchange()

    assert shown(conversation=str(conversation)) == [str(second), str(first)]


def test_filters_narrow_each_other(make_exchange, shown):
    wanted = make_exchange("the offer for <PERSON_1>", ends=OutcomeKind.FAILED)
    make_exchange("the offer for <PERSON_1>")
    make_exchange("something else", ends=OutcomeKind.FAILED)

    assert shown(q="offer", outcome="FAILED", masked="PERSON") == [str(wanted)]


def test_each_filter_in_force_can_be_taken_away_alone(make_exchange, desk):
    make_exchange()

    page = desk.get(
        "/audit/exchanges", {"q": "greet", "outcome": "ANSWERED", "masked": ["PERSON", "IBAN"]}
    ).content.decode()

    chips = re.findall(r'class="chip" href="([^"]*)">([^<]*?) <', page)
    assert [label for _, label in chips] == [
        "Text that left: greet", "Outcome: Answered", "Masked: Name", "Masked: Bank account number (IBAN)",
    ]  # fmt: skip
    assert chips[2][0] == "?q=greet&amp;outcome=ANSWERED&amp;masked=IBAN"


@pytest.mark.thorough
@pytest.mark.parametrize("query", [{}, {"outcome": "ANSWERED"}, {"masked": "PERSON"}, {"q": "greet"}])
def test_paging_shows_every_exchange_once_while_new_ones_come_in(make_exchange, desk, monkeypatch, query):
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    made = [str(make_exchange(now=NOON + timedelta(seconds=number // 3))) for number in range(14)]
    seen = []
    address = "/audit/exchanges"

    for _ in range(10):
        page = desk.get(address, query if address == "/audit/exchanges" else None).content.decode()
        seen += re.findall(r'href="/audit/exchanges/([0-9a-f-]{36})"', page)
        make_exchange(now=NOON + timedelta(hours=1))
        older = re.search(r'rel="next" href="([^"]*)"', page)
        if not older:
            break
        address = "/audit/exchanges" + older.group(1).replace("&amp;", "&")

    assert len(seen) == len(set(seen)) == 14
    assert sorted(seen) == sorted(made)


@pytest.mark.thorough
def test_turning_back_leads_to_the_same_rows_and_ends_at_the_newest(make_exchange, desk, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 4)
    for number in range(10):
        make_exchange(now=NOON + timedelta(seconds=number))
    ids = re.compile(r'href="/audit/exchanges/([0-9a-f-]{36})"')
    first = desk.get("/audit/exchanges").content.decode()
    second = desk.get("/audit/exchanges" + _link(first, "next")).content.decode()
    third = desk.get("/audit/exchanges" + _link(second, "next")).content.decode()

    back_to_second = desk.get("/audit/exchanges" + _link(third, "prev")).content.decode()
    back_to_first = desk.get("/audit/exchanges" + _link(second, "prev")).content.decode()

    assert ids.findall(back_to_second) == ids.findall(second)
    assert ids.findall(back_to_first) == ids.findall(first)
    assert 'rel="prev"' not in back_to_first
    assert 'rel="next"' not in third


def test_the_first_page_is_honest_about_what_it_does_not_show(make_exchange, desk, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    for _ in range(3):
        make_exchange()

    assert "The 2 newest; there are older ones." in desk.get("/audit/exchanges").content.decode()


def test_the_tiles_sum_up_today_alone(make_exchange, desk):
    now = timezone.now()
    make_exchange(now=now, cost=Decimal("1.25"), masked=("PERSON", "IBAN"))
    make_exchange(now=now, ends=OutcomeKind.REFUSED, masked=())
    make_exchange(now=now - timedelta(days=1), cost=Decimal("99"))

    page = desk.get("/audit/exchanges", {"q": "no such text"}).content.decode()

    tiles = re.findall(r'<dd class="stat-value">([^<]*)', page)
    assert [tile.strip() for tile in tiles] == ["2", "1", "2", "1.25"]


def test_an_erased_exchange_stays_in_the_list(make_exchange, desk, shown):
    exchange_id = make_exchange("soon to be forgotten")
    SearchRow.objects.all().delete()

    page = desk.get("/audit/exchanges").content.decode()

    assert str(exchange_id) in page
    assert "Erased" in page
    assert "forgotten" not in page
    assert shown(q="forgotten") == []


def test_a_search_that_takes_too_long_is_stopped_recorded_and_explained(desk, make_exchange, events_of, monkeypatch):
    make_exchange()
    monkeypatch.setattr(reads, "STATEMENT_MILLISECONDS", 1)

    def slow(*arguments, **options):
        connection.cursor().execute("SELECT pg_sleep(1)")

    monkeypatch.setattr(exchanges, "page_of", slow)

    response = desk.get("/audit/exchanges", {"q": "greet"})

    assert response.status_code == 503
    assert "longer than five seconds" in response.content.decode()
    assert events_of("AUDIT_SEARCHED")[0].details == {
        "filters": {"q": "greet"}, "shown": 0, "stopped": "took too long",
    }  # fmt: skip


def _link(page: str, rel: str) -> str:
    return re.search(rf'rel="{rel}" href="([^"]*)"', page).group(1).replace("&amp;", "&")


@pytest.mark.parametrize(
    ("asked", "facts"),
    [
        ({"door": "API"}, {"door": "API"}),
        ({"purpose": "TITLE"}, {"purpose": "TITLE"}),
        ({"egress": "OUTSIDE"}, {"egress_class": "OUTSIDE"}),
        ({"cost_from": "0.5"}, {"cost": Decimal("0.5")}),
        ({"cost_from": "0.4", "cost_to": "0.6"}, {"cost": Decimal("0.5")}),
        ({"cost_to": "0.001"}, {"cost": Decimal("0.0009")}),
        ({"reason": "THE PROVIDER"}, {"reason": "The provider closed the line."}),
        ({"answer": "ÄNDERUNG", "since": "2026-03-02", "until": "2026-03-02"}, {"answer": "Die Änderung kam."}),
    ],
)
def test_each_rarer_filter_finds_what_it_asks_for_and_nothing_else(make_exchange, shown, asked, facts):
    make_exchange()
    wanted = make_exchange(**facts)

    assert shown(**asked) == [str(wanted)]


@pytest.mark.thorough
def test_an_exchange_is_found_by_its_number_its_document_and_its_passage(make_exchange, shown):
    passage = PassageFact(new_id(), new_id(), "team:Sales")
    make_exchange(passages=(PassageFact(new_id(), new_id(), "team:Sales"),))
    wanted = make_exchange(passages=(passage,))

    assert shown(exchange=str(wanted)) == [str(wanted)]
    assert shown(document=str(passage.document_id)) == [str(wanted)]
    assert shown(document=str(passage.passage_id)) == [str(wanted)]
    assert shown(document=str(new_id())) == []


def test_filters_combine_freely(make_exchange, shown):
    make_exchange("about <PERSON_1>", door="API", cost=Decimal("0.5"))
    make_exchange("about <PERSON_1>", door="API", egress_class="OUTSIDE")
    wanted = make_exchange("about <PERSON_1>", door="API", egress_class="OUTSIDE", cost=Decimal("0.5"))

    asked = {"q": "about", "door": "API", "egress": "OUTSIDE", "cost_from": "0.5", "outcome": "ANSWERED"}
    assert shown(**asked, masked="PERSON") == [str(wanted)]


def test_how_many_match_is_said_up_to_a_bound(make_exchange, desk, monkeypatch):
    monkeypatch.setattr(paging, "PAGE_SIZE", 2)
    monkeypatch.setattr(exchanges, "COUNTED_AT_MOST", 3)
    monkeypatch.setattr(exchanges, "COUNT_MILLISECONDS", 5_000)  # a busy machine must not count less
    for _ in range(3):
        make_exchange()

    assert "there are older ones: 3 in all" in desk.get("/audit/exchanges", {"outcome": "ANSWERED"}).text
    make_exchange()
    assert "there are older ones: more than 3 in all" in desk.get("/audit/exchanges", {"outcome": "ANSWERED"}).text


def test_another_room_s_filter_stands_among_the_others(make_exchange, shown, desk, monkeypatch):
    wanted, _ = make_exchange(), make_exchange()
    offered = narrowing.RoomFilter("tag", lambda: forms.CharField(required=False, label="Tag"), lambda _: Q(pk=wanted))
    monkeypatch.setitem(narrowing._of_rooms, "tag", offered)

    assert shown(tag="QUESTIONABLE") == [str(wanted)]
    assert "Tag: QUESTIONABLE" in desk.get("/audit/exchanges", {"tag": "QUESTIONABLE"}).text
