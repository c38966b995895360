"""Who may come to cases, searches and exports, and how each door meets the wrong person, method or input."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.cases import contents, exporting, recording, searches, snapshots, work
from apps.audit.cases.models import Case, CaseExchange, CaseNote, SavedSearch
from apps.ledger.facts import Who
from apps.ledger.models import Event
from apps.ledger.records import LedgerUnavailable
from tests.audit.cases.conftest import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_queued")]
NEVER = "00000000-0000-7000-8000-000000000007"
LONG = "A reason of more than ten characters"

# What each door is called for: the desk reads, officers act. `{case}` and so on stand for ids.
READ_BY_THE_DESK = ["", "{case}", "{case}/custody", "searches/"]
READ_BY_OFFICERS = [
    "new", "snapshots/choose?q=greet", "snapshots/{snapshot}", "snapshots/{snapshot}/progress", "exports/",
    "exports/new?q=greet", "exports/new?case={case}", "exports/{export}", "exports/{export}/progress",
]  # fmt: skip
ACTS = {
    "open": {"title": "Another case", "why": LONG},
    "add/{exchange}": {"case": "{case}"},
    "searches/save": {"name": "Outside", "query": "egress=OUTSIDE"},
    "searches/{search}/share": {"is_shared": "yes"},
    "searches/{search}/delete": {},
    "snapshots/begin": {"case": "{case}", "query": "q=greet"},
    "snapshots/{snapshot}/cancel": {},
    "exports/ask": {"variant": "REDACTED", "why": LONG, "of": "q=greet"},
    "exports/{export}/start": {},
    "exports/{export}/cancel": {},
    "exports/{export}/delete": {},
    "{case}/words": {"title": "A better title", "why": LONG},
    "{case}/notes": {"text": "Read it."},
    "{case}/close": {"finding": "UPHELD", "words": LONG},
    "{case}/reopen": {"reason": LONG},
    "{case}/confidential": {"is_confidential": "yes"},
    "{case}/officer": {"person": "{colleague}"},
    "{case}/members": {"person": "{colleague}"},
    "{case}/members/{colleague}/remove": {},
    "{case}/exchanges/{exchange}/remove": {"reason": LONG},
}
ON_A_CASE = [door for door in ACTS if door.startswith("{case}")]
OWNED = [door for door in (*ACTS, *READ_BY_OFFICERS) if any(x in door for x in ("{search}", "{snapshot}", "{export}"))]


@pytest.fixture
def there(officer, colleague, make_case, make_exchange):
    """Make one of each thing, the officer's own; give addresses and what is posted to them with its ids."""
    case, exchange, now = make_case(), make_exchange(), timezone.now()
    contents.add(case, [contents.chosen(exchange, by=officer)], by=officer, how="one by one", now=now)
    search = searches.save(name="Greetings", query="q=greet", is_shared=False, by=officer, now=now)
    snapshot = snapshots.begin(case, query="q=greet", by=officer, now=now)
    export = exporting.ask(
        case=None, query="q=greet", variant="REDACTED", is_whole=False, why=LONG, by=officer, now=now
    )
    ids = {
        "case": case.pk, "exchange": exchange, "search": search.pk, "snapshot": snapshot.pk, "export": export.pk,
        "colleague": colleague.pk,
    }  # fmt: skip

    def at(door, **replaced):
        return "/audit/cases/" + door.format(**ids | replaced)

    at.posted = lambda door: {name: value.format(**ids) for name, value in ACTS[door].items()}
    at.case = case
    return at


def acts():
    """How many acts are on the record; that somebody was refused is one of its own."""
    return Event.objects.exclude(action="ACCESS_DENIED").count()


@pytest.mark.parametrize("door", [*READ_BY_THE_DESK, *READ_BY_OFFICERS])
def test_an_officer_reads_every_page(desk, there, door):
    response = desk.get(there(door))

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("door", READ_BY_THE_DESK)
def test_an_auditor_reads_what_the_desk_reads(auditor, there, door):
    page = sign_in(auditor).get(there(door))

    assert page.status_code == 200
    assert "<textarea" not in page.text


@pytest.mark.parametrize("door", ACTS)
def test_an_auditor_changes_nothing(auditor, there, door):
    before = acts()

    assert sign_in(auditor).post(there(door), there.posted(door)).status_code == 403
    assert acts() == before


@pytest.mark.thorough
@pytest.mark.parametrize("roles", [(Role.ADMIN,), (Role.EMPLOYEE,), ()])
def test_nobody_else_comes_in(make_person, there, roles):
    stranger = sign_in(make_person("stranger", roles=roles))
    before = acts()

    assert {stranger.get(there(door)).status_code for door in (*READ_BY_THE_DESK, *READ_BY_OFFICERS)} == {403}
    assert {stranger.post(there(door), there.posted(door)).status_code for door in ACTS} == {403}
    assert acts() == before


