"""The reader of records is on the record: each look exactly once, with what was asked and shown."""

import pytest

from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable

pytestmark = pytest.mark.django_db


@pytest.fixture
def looks():
    """List what the desk recorded, oldest first."""
    return lambda: list(Event.objects.filter(action__startswith="AUDIT_").order_by("id"))


def test_a_search_is_recorded_once_with_its_terms_and_what_it_showed(desk, officer, make_exchange, looks):
    exchange_id = make_exchange()

    desk.get("/audit/exchanges", {"q": "greet", "masked": ["PERSON", "IBAN"], "team": "", "since": "2026-03-01"})

    (look,) = looks()
    assert (look.action, look.actor_id, look.actor_label) == ("AUDIT_SEARCHED", officer.id, "Grace")
    assert look.details == {
        "filters": {"q": "greet", "masked": ["PERSON", "IBAN"], "since": "2026-03-01"},
        "shown": 1,
        "newest": str(exchange_id),
        "oldest": str(exchange_id),
    }


def test_looking_at_the_list_without_a_filter_is_a_look(desk, make_exchange, looks):
    make_exchange()

    desk.get("/audit/exchanges")

    assert [(look.action, look.details["filters"]) for look in looks()] == [("AUDIT_SEARCHED", {})]


def test_opening_an_exchange_is_recorded_once_for_each_time(desk, make_exchange, looks):
    exchange_id = make_exchange()

    desk.get(f"/audit/exchanges/{exchange_id}")
    desk.get(f"/audit/exchanges/{exchange_id}")

    assert [(look.action, look.subject_kind, look.subject_id) for look in looks()] == [
        ("AUDIT_OPENED", "exchange", str(exchange_id)),
        ("AUDIT_OPENED", "exchange", str(exchange_id)),
    ]


def test_turning_a_page_is_recorded_with_its_place(desk, make_exchange, looks):
    exchange_id = make_exchange()

    desk.get("/audit/exchanges", {"older": f"{10**16}-{exchange_id.hex}"})

    (look,) = looks()
    assert look.action == "AUDIT_PAGED"
    assert look.details["place"] == "older than 2286-11-20T17:46:40+00:00"
    assert look.details["shown"] == 1


def test_looking_at_the_events_is_an_event(desk, looks):
    desk.get("/audit/events", {"topic": "RECORDS"})
    desk.get("/audit/events", {"older": f"0-{'0' * 32}"})

    assert [(look.action, look.details["filters"]) for look in looks()] == [
        ("AUDIT_EVENTS_SEARCHED", {"topic": "RECORDS"}),
        ("AUDIT_EVENTS_PAGED", {}),
    ]


@pytest.mark.parametrize("page", ["/audit/exchanges", "/audit/events", "exchange"])
def test_what_cannot_be_recorded_is_not_shown(desk, make_exchange, monkeypatch, page):
    exchange_id = make_exchange("a secret plan")

    def refuse(*arguments, **facts):
        raise LedgerUnavailable("53100")

    monkeypatch.setattr("apps.audit.looks.record_event", refuse)

    response = desk.get(page if page != "exchange" else f"/audit/exchanges/{exchange_id}")

    assert response.status_code == 503
    assert "could not be recorded" in response.content.decode()
    assert "a secret plan" not in response.content.decode()
    assert "Maya" not in response.content.decode()


def test_naughty_search_terms_are_recorded_too(desk, looks):
    term = "'; DROP TABLE ledger_event; -- \u202e \ud83d\ude00 %s {0}"

    desk.get("/audit/exchanges", {"q": term.encode("utf-16", "surrogatepass").decode("utf-16")})

    assert [look.details["filters"]["q"] for look in looks()] == [term.replace("\ud83d\ude00", "\U0001f600")]
