"""Monthly reports: sums of a month on paper, nobody in them, and provable by whoever gets them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone

from apps.accounts.models import Membership, Role, User
from apps.audit.cases import building
from apps.audit.overview import counting
from apps.audit.reports import figures, months, reporting, tasks
from apps.audit.reports.models import Report
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy.models import DataKey
from tests.audit.cases.conftest import unzipped, verified, zipped  # noqa: F401
from tests.audit.conftest import sign_in
from tests.ledger.conftest import as_sequencer, evidence, sequencer  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def last_month():
    return months.offered(timezone.localdate())[1]


@pytest.fixture
def team_of(make_team):
    """Make a team of some people, and give who asks in it."""

    def make(name, people):
        team = make_team(name)
        for number in range(people):
            person = User.objects.create_person(f"{name}{number}", name=f"Somebody {number} of {name}", roles=())
            Membership.objects.create(person=person, team=team)
        return Who(new_id(), "Maya Lindqvist", team.pk, name)

    return make


@pytest.fixture
def ask_often(make_exchange, last_month, sequencer):  # noqa: F811
    """Record exchanges of last month, and have them signed and added up."""

    def ask(who, number, **more):
        noon = last_month.moments[0] + timedelta(days=9, hours=12)
        for minute in range(number):
            make_exchange("Please greet <PERSON_1>", who=who, now=noon + timedelta(minutes=minute), **more)
        sequencer.round(now=timezone.now())
        while counting.go_on():
            pass

    return ask


@pytest.fixture
def make_report(monkeypatch, officer, last_month, sequencer):  # noqa: F811
    """Make a report as a worker does; the ledger signs whenever it is waited for."""
    monkeypatch.setattr(building, "_rest", lambda: sequencer.round(now=timezone.now()))

    def make(month=last_month, *, by=officer):
        report = reporting.ask(month, by=by, now=timezone.now())
        reporting.work(report.pk)
        report.refresh_from_db()
        return report

    return make


def taken(report):
    return b"".join(reporting.downloaded(report, by=None, now=timezone.now()))


def test_a_report_tells_the_month_names_nobody_and_holds_offline(team_of, ask_often, make_report, officer, verified):  # noqa: F811
    ask_often(team_of("Sales", 6), 7)
    ask_often(team_of("Support", 5), 5, ends="REFUSED", reason="BLOCKED: Maya Lindqvist asked for it.")

    report = make_report()

    assert (report.state, report.sentence) == ("DONE", "")
    bundle = taken(report)
    code, said = verified(bundle)
    assert code == 0, said
    files = unzipped(bundle)
    told = json.loads(files["report.json"])
    assert (told["total"]["exchanges"], told["total"]["refused"], told["before"]["exchanges"]) == (12, 5, 0)
    assert {team["team"]: team["exchanges"] for team in told["teams"]} == {"Sales": 7, "Support": 5}
    assert told["masked"] == {"PERSON": 12}
    page = files["report.html"].decode()
    assert "Compliance report" in page
    assert "<script" not in page
    everything = page + files["report.json"].decode()
    assert not any(word in everything for word in ("Maya", "Lindqvist", "Somebody", "greet", officer.name, "BLOCKED"))


def test_a_report_that_was_edited_is_refused_with_a_sentence(ask_often, team_of, make_report, verified):  # noqa: F811
    ask_often(team_of("Sales", 6), 7)
    files = unzipped(taken(make_report()))

    for name in ("report.html", "report.json", "exchanges.jsonl", "tree.jsonl", "manifest.json"):
        edited = files[name].replace(b"7", b"6", 1) if b"7" in files[name] else files[name] + b"7"
        code, said = verified(zipped(files | {name: edited}))
        assert code == 1, name
        assert said.startswith("DOES NOT HOLD: "), said
    assert verified(zipped(files))[0] == 0


def test_no_figure_of_fewer_than_five_people_is_told_or_can_be_worked_out(team_of, ask_often, make_report):
    ask_often(team_of("Board", 2), 6)
    ask_often(team_of("Legal", 5), 7)
    ask_often(team_of("Sales", 9), 8)
    ask_often(team_of("Lab", 20), 3, model_label="Large", masked=("IBAN_CODE",))

    told = json.loads(unzipped(taken(make_report()))["report.json"])

    assert [team["team"] for team in told["teams"]] == ["Sales", "Lab"]
    assert told["teams_left_out"] == 2  # the two of the board, and the smallest team beside, or 24 - 7 - 8 - 3 tells
    assert {model["model"]: model["exchanges"] for model in told["models"]} == {"SmolLM2 135M": 21, "Large": None}
    assert told["masked"] == {"PERSON": 21, "IBAN_CODE": None}


def test_acts_in_office_are_counted_in_their_month_alone(ask_often, team_of, make_report, last_month, officer):
    ask_often(team_of("Sales", 6), 1)
    for at in (last_month.moments[0], last_month.moments[1] - timedelta(seconds=1), last_month.moments[1]):
        record_event(Action.HOLD_PLACED, who=None, subject_kind="hold", subject_id="1", now=at)

    told = json.loads(unzipped(taken(make_report()))["report.json"])

    assert told["acts"]["Retention and people's rights"]["Legal hold placed"] == 2
    assert told["acts"]["Second officers"]["Consent used"] == 0
    assert set(told["acts"]) == set(figures.ACTS)


def test_each_month_is_reported_once_however_often_and_late_it_is_asked(last_month, make_report):
    in_time = last_month.moments[1] + timedelta(hours=3)
    assert reporting.ask_for_last_month(now=in_time) is None  # the portal was not there yet
    record_event(Action.PORTAL_READY, who=None, subject_kind="portal", now=last_month.moments[0])

    def ask(now):
        try:
            return reporting.ask_for_last_month(now=now)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        asked = list(pool.map(ask, [in_time, in_time]))
    late = [ask(in_time + timedelta(days=days)) for days in (1, 9)]

    assert len([one for one in asked + late if one]) == 1
    assert Report.objects.get().month == last_month.first
    Report.objects.update(state="FAILED", ended_at=in_time)
    assert ask(in_time + timedelta(hours=5)) is None
    assert ask(in_time + timedelta(days=2)) is not None


def test_two_workers_make_one_report(last_month, officer, make_report, monkeypatch):
    record_event(Action.PORTAL_READY, who=None, subject_kind="portal", now=timezone.now())
    report = reporting.ask(last_month, by=officer, now=timezone.now())

    def work(_):
        try:
            tasks.build(str(report.pk))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))

    assert Event.objects.filter(action=Action.EXPORT_SEALED, subject_id=str(report.pk)).count() == 1
    report.refresh_from_db()
    assert report.state == "DONE"
    reporting.ask(last_month, by=officer, now=timezone.now())
    with pytest.raises(reporting.UnderWay):
        reporting.ask(last_month, by=None, now=timezone.now())


def test_where_nothing_is_signed_no_report_is_made_and_a_sentence_says_so(last_month, officer, monkeypatch):
    monkeypatch.setattr(building, "SIGNED_WITHIN", 0.0)

    report = reporting.ask(last_month, by=officer, now=timezone.now())
    reporting.work(report.pk)

    report.refresh_from_db()
    assert report.state == "FAILED"
    assert "signed nothing" in report.sentence
    assert Event.objects.filter(action=Action.AUDIT_REPORT_FAILED).count() == 1
    assert DataKey.objects.get(conversation_id=report.pk).destroyed_at, "what was written can still be opened"


def test_an_officer_has_one_made_and_the_whole_desk_takes_it_on_the_record(
    desk, make_person, make_report, last_month, monkeypatch, ask_often, team_of
):
    ask_often(team_of("Sales", 6), 1)
    monkeypatch.setattr(tasks.build, "delay", lambda pk: tasks.build(pk))
    auditor = sign_in(make_person("ruth", roles=(Role.AUDITOR,)))

    desk.post("/audit/reports/make", {"month": str(last_month)})

    report = Report.objects.get()
    assert f"/audit/reports/{report.pk}/download" in desk.get("/audit/reports/").content.decode()
    response = auditor.get(f"/audit/reports/{report.pk}/download")
    assert response["Content-Disposition"] == f'attachment; filename="portcullis-{last_month}.zip"'
    assert "report.html" in unzipped(b"".join(response.streaming_content))
    assert "Report of the month" not in auditor.get("/audit/reports/").content.decode()
    assert auditor.post("/audit/reports/make", {"month": str(last_month)}).status_code == 403
    acts = Event.objects.filter(action__startswith="AUDIT_REPORT_").values_list("action", flat=True).order_by("id")
    assert list(acts) == ["AUDIT_REPORT_ASKED", "AUDIT_REPORT_DOWNLOADED"]


@pytest.mark.parametrize("typed", ["", "2026-13", "1999-01", "2099-01", "'; DROP", "2026-1"])
def test_what_is_no_month_makes_nothing_and_says_what_to_type(desk, typed):
    page = desk.post("/audit/reports/make", {"month": typed}, follow=True).content.decode()

    assert "Name a month as 2026-10" in page
    assert not Report.objects.exists()


def test_a_report_that_is_not_there_is_not_found(desk, last_month, officer):
    waiting = reporting.ask(last_month, by=officer, now=timezone.now())

    assert desk.get(f"/audit/reports/{waiting.pk}/download").status_code == 404
    assert not Event.objects.filter(action=Action.AUDIT_REPORT_DOWNLOADED).exists()


def test_the_command_writes_the_report_of_a_month_to_a_file(
    tmp_path,
    make_report,
    last_month,
    ask_often,
    team_of,
    verified,  # noqa: F811
):
    ask_often(team_of("Sales", 6), 1)
    said = StringIO()

    call_command("monthly_report", str(last_month), str(tmp_path / "month.zip"), stdout=said)

    assert verified((tmp_path / "month.zip").read_bytes())[0] == 0
    assert Report.objects.get().manifest in said.getvalue()
    with pytest.raises(CommandError, match="exists already"):
        call_command("monthly_report", str(last_month), str(tmp_path / "month.zip"))
    with pytest.raises(CommandError, match="Name a month"):
        call_command("monthly_report", "1999-01", str(tmp_path / "other.zip"))


def test_the_month_so_far_is_compared_with_as_many_days_of_the_one_before():
    today = timezone.localdate().replace(day=10)

    this = months.offered(today)[0]

    assert not this.is_over
    assert [len(span.steps) for span in (this.span, this.before)] == [10, 10]
    assert months.offered(today)[1].is_over