def test_the_signed_out_are_sent_to_sign_in(client, there):
    assert {client.get(there(door)).status_code for door in (*READ_BY_THE_DESK, *READ_BY_OFFICERS)} == {302}
    assert {client.post(there(door)).status_code for door in ACTS} == {302}


def test_each_door_takes_its_own_method_alone(desk, there):
    assert {desk.post(there(door)).status_code for door in (*READ_BY_THE_DESK, *READ_BY_OFFICERS)} == {405}
    assert {desk.get(there(door)).status_code for door in ACTS} == {405}


@pytest.mark.parametrize("door", ON_A_CASE)
def test_an_officer_who_is_no_member_sees_an_open_case_and_changes_nothing(colleague, there, door):
    before = acts()
    stranger = sign_in(colleague)

    assert stranger.post(there(door), there.posted(door)).status_code == 403
    assert acts() == before
    assert stranger.get(there("{case}")).status_code == 200


@pytest.mark.parametrize("door", [*ON_A_CASE, "{case}", "{case}/custody", "exports/new?case={case}"])
def test_a_confidential_case_does_not_exist_for_others(colleague, auditor, officer, there, door):
    work.set_confidential(there.case, is_confidential=True, by=officer, now=timezone.now())

    for person in (colleague, auditor):
        browser = sign_in(person)
        response = browser.post(there(door), there.posted(door)) if door in ACTS else browser.get(there(door))
        assert response.status_code == (404 if person == colleague or door in ("{case}", "{case}/custody") else 403)
        assert there.case.number not in browser.get(there("")).text


@pytest.mark.thorough
def test_the_number_of_a_confidential_case_stands_in_no_event_and_no_request_that_others_read(
    colleague, auditor, officer, there, desk
):
    work.set_confidential(there.case, is_confidential=True, by=officer, now=timezone.now())
    case = Case.objects.get(pk=there.case.pk)

    asked = exporting.ask(case=case, query="", variant="FULL", is_whole=False, why=LONG, by=officer, now=timezone.now())

    for browser in (sign_in(colleague), sign_in(auditor)):
        for page in (browser.get("/audit/approvals/").text, browser.get("/audit/events").text):
            assert recording.CONFIDENTIAL in page
            assert case.number not in page
    assert case.number in desk.get(there("exports/{export}", export=asked.pk)).text


def test_who_asks_for_an_export_of_a_confidential_case_is_told_who_reads_the_reason(desk, officer, there):
    form = there("exports/new") + f"?case={there.case.pk}"
    assert "The whole desk reads it" not in desk.get(form).text

    work.set_confidential(there.case, is_confidential=True, by=officer, now=timezone.now())

    assert "The whole desk reads it, also who does not see this case" in desk.get(form).text


def test_a_member_sees_a_confidential_case_and_works_on_it(colleague, officer, there):
    work.set_confidential(there.case, is_confidential=True, by=officer, now=timezone.now())
    work.add_member(there.case, person=colleague, by=officer, now=timezone.now())
    browser = sign_in(colleague)

    assert "Odd questions" in browser.get(there("{case}")).text
    assert browser.post(there("{case}/notes"), {"text": "Read it."}).status_code == 302
    assert CaseNote.objects.get().author_id == colleague.pk


@pytest.mark.parametrize("door", OWNED)
def test_searches_runs_and_exports_of_another_officer_are_not_found(colleague, there, door):
    browser = sign_in(colleague)

    response = browser.post(there(door), there.posted(door)) if door in ACTS else browser.get(there(door))

    assert response.status_code == 404


@pytest.mark.parametrize("door", [door for door in (*READ_BY_THE_DESK, *READ_BY_OFFICERS, *ACTS) if "{" in door])
def test_what_is_not_there_is_not_found(desk, there, door):
    missing = dict.fromkeys(("case", "search", "snapshot", "export"), NEVER)
    if door.startswith("add/"):
        missing = {"exchange": NEVER}
    address = there(door, **missing)

    response = desk.post(address, there.posted(door)) if door in ACTS else desk.get(address)

    assert response.status_code == 404


