"""Disks that fill up and lines that were cut off: nothing is signed that is not kept, and no other history is taken."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from apps.ledger import records
from apps.ledger.evidence import Evidence
from apps.ledger.models import Checkpoint, Entry, Pending
from apps.ledger.sequencer import Sequencer, TreeBroken
from apps.ledger.standing import open_alarms, standing
from apps.ledger.vocabulary import Action
from tests.ledger.conftest import NOON, ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def no_room_after(path: Path, room: int) -> Iterator[None]:
    """Let no file of this process grow beyond `path`'s size and `room` bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def journal(sequencer, evidence, maya) -> Path:
    """The journal after its first line."""
    act(maya)
    sequencer.round(now=NOON)
    return next(evidence.folder.glob("checkpoints-*.jsonl"))


def act(maya) -> None:
    records.record_event(Action.SIGNED_IN, who=maya, now=NOON)


def open_kinds() -> list[str]:
    with connection.cursor() as cursor:
        return [alarm.kind for alarm in open_alarms(cursor)]


@pytest.mark.parametrize("room", [0, 1, 100])
def test_what_the_journal_has_no_room_for_is_not_signed_until_there_is_room(sequencer, journal, maya, room):
    before = journal.read_bytes()
    act(maya)

    with no_room_after(journal, room):
        for _ in range(2):
            with pytest.raises(TreeBroken, match="JOURNAL"):
                sequencer.round(now=NOON)

    assert journal.read_bytes() == before
    assert Checkpoint.objects.count() == 1
    assert not Pending.objects.exclude(kind=3).exists()
    assert open_kinds() == ["JOURNAL"]
    with connection.cursor() as cursor:
        assert standing(cursor, now=timezone.now()).state == "alarm"
    act(maya)
    assert sequencer.round(now=NOON).signed is not None
    assert open_kinds() == []
    sequencer.round(now=NOON)
    assert Checkpoint.objects.latest("size").size == Entry.objects.count()


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_line_that_a_power_cut_tore_is_taken_out_at_the_next_start(
    journal, sequencer, evidence, as_sequencer, maya, kept
):
    whole = journal.read_bytes()
    last = whole.splitlines(keepends=True)[-1]
    journal.write_bytes(whole + last[:kept])
    act(maya)
    sequencer._connection.close()

    again = Sequencer(as_sequencer(), evidence, evidence.signing_key(origin=ORIGIN))
    again.lead()

    assert again.round(now=NOON).signed is not None
    lines = journal.read_bytes()
    assert lines.startswith(whole)
    assert [json.loads(line)["note"] for line in lines.splitlines()]


def test_the_first_line_of_a_day_that_was_torn_is_taken_out_and_the_day_before_counts(journal, sequencer, maya):
    (journal.parent / "checkpoints-2026-03-03.jsonl").write_bytes(journal.read_bytes()[:50])
    act(maya)

    assert sequencer.round(now=NOON).signed is not None


def test_a_journal_without_its_last_line_is_an_older_one_and_nothing_is_signed(journal, sequencer, maya):
    act(maya)
    sequencer.round(now=NOON)
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    act(maya)

    for older in (b"".join(lines[:-1]), whole[:-1], b""):
        journal.write_bytes(older)
        with pytest.raises(TreeBroken, match="FORK"):
            sequencer.round(now=NOON)

    assert Checkpoint.objects.count() == len(lines)
    journal.write_bytes(whole)
    assert sequencer.round(now=NOON).signed is not None


def test_a_whole_line_that_is_damaged_is_an_alarm_and_not_taken_out(journal, sequencer, maya):
    damaged = journal.read_bytes().replace(b"note", b"n\xffte")
    journal.write_bytes(damaged)
    act(maya)

    with pytest.raises(TreeBroken, match="JOURNAL"):
        sequencer.round(now=NOON)

    assert journal.read_bytes() == damaged
    assert open_kinds() == ["JOURNAL"]


@pytest.mark.parametrize("has_grown", [False, True])
def test_what_was_signed_by_a_sequencer_that_ended_before_it_was_published_is_published_by_the_next(
    journal, sequencer, evidence, as_forger, maya, has_grown
):
    act(maya)
    sequencer.round(now=NOON)
    last = Checkpoint.objects.latest("size")
    as_forger.execute("DELETE FROM ledger_checkpoint WHERE size = %s", [last.size])  # its transaction was lost
    if has_grown:
        act(maya)

    sequencer.round(now=NOON)

    assert Checkpoint.objects.get(size=last.size).note == last.note
    assert {str(note) for note in evidence.journalled()} == set(Checkpoint.objects.values_list("note", flat=True))


def test_what_was_signed_is_published_though_the_next_sequencer_ends_before_its_own_is_published_too(
    journal, sequencer, evidence, as_forger, maya, monkeypatch
):
    act(maya)
    sequencer.round(now=NOON)
    as_forger.execute("DELETE FROM ledger_checkpoint WHERE size = (SELECT max(size) FROM ledger_checkpoint)")
    act(maya)
    really_journal = type(evidence).journal

    def journal_and_end(*arguments, **named):
        really_journal(*arguments, **named)
        raise Ended

    monkeypatch.setattr(type(evidence), "journal", journal_and_end)
    with pytest.raises(Ended):
        sequencer.round(now=NOON)
    monkeypatch.undo()
    act(maya)
    sequencer.round(now=NOON)

    assert {str(note) for note in evidence.journalled()} == set(Checkpoint.objects.values_list("note", flat=True))


class Ended(Exception):
    """The sequencer ended here."""


def test_a_signing_key_is_never_made_anew_beside_a_journal(journal, evidence):
    evidence.key_file.unlink()

    with suppress(Exception):
        Evidence(evidence.folder).signing_key(origin=ORIGIN)

    assert not evidence.key_file.exists()


def test_the_journal_goes_on_in_its_newest_file_when_the_clock_is_set_back(journal, sequencer, evidence, maya):
    act(maya)
    sequencer.round(now=NOON.replace(year=NOON.year + 1))
    act(maya)

    assert sequencer.round(now=NOON).signed is not None

    assert len(list(evidence.folder.glob("checkpoints-*.jsonl"))) == 2
    last = evidence.last_signed()
    assert last is not None
    assert last.size == Checkpoint.objects.latest("size").size
    act(maya)
    assert sequencer.round(now=NOON).signed is not None
