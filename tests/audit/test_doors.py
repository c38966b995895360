"""Who may come to the desk, and how it meets broken addresses."""

from uuid import UUID

import pytest

from apps.accounts.models import Role
from apps.ledger.models import Event
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db

PAGES = ["exchanges", "events", "exchange"]


@pytest.fixture
def address(make_exchange):
    exchange_id = make_exchange()
    addresses = {
        "exchanges": "/audit/exchanges",
        "events": "/audit/events",
        "exchange": f"/audit/exchanges/{exchange_id}",
    }
    return addresses.__getitem__


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("role", [Role.COMPLIANCE_OFFICER, Role.AUDITOR])
def test_officers_and_auditors_read_every_page(make_person, address, role, page):
    reader = make_person("reader", roles=(role,))

    response = sign_in(reader).get(address(page))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("roles", [(Role.ADMIN,), (Role.EMPLOYEE,), (Role.ADMIN, Role.EMPLOYEE), ()])
def test_nobody_else_reads_any_page(make_person, address, roles, page):
    stranger = make_person("stranger", roles=roles)

    response = sign_in(stranger).get(address(page))

    assert response.status_code == 403
    assert "Maya Lindqvist" not in response.content.decode()
    assert not Event.objects.filter(action__startswith="AUDIT_").exists()


@pytest.mark.parametrize("page", PAGES)
def test_a_role_taken_away_closes_the_desk_at_once(officer, desk, address, page):
    assert desk.get(address(page)).status_code == 200

    officer.role_assignments.all().delete()

    assert desk.get(address(page)).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_a_deactivated_officer_is_signed_out(officer, desk, address, page):
    officer.is_active = False
    officer.save()

    assert desk.get(address(page)).status_code == 302


@pytest.mark.parametrize("page", PAGES)
def test_the_signed_out_are_sent_to_sign_in_and_back(client, address, page):
    response = client.get(address(page))

    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/")
    assert "next=" in response["Location"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "head", "options"])
def test_the_desk_is_only_read(desk, address, page, method):
    assert getattr(desk, method)(address(page)).status_code == 405


def test_an_unknown_exchange_is_not_found_and_not_recorded_as_opened(desk):
    assert desk.get(f"/audit/exchanges/{UUID(int=7 << 64)}").status_code == 404
    assert desk.get("/audit/exchanges/1").status_code == 404
    assert not Event.objects.filter(action="AUDIT_OPENED").exists()


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday", "since=2026-13-40", "until=2026-02-30T25:00", "since=2026-03-02&until=2026-03-01",
        "q=ab", "q=" + "x" * 501, "team=1", f"team={UUID(int=7 << 64)}", "model=No+such+model", "outcome=SPLENDID",
        "masked=EVERYTHING", "conversation=1", "q=%00abc", "since=99999-01-01", "since=0000-01-01",
        "until=9999-12-31", "person=" + "x" * 201, "door=WINDOW", "purpose=FUN", "egress=MARS", "cost_from=-1",
        "cost_from=NaN", "cost_from=2&cost_to=1", "cost_to=1e30", "reason=ab", "reason=" + "x" * 201, "answer=whatever",
        "answer=whatever&since=2026-03-01&until=2026-03-09", "document=1", "exchange=1", "reason=%00abc",
    ],
)  # fmt: skip
def test_a_broken_filter_shows_nothing_and_says_what_to_correct(desk, make_exchange, query):
    make_exchange("a secret plan")

    response = desk.get(f"/audit/exchanges?{query}")

    page = response.content.decode()
    if response.status_code == 200:
        assert query == "until=9999-12-31"
        return
    assert response.status_code == 400
    assert "Nothing was searched" in page
    assert "a secret plan" not in page
    assert not Event.objects.filter(action="AUDIT_SEARCHED").exists()


@pytest.mark.parametrize("query", ["topic=GOSSIP", "action=SHRUGGED", "since=never"])
def test_a_broken_filter_of_events_shows_nothing(desk, query):
    response = desk.get(f"/audit/events?{query}")

    assert response.status_code == 400
    assert "Nothing was searched" in response.content.decode()


@pytest.mark.parametrize("page", ["/audit/exchanges", "/audit/events"])
@pytest.mark.parametrize(
    "cursor",
    [
        "1",
        "x-y",
        "-",
        "",
        f"1-{UUID(int=7 << 64).hex}z",
        f"{10**30}-{UUID(int=7 << 64).hex}",
        f"1.5-{UUID(int=7 << 64).hex}",
        "%00",
        "💥",
    ],
)
@pytest.mark.parametrize("direction", ["older", "newer"])
def test_a_broken_place_in_the_list_is_said_so(desk, page, cursor, direction):
    response = desk.get(page, {direction: cursor})

    assert response.status_code == 400
    assert "the address of this page is damaged" in response.content.decode().lower()


def test_words_typed_into_a_filter_are_kept_and_shown_as_text(desk):
    response = desk.get(
        "/audit/exchanges", {"q": "<script>alert(1)</script>", "person": '"><img src=x onerror=alert(1)>'}
    )

    page = response.content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