@pytest.mark.parametrize(
    ("door", "posted", "sentence"),
    [
        ("open", {"title": "x", "why": LONG}, "The title needs 3 to 200 characters"),
        ("open", {"title": "A title", "why": "y" * 1_000_000}, "The reason needs 10 to 5,000 characters"),
        ("open", {"title": "A\x00title", "why": LONG}, "Null characters are not allowed"),
        ("{case}/words", {"title": "", "why": LONG}, "The title needs 3 to 200 characters"),
        ("{case}/notes", {"text": ""}, "A note needs 1 to 10,000 characters"),
        ("{case}/notes", {"text": "n" * 1_000_000}, "A note needs 1 to 10,000 characters"),
        ("{case}/close", {"finding": "GUILTY", "words": LONG}, "Select a valid choice"),
        ("{case}/close", {"finding": "UPHELD", "words": "short"}, "The finding needs 10 to 5,000 characters"),
        ("{case}/officer", {"person": NEVER}, "Choose somebody from the list"),
        ("{case}/members", {"person": "x"}, "Choose somebody from the list"),
        ("searches/save", {"name": "ab", "query": "q=greet"}, "The name needs 3 to 120 characters"),
        ("searches/save", {"name": "Greetings", "query": "q=greet"}, "You have a saved search with this name"),
        ("searches/save", {"name": "Odd", "query": "door=WINDOW"}, "These filters cannot be read any more"),
        ("snapshots/begin", {"case": NEVER, "query": "q=greet"}, "Choose one of your open cases"),
        ("exports/ask", {"variant": "ALL", "why": LONG, "of": "q=greet"}, "Select a valid choice"),
        ("exports/ask", {"variant": "REDACTED", "why": "short", "of": "q=greet"}, "The reason needs 10 to 500"),
        (
            "exports/ask",
            {"variant": "REDACTED", "is_whole": "on", "why": LONG, "of": "q=greet"},
            "Only the full variant",
        ),
        ("exports/ask", {"variant": "FULL", "is_whole": "on", "why": LONG, "of": "q=greet"}, "span of time alone"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_typed_is_lost(desk, there, door, posted, sentence):
    cases = Case.objects.count()

    response = desk.post(there(door), posted)

    assert response.status_code == 422
    assert sentence in response.text
    assert Case.objects.count() == cases
    for typed in posted.values():
        assert (
            len(typed) > 600
            or "\x00" in typed
            or typed in ("", "x", NEVER, "GUILTY", "ALL", "on", "door=WINDOW")
            or (typed in response.text)
        )


def test_one_s_own_exchange_is_put_into_no_case_and_seen_in_none(desk, officer, there, make_exchange, colleague):
    own = make_exchange(who=Who(officer.pk, officer.name))
    assert desk.post(there("add/{exchange}", exchange=own), {"case": str(there.case.pk)}).status_code == 404
    CaseExchange.objects.create(
        case=there.case, exchange_id=own, person_id=officer.pk, started_at=timezone.now(), added_at=timezone.now(),
        added_by_id=colleague.pk, added_by_label="Omar",
    )  # fmt: skip

    page = desk.get(there("{case}")).text

    assert str(own) not in page
    assert desk.post(there("{case}/exchanges/{exchange}/remove", exchange=own), {"reason": LONG}).status_code == 302
    assert CaseExchange.objects.filter(exchange_id=own).exists()


def test_a_shared_search_is_opened_by_the_desk_and_each_opening_is_recorded(desk, auditor, colleague, there, events_of):
    for person in (auditor, colleague):
        assert sign_in(person).get(there("searches/{search}")).status_code == 404
    desk.post(there("searches/{search}/share"), {"is_shared": "yes"})

    for person in (auditor, colleague):
        response = sign_in(person).get(there("searches/{search}"))
        assert (response.status_code, response["Location"]) == (302, "/audit/exchanges?q=greet")
    assert [event.actor_id for event in events_of("SEARCH_OPENED")] == [auditor.pk, colleague.pk]
    assert SavedSearch.objects.get().is_shared


def test_words_that_were_typed_are_shown_as_text(desk, make_case):
    case = make_case(title="<script>alert(1)</script>\u202e")

    page = desk.get(f"/audit/cases/{case.pk}").text

    assert "<script>alert" not in page
    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert "\u202e" not in heading
    assert "U+202E" in heading


def test_without_a_ledger_no_page_of_a_case_is_shown(desk, there, monkeypatch):
    def refuse(*_, **__):
        raise LedgerUnavailable("53100")

    monkeypatch.setattr(recording, "record_event", refuse)

    for door in READ_BY_THE_DESK:
        response = desk.get(there(door))
        assert (response.status_code, "Odd questions" in response.text) == (503, False)


def test_each_case_gets_the_next_number_of_the_year(make_case):
    numbers = [make_case().number for _ in range(3)]

    assert [number[-4:] for number in numbers] == ["0001", "0002", "0003"]
