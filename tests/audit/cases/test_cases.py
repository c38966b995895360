"""Cases: numbers, sealed words, a chain of custody, searches that are added, and rows that were changed."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from django.http import QueryDict
from django.utils import timezone

from apps.audit.cases import contents, custody, integrity, runs, searches, snapshots, words, work
from apps.audit.cases.models import Case, Run, Snapshot
from apps.audit.paging import cursor_of
from apps.ledger.vocabulary import Action
from apps.privacy import destruction
from tests.audit.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nothing_queued")]


@pytest.fixture
def begin(officer):
    return lambda case, query: snapshots.begin(case, query=query, by=officer, now=timezone.now())


def test_a_case_goes_from_its_opening_to_a_finding_and_back(officer, desk, make_case):
    case = make_case()
    address = f"/audit/cases/{case.pk}"

    desk.post(f"{address}/notes", {"text": "Read the first two."})
    desk.post(f"{address}/close", {"finding": "NOT_UPHELD", "words": "The answer was made up."})
    closed = desk.get(address).text
    assert "Closed: not upheld" in closed
    assert "The answer was made up." in closed
    assert desk.post(f"{address}/words", {"title": "Another", "why": "Another reason"}).status_code == 302
    assert words.of(Case.objects.get()).title == "Odd questions"

    desk.post(f"{address}/reopen", {"reason": "A second customer complained"})
    page = desk.get(address).text
    assert "The finding before it was opened again" in page
    acts = [act.action for act in custody.all_of(case, officer)]
    told = [Action.CASE_OPENED, Action.CASE_NOTE_WRITTEN, Action.CASE_CLOSED, Action.CASE_REOPENED]
    assert [act for act in acts if act in told] == told
    assert "not what was recorded" not in page


def test_what_is_written_lies_sealed_and_dies_with_the_case_s_key(officer, desk, make_case):
    case = make_case(title="Needle in the title")
    note = work.write_note(case, text="Needle in the note", by=officer, now=timezone.now())
    row = Case.objects.values_list("sealed_words", flat=True).get()
    assert b"Needle" not in bytes(row) + bytes(note.sealed_text)

    destruction.destroy_one(case.pk)

    page = desk.get(f"/audit/cases/{case.pk}").text
    assert "Needle" not in page
    assert "cannot be read any more" in page


@pytest.mark.thorough
def test_the_chain_of_custody_names_each_look_at_an_exchange_of_the_case(officer, desk, make_case, make_exchange):
    case, inside, outside = make_case(), make_exchange(), make_exchange()
    desk.post(f"/audit/cases/add/{inside}", {"case": str(case.pk)})

    for exchange in (inside, outside):
        desk.get(f"/audit/exchanges/{exchange}")

    looks = [act for act in custody.all_of(case, officer) if act.action == Action.AUDIT_OPENED]
    assert [(look.exchange, look.actor_label) for look in looks] == [(str(inside), officer.name)]
    page = desk.get(f"/audit/cases/{case.pk}/custody").text
    assert "Opened an exchange" in page
    assert str(outside) not in page


def test_a_long_chain_is_read_page_by_page_without_losing_a_link(officer, make_case):
    case = make_case()
    for number in range(7):
        work.write_note(case, text=f"Note {number}", by=officer, now=NOON + timedelta(seconds=number))

    first = custody.page(case, officer, None, size=5)
    second = custody.page(case, officer, cursor_of({"older": first.older}), size=5)

    assert len({act.id for act in [*first.acts, *second.acts]}) == 8
    assert second.older == ""


def test_a_search_is_put_into_a_case_as_it_is_at_that_moment_and_each_exchange_is_named(
    officer, make_case, make_exchange, begin, events_of, monkeypatch
):
    monkeypatch.setattr(snapshots, "A_STEP", 2)
    case = make_case()
    wanted = {make_exchange(now=NOON + timedelta(seconds=number), door="API") for number in range(5)}
    make_exchange()
    snapshot = begin(case, "door=API")
    make_exchange(now=timezone.now() + timedelta(hours=1), door="API")

    snapshots.work(snapshot.pk)

    snapshot.refresh_from_db()
    assert (snapshot.state, snapshot.done) == (Run.State.DONE, 5)
    assert set(case.exchanges.values_list("exchange_id", flat=True)) == wanted
    named = [exchange for event in events_of(Action.CASE_EXCHANGES_ADDED) for exchange in event.details["exchanges"]]
    assert sorted(named) == sorted(map(str, wanted))


def test_a_snapshot_that_its_worker_left_is_gone_on_with_where_it_stopped(
    make_case, make_exchange, begin, events_of, monkeypatch
):
    monkeypatch.setattr(snapshots, "A_STEP", 1)
    case = make_case()
    for number in range(3):
        make_exchange(now=NOON + timedelta(seconds=number))
    snapshot = begin(case, "door=BROWSER")
    really_step = snapshots._step

    def dies(run, rows):
        really_step(run, rows)
        raise MemoryError

    monkeypatch.setattr(snapshots, "_step", dies)
    with pytest.raises(MemoryError):
        snapshots.work(snapshot.pk)
    monkeypatch.setattr(snapshots, "_step", really_step)
    snapshots.work(snapshot.pk)
    assert Snapshot.objects.get().done == 1  # its claim has not ended yet

    Snapshot.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    snapshots.work(snapshot.pk)

    assert Snapshot.objects.get().state == Run.State.DONE
    assert [len(event.details["exchanges"]) for event in events_of(Action.CASE_EXCHANGES_ADDED)] == [1, 1, 1]


def test_a_cancelled_snapshot_stops_at_its_next_step_and_keeps_what_was_added(
    officer, make_case, make_exchange, begin, monkeypatch
):
    monkeypatch.setattr(snapshots, "A_STEP", 1)
    case = make_case()
    for number in range(3):
        make_exchange(now=NOON + timedelta(seconds=number))
    snapshot = begin(case, "door=BROWSER")
    really_step = snapshots._step

    def cancelled_after(run, rows):
        really_step(run, rows)
        snapshots.cancel(Snapshot.objects.get(pk=run.pk), by=officer, now=timezone.now())

    monkeypatch.setattr(snapshots, "_step", cancelled_after)
    snapshots.work(snapshot.pk)

    assert Snapshot.objects.get().state == Run.State.CANCELLED
    assert case.exchanges.count() == 1


@pytest.mark.parametrize("stops", ["closed", "role", "full"])
def test_a_snapshot_ends_with_a_sentence_where_it_may_not_go_on(
    officer, make_case, make_exchange, begin, monkeypatch, stops
):
    case = make_case()
    make_exchange()
    snapshot = begin(case, "door=BROWSER")
    if stops == "closed":
        work.close(case, finding="UPHELD", finding_words="It was so.", by=officer, now=timezone.now())
    elif stops == "role":
        officer.role_assignments.all().delete()
    else:
        monkeypatch.setattr(contents, "MOST_IN_A_CASE", 0)

    snapshots.work(snapshot.pk)

    snapshot.refresh_from_db()
    assert not snapshot.is_live
    assert snapshot.sentence.endswith(".")
    assert case.exchanges.count() == 0


def test_two_workers_never_have_one_run(make_case, begin):
    snapshot = begin(make_case(), "door=API")
    first = runs.claim(Snapshot.objects.all(), snapshot.pk, now=timezone.now())

    assert runs.claim(Snapshot.objects.all(), snapshot.pk, now=timezone.now()) is None

    runs.cancel(snapshot, now=timezone.now())
    with pytest.raises(runs.Interrupted):
        runs.end(first, state=Run.State.DONE, now=timezone.now())


FORGERIES = {
    "the finding": "UPDATE cases_case SET finding = 'UPHELD' WHERE finding <> ''",
    "the state": "UPDATE cases_case SET state = 'OPEN', finding = '', closed_at = NULL",
    "the words": "UPDATE cases_case SET sealed_words = decode('00', 'hex')",
    "a note": "UPDATE cases_casenote SET sealed_text = decode('00', 'hex')",
    "a note less": "DELETE FROM cases_casenote",
    "a note more": "INSERT INTO cases_casenote (id, author_id, author_label, written_at, sealed_text, case_id) SELECT "
    "gen_random_uuid(), author_id, author_label, written_at, sealed_text, case_id FROM cases_casenote",
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", FORGERIES)
def test_a_row_that_was_changed_beside_the_record_shows_on_the_case_s_page(officer, desk, make_case, postgres, what):
    case = make_case()
    work.write_note(case, text="Read it.", by=officer, now=timezone.now())
    work.close(case, finding="NOT_UPHELD", finding_words="It was made up.", by=officer, now=timezone.now())
    case.refresh_from_db()
    assert integrity.differences(case) == []

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(FORGERIES[what])

    case.refresh_from_db()
    assert len(integrity.differences(case)) == 1
    assert "This case is not what was recorded" in desk.get(f"/audit/cases/{case.pk}").text


@pytest.mark.django_db(transaction=True)
def test_nobody_changes_a_note(officer, make_case, postgres):
    work.write_note(make_case(), text="Read it.", by=officer, now=timezone.now())

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        for change in ("UPDATE cases_casenote SET author_label = 'x'", "DELETE FROM cases_casenote"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                superuser.execute(change)


def test_a_saved_search_keeps_filters_alone():
    asked = QueryDict("older=1-2&q=greet&door=API&masked=PERSON&masked=IBAN&utm=1&team=")

    assert searches.tidied(asked) == "door=API&masked=PERSON&masked=IBAN&q=greet"
