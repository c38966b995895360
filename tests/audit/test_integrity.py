"""The officers' page about the ledger itself, and the proof of an exchange as a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role
from apps.ledger import alarms, registers
from apps.ledger.ids import new_id
from apps.ledger.standing import Alarm, open_alarms
from apps.ledger.vocabulary import Action
from tests.audit.conftest import sign_in
from tests.ledger.conftest import as_forger, as_sequencer, evidence, sequencer  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
OFFLINE = Path(__file__).resolve().parents[2] / "offline" / "portcullis_verify.py"


def test_an_officer_reads_how_the_ledger_stands_checks_it_and_takes_a_proof_that_holds_offline(
    desk, make_exchange, events_of, sequencer, evidence, as_forger, tmp_path  # noqa: F811
):  # fmt: skip
    exchange_id = make_exchange()
    address = reverse("audit:proof_question", args=[exchange_id])
    assert desk.get(address).status_code == 409
    assert "Nothing is signed yet" in desk.get(reverse("audit:ledger")).text
    sequencer.round(now=timezone.now())

    page = desk.get(reverse("audit:ledger"))
    checked = desk.post(reverse("audit:ledger_check"))
    file = tmp_path / "one.tlog-proof"
    file.write_bytes(desk.get(address).content)

    assert "records are signed" in page.text
    assert str(evidence.signing_key(origin="").verifier) in page.text
    assert "Checked just now: unchanged" in checked.text
    key = evidence.folder / "verifier.key"
    done = subprocess.run([sys.executable, "-I", OFFLINE, "proof", file, "--key", key], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(exchange_id) in done.stdout
    assert [event.details["findings"] for event in events_of(Action.LEDGER_CHECKED)] == [0]
    assert [event.subject_id for event in events_of(Action.LEDGER_PROOF_TAKEN)] == [str(exchange_id)]

    as_forger.execute("UPDATE ledger_intent SET person_label = 'Another'")

    assert desk.get(address).status_code == 409
    assert "RECORD_MODIFIED" in desk.post(reverse("audit:ledger_check")).text


@pytest.mark.parametrize(("roles", "status"), [
    ((Role.AUDITOR,), 200), ((Role.ADMIN,), 403), ((Role.EMPLOYEE,), 403), (None, 302),
])  # fmt: skip
def test_only_officers_and_auditors_reach_the_ledger_s_page(client, make_person, roles, status):
    browser = sign_in(make_person("somebody", roles=roles)) if roles else client

    assert browser.get(reverse("audit:ledger")).status_code == status
    assert browser.post(reverse("audit:ledger_check")).status_code == status
    proof = browser.get(reverse("audit:proof_outcome", args=[new_id()]))
    assert proof.status_code == (404 if status == 200 else status)


@pytest.fixture
def alarm(db):
    """An alarm that is open, and the moment it was raised as its form says it."""
    alarms.follow("DISAGREES", is_amiss=True, details={"rows": 2}, now=timezone.now())
    with connection.cursor() as cursor:
        return open_alarms(cursor)[0]


def test_an_officer_acknowledges_an_alarm_and_it_stays_until_it_ends(desk, officer, alarm, events_of):
    address, sent = reverse("audit:ledger_acknowledge"), {"kind": alarm.kind, "since": alarm.raised}

    empty = desk.post(address, sent | {"reason": "Hm"})
    desk.post(address, sent | {"reason": "Operations restore the table tonight."})
    page = desk.get(reverse("audit:ledger")).text

    assert (empty.status_code, "It is recorded." in empty.text) == (422, True)
    assert "2 rows differ: that command names them." in page
    assert f"{officer.name}, " in page
    assert "Operations restore the table tonight." in page
    assert "were changed by hand" in page
    (event,) = events_of(Action.LEDGER_ALARM_ACKNOWLEDGED)
    assert (event.actor_id, event.details["kind"]) == (officer.pk, "DISAGREES")

    alarms.follow("DISAGREES", is_amiss=False, details={}, now=timezone.now())
    desk.post(address, sent | {"reason": "Operations restore the table tonight."})
    alarms.follow("DISAGREES", is_amiss=True, details={}, now=timezone.now())

    assert "Operations restore" not in desk.get(reverse("audit:ledger")).text
    assert len(events_of(Action.LEDGER_ALARM_ACKNOWLEDGED)) == 1


@pytest.fixture
def vanished(sequencer, as_forger):  # noqa: F811
    """Remove a record before it has its place, by hand, and let the sequencer find that."""

    def vanish() -> Alarm:
        as_forger.execute("INSERT INTO ledger_pending (kind, row_id) VALUES (3, gen_random_uuid())")
        sequencer.round(now=timezone.now())
        return the_alarm()

    return vanish


def the_alarm() -> Alarm:
    with connection.cursor() as cursor:
        (alarm,) = open_alarms(cursor)
    return alarm


def test_what_happened_once_and_cannot_be_undone_ends_when_an_officer_has_said_what_came_of_it(
    desk, officer, vanished, sequencer, events_of  # noqa: F811
):  # fmt: skip
    address, alarm = reverse("audit:ledger_acknowledge"), vanished()
    reason = {"kind": alarm.kind, "since": alarm.raised, "reason": "The backup has it; an operator removed it."}

    before = desk.get(reverse("audit:ledger")).text
    told = desk.post(address, reason, follow=True).text
    sequencer.round(now=timezone.now())
    after = desk.get(reverse("audit:ledger")).text

    assert "Records were removed before they had a place" in before
    assert "The alarm ends when you have said what came of it" in before
    assert "The alarm has ended with that." in told
    assert "Records were removed" not in after
    (ended,) = events_of(Action.LEDGER_ALARM_ENDED)
    assert (ended.actor_id, ended.details) == (officer.pk, {"kind": "VANISHED", "since": alarm.raised})
    assert vanished().raised != alarm.raised
    desk.post(address, reason)
    assert the_alarm().kind == "VANISHED"


def test_an_auditor_reads_of_an_alarm_and_acknowledges_none(make_person, alarm):
    auditor = sign_in(make_person("ruth", roles=(Role.AUDITOR,)))

    sent = {"kind": alarm.kind, "since": alarm.raised, "reason": "I know about it."}

    assert "Acknowledge" not in auditor.get(reverse("audit:ledger")).text
    assert auditor.post(reverse("audit:ledger_acknowledge"), sent).status_code == 403


def test_the_check_on_the_page_compares_rows_with_events_too(desk, make_exchange, officer):
    registers.take_inventories(now=timezone.now())
    officer.role_assignments.create(role=Role.ADMIN)

    assert "ROW_CHANGED" in desk.post(reverse("audit:ledger_check")).text
