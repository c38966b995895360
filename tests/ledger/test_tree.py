"""The sequencer: every committed record gets one place, and only a tree that fits is signed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from apps.ledger import leaves, notes, proofs, records, stored, verify
from apps.ledger.evidence import Evidence
from apps.ledger.facts import Circumstances
from apps.ledger.models import Checkpoint, Entry, Event, Pending, RowKind
from apps.ledger.notes import SigningKey
from apps.ledger.sequencer import NotLeading, Sequencer, TreeBroken
from apps.ledger.standing import open_alarms, standing
from apps.ledger.vocabulary import Action
from portal.embedded.database import APP
from tests.ledger.conftest import NOON, ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)
FIFTH = "id = (SELECT row_id FROM ledger_entry WHERE index = 4)"
COPY_ON = "INSERT INTO ledger_checkpoint SELECT size + 900, root, note, token, signed_at FROM ledger_checkpoint"
OFFLINE = Path(__file__).resolve().parents[2] / "offline" / "portcullis_verify.py"


def checked(evidence: Evidence) -> verify.Report:
    with connection.cursor() as cursor:
        key = evidence.signing_key(origin=ORIGIN).verifier
        trust = verify.Trust([key], outside=list(evidence.journalled()))
        return verify.check(cursor, trust, now=timezone.now())


def test_records_become_a_signed_tree_whose_proofs_hold_offline(
    sequencer, evidence, open_exchange, outcome_facts, maya, tmp_path
):
    hostile = {"score": 0.5, "Ünï": [1, None, "\x00\ud800\u2028"], "big": 2**70, "tiny": 1e-9, "\U0001f600": {"a": 1.0}}
    for number in range(300):
        intent_id = open_exchange(sealed_payload=b"")  # a sealed one would need its key
        records.conclude(intent_id, **outcome_facts(reason="\u202e" if number % 7 else ""))
        if number % 100 == 0:
            records.record_event(Action.SIGNED_IN, who=maya, details=hostile, now=NOON)
            sequencer.round(now=NOON)
    last = sequencer.round(now=NOON)
    sequencer.rotate(SigningKey.new(ORIGIN), now=NOON + timedelta(hours=1))

    report = checked(evidence)

    assert report.is_clean, report.findings
    assert report.count(verify.UNCHANGED) == Entry.objects.count() == 300 * 2 + 3 + 4
    assert report.checkpoints == Checkpoint.objects.count() == 5
    assert last.signed is not None
    assert not Pending.objects.exists()
    place = Entry.objects.get(index=333)
    with connection.cursor() as cursor:
        proof = tmp_path / "one.tlog-proof"
        proof.write_text(str(proofs.prove(cursor, place.row_id)))
    assert run_offline("proof", proof, evidence).returncode == 0
    proof.write_text(proof.read_text().replace("index 333", "index 332"))
    assert run_offline("proof", proof, evidence).returncode == 1


def run_offline(what: str, file: Path, evidence: Evidence) -> subprocess.CompletedProcess[str]:
    key = evidence.folder / "verifier.key"
    return subprocess.run(
        [sys.executable, "-I", OFFLINE, what, file, "--key", key], capture_output=True, text=True, timeout=60
    )


def test_a_record_that_commits_late_is_not_lost(sequencer, evidence, postgres, maya):
    with psycopg.connect(postgres.url(APP)) as slow:
        slow.execute(
            "INSERT INTO ledger_event (id, form, happened_at, action, actor_label, team_label, subject_kind, "
            "subject_id, subject_label, details) "
            "VALUES (gen_random_uuid(), 1, now(), 'SIGNED_OUT', '', '', '', '', '', '{}')"
        )
        records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
        sequencer.round(now=NOON)
        slow.commit()

    assert sequencer.round(now=NOON).sequenced == 1
    late = Event.objects.get(action=Action.SIGNED_OUT)
    assert Entry.objects.filter(row_id=late.id).exists()
    assert checked(evidence).is_clean


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE ledger_entry SET leaf = set_byte(leaf, 3, get_byte(leaf, 3) # 1) WHERE index = 4", "MISMATCH"),
        (f"UPDATE ledger_event SET subject_label = 'x' WHERE {FIFTH}", "MISMATCH"),  # noqa: S608
        (f"DELETE FROM ledger_event WHERE {FIFTH}", "GAP"),  # noqa: S608
    ],
)  # fmt: skip
def test_what_changed_between_ordering_and_signing_is_never_signed(sequencer, as_forger, maya, change, kind):
    for number in range(8):
        records.record_event(Action.SIGNED_IN, who=maya, details={"a": 1, "n": number}, now=NOON)
    really_sign, signed = sequencer._sign, []

    def sign(now: Any) -> Any:
        if not signed:
            as_forger.execute(change)
        return signed.append(really_sign(now))

    sequencer._sign = sign

    with pytest.raises(TreeBroken, match=kind):
        sequencer.round(now=NOON)

    assert not Checkpoint.objects.exists()
    assert Event.objects.get(action=Action.LEDGER_ALARM_RAISED).details["kind"] == kind


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM ledger_entry WHERE index = 4",
        "UPDATE ledger_entry SET leaf = substring(leaf, 1, 31) WHERE index = 4",
    ],
)
def test_a_stored_hash_that_is_gone_or_torn_is_named_by_its_place_and_nothing_is_proved(
    sequencer, as_forger, maya, change
):
    for number in range(8):
        records.record_event(Action.SIGNED_IN, who=maya, details={"n": number}, now=NOON)
    sequencer.round(now=NOON)
    as_forger.execute(change)

    with connection.cursor() as cursor:
        with pytest.raises(stored.HashMissing, match=r"level 0, place 4\."):
            stored.root_at(cursor, 8)
        with pytest.raises(proofs.DoesNotFit):
            proofs.prove(cursor, Entry.objects.get(index=7).row_id)


@pytest.mark.parametrize(
    "happening",
    [
        None,
        "INSERT INTO ledger_pending (kind, row_id) SELECT kind, row_id FROM ledger_entry LIMIT 1",
        "DELETE FROM ledger_entry WHERE index >= 4",
        "DELETE FROM ledger_checkpoint",
        COPY_ON,
    ],
)
def test_a_quiet_ledger_has_no_news_until_something_is_added_or_taken_away(sequencer, as_forger, maya, happening):
    for _ in range(8):
        records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
    assert sequencer.has_news(now=NOON)
    sequencer.round(now=NOON)
    sequencer.round(now=NOON)  # what the first one recorded itself has its place, too

    if happening:
        as_forger.execute(happening)

    assert sequencer.has_news(now=NOON + timedelta(seconds=4)) is (happening is not None)


def test_a_quiet_ledger_is_looked_at_closely_all_the_same(sequencer, maya):
    records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
    sequencer.round(now=NOON)
    sequencer.round(now=NOON)

    assert sequencer.has_news(now=NOON + timedelta(seconds=5))
    sequencer.round(now=NOON + timedelta(seconds=5))
    assert not sequencer.has_news(now=NOON + timedelta(seconds=6))
    assert sequencer.has_news(now=NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("DELETE FROM ledger_entry WHERE index >= 4; DELETE FROM ledger_checkpoint", "ROLLBACK"),
        ("UPDATE ledger_entry SET leaf = set_byte(leaf, 0, get_byte(leaf, 0) # 1) WHERE index = 2", "FORK"),
        (COPY_ON, "FORK"),
    ],
)  # fmt: skip
def test_another_history_than_the_signed_one_raises_an_alarm_until_it_is_gone(sequencer, as_forger, maya, change, kind):
    for _ in range(8):
        records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
    sequencer.round(now=NOON)
    tables = ("ledger_entry", "ledger_checkpoint")
    for table in tables:
        as_forger.execute(f"CREATE TABLE kept_{table} AS TABLE {table}")
    try:
        as_forger.execute(change)
        with pytest.raises(TreeBroken, match=kind):
            sequencer.round(now=NOON)
        with connection.cursor() as cursor:
            assert [alarm.kind for alarm in open_alarms(cursor)] == [kind]
            assert standing(cursor, now=timezone.now()).state == "alarm"
        for table in tables:
            as_forger.execute(f"TRUNCATE {table}")
            as_forger.execute(f"INSERT INTO {table} TABLE kept_{table}")
    finally:
        for table in tables:
            as_forger.execute(f"DROP TABLE kept_{table}")

    sequencer.round(now=NOON)

    with connection.cursor() as cursor:
        assert open_alarms(cursor) == ()


def test_after_an_old_backup_was_restored_a_cut_journal_lets_signing_go_on_and_the_whole_one_still_tells(
    sequencer, evidence, as_forger, maya
):
    for _ in range(2):
        records.record_event(Action.SIGNED_IN, who=maya, now=NOON)
        sequencer.round(now=NOON)
    whole = list(evidence.journalled())
    first = notes.Checkpoint.parse(whole[0].text).size
    for statement in (
        "DELETE FROM ledger_event WHERE id IN (SELECT row_id FROM ledger_entry WHERE index >= %s)",
        "DELETE FROM ledger_entry WHERE index >= %s",
        "DELETE FROM ledger_checkpoint WHERE size > %s",
    ):
        as_forger.execute(statement, [first])
    with pytest.raises(TreeBroken, match="ROLLBACK"):
        sequencer.round(now=NOON)
    (journal,) = evidence.folder.glob("checkpoints-*.jsonl")

    journal.write_text(journal.read_text().splitlines(keepends=True)[0])
    for _ in range(3):
        sequencer.round(now=NOON)

    def found(outside):
        trust = verify.Trust([evidence.signing_key(origin="").verifier], outside=outside)
        with connection.cursor() as cursor:
            report = verify.check(cursor, trust, now=timezone.now())
            return {one.code for one in report.findings}, open_alarms(cursor)

    assert found(list(evidence.journalled())) == (set(), ())
    assert found(whole)[0] & {"ROLLBACK", "FORK", "CHECKPOINT_MISSING"}


def test_there_is_one_leader_and_a_leader_that_was_replaced_writes_nothing(sequencer, as_sequencer, evidence, maya):
    second = Sequencer(as_sequencer(), evidence, evidence.signing_key(origin=ORIGIN))
    with pytest.raises(NotLeading):
        second.lead()
    sequencer._connection.execute("SELECT pg_advisory_unlock_all()")
    second.lead()
    records.record_event(Action.SIGNED_IN, who=maya, now=NOON)

    with pytest.raises(NotLeading):
        sequencer.round(now=NOON)

    assert not Entry.objects.exists()
    assert second.round(now=NOON).sequenced == 3


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger_pending (kind, row_id) VALUES (3, gen_random_uuid())",
        "DELETE FROM ledger_pending",
        "INSERT INTO ledger_entry VALUES (0, 3, gen_random_uuid(), '')",
        "INSERT INTO ledger_checkpoint VALUES (0, '', '', 1, now())",
        "UPDATE ledger_leader SET token = 99",
    ],
)
def test_whoever_writes_records_can_write_nothing_of_the_tree(postgres, statement):
    with psycopg.connect(postgres.url(APP)) as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(statement)


def test_the_time_of_a_record_is_the_database_s_whatever_its_writer_says(postgres):
    with psycopg.connect(postgres.url(APP), autocommit=True) as web:
        web.execute(
            "INSERT INTO ledger_event (id, form, happened_at, recorded_at, action, actor_label, team_label, "
            "subject_kind, subject_id, subject_label, details) "
            "VALUES (gen_random_uuid(), 1, now(), '2001-01-01', 'SIGNED_OUT', '', '', '', '', '', '{}')"
        )

    assert timezone.now() - Event.objects.get().recorded_at < timedelta(minutes=5)


def test_records_of_the_first_form_keep_their_leaves_and_cannot_be_given_what_they_lacked(
    sequencer, evidence, open_exchange, as_forger
):
    bare = {"sealed_payload": b""}  # a sealed one would need its key
    old = open_exchange(**bare)
    new = open_exchange(**bare, circumstances=Circumstances(region="eu"), sealed_typed=b"sealed")
    as_forger.execute("UPDATE ledger_intent SET form = 1, circumstances = NULL WHERE id = %s", [old])
    form = leaves.FORMS[RowKind.INTENT]
    row = as_forger.execute(f"SELECT {form.prepared} FROM ledger_intent AS r WHERE r.id = %s", [old])  # noqa: S608
    written = leaves.of_columns(form, row.fetchone())
    sequencer.round(now=NOON)

    assert set(json.loads(written)) == {name for name, _ in form.columns} - leaves.LATER | {"table"}
    assert checked(evidence).is_clean
    for forged in (f"circumstances = '{{}}' WHERE id = '{old}'", f"sealed_typed = NULL WHERE id = '{new}'"):
        as_forger.execute(f"UPDATE ledger_intent SET {forged}")  # noqa: S608
    assert checked(evidence).count(verify.MODIFIED) == 2
