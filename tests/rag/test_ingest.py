"""What happens to a document after its upload, also when workers die or deliver twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from apps.ledger.models import Event
from apps.ledger.vocabulary import Action
from apps.privacy import engine
from apps.privacy.engine import ScrubberUnavailable
from apps.rag import ingest, library, tasks
from apps.rag.ingest import LEASE
from apps.rag.ingest import ingest as read_in
from apps.rag.models import Document
from tests.rag import files

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEXT = b"# Contract\n\nMarisol Quintero can be reached at marisol.quintero@brightwater-clinics.example.\n"


@pytest.fixture
def maya(make_person: Any) -> Any:
    return make_person(teams=("Sales",))


@pytest.fixture
def upload(maya: Any, make_collection: Any) -> Any:
    collection = make_collection(teams=("Sales",))

    def add(data: bytes = TEXT, name: str = "Contract.md") -> Document:
        return library.add_document(collection, file=ContentFile(data), file_name=name, person=maya, now=NOW)

    return add


def state(document: Document) -> tuple[str, int]:
    document.refresh_from_db()
    return document.status, document.progress


def test_a_document_becomes_searchable_with_its_findings(upload: Any):
    document = upload()

    assert read_in(document.pk)

    assert state(document) == ("READY", 100)
    passage = document.passages.get()
    found = {passage.text[each["start"] : each["end"]] for each in passage.findings}
    assert {"Marisol Quintero", "marisol.quintero@brightwater-clinics.example"} <= found
    assert document.policy_version == engine.version()
    event = Event.objects.get(action=Action.DOCUMENT_READ_IN)
    assert event.subject_id == str(document.pk)
    assert "Marisol" not in str(event.details)


@pytest.mark.thorough
def test_every_step_is_written_as_it_happens(upload: Any, monkeypatch: pytest.MonkeyPatch):
    document = upload("\n\n".join(f"# Part {n}\n\n{'word ' * 150}" for n in range(30)).encode(), "Long.md")
    seen: list[tuple[str, int]] = []
    really_detect, really_embed = engine.detect, ingest.embedding.embed

    def detect(text: str) -> Any:
        seen.append(state(document))
        return really_detect("") if len(seen) > 2 else really_detect(text)

    def embed(text: str) -> Any:
        seen.append(state(document))
        return really_embed(text)

    monkeypatch.setattr(engine, "detect", detect)
    monkeypatch.setattr(ingest.embedding, "embed", embed)

    read_in(document.pk)

    assert list(dict.fromkeys(status for status, _ in seen)) == ["SCRUBBING", "EMBEDDING"]
    assert [progress for _, progress in seen] == sorted(progress for _, progress in seen)
    assert len({progress for _, progress in seen}) > 8


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (files.pdf(password="x"), "Locked.pdf", "protected by a password"),
        (files.scanned_pdf(), "Scan.pdf", "No text was found"),
        (files.pdf()[:400], "Cut.pdf", "damaged"),
        (files.many_entries(), "Bomb.docx", "unpacks to far more"),
        (files.locked_word(), "Locked.docx", "protected by a password"),
        (files.old_word(), "Old.docx", "old Word format"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_a_sentence(upload: Any, data: bytes, name: str, sentence: str):
    document = upload(data, name)

    read_in(document.pk)

    assert state(document) == ("FAILED", 0)
    assert sentence in document.failure
    assert not document.passages.exists()
    assert Event.objects.filter(action=Action.DOCUMENT_FAILED, subject_id=str(document.pk)).count() == 1


def test_a_text_that_cannot_be_checked_is_not_made_searchable(upload: Any, monkeypatch: pytest.MonkeyPatch):
    def fail(text: str) -> Any:
        raise ScrubberUnavailable

    monkeypatch.setattr(engine, "detect", fail)
    document = upload()

    read_in(document.pk)

    assert state(document) == ("FAILED", 0)
    assert document.failure == ingest.NOT_CHECKED
    assert not document.passages.exists()


def test_a_file_missing_in_the_storage_is_said(upload: Any):
    document = upload()
    default_storage.delete(str(document.file.name))

    read_in(document.pk)

    assert state(document) == ("FAILED", 0)
    assert document.failure == ingest.FILE_GONE


def test_a_second_delivery_does_nothing(upload: Any):
    document = upload()
    read_in(document.pk)
    before = list(document.passages.values_list("pk", flat=True))

    assert not read_in(document.pk)

    assert list(document.passages.values_list("pk", flat=True)) == before
    assert not read_in(uuid4())


def test_a_document_that_somebody_else_reads_is_left_alone(upload: Any):
    document = upload()
    assert ingest._claim(document.pk, clock=lambda: NOW)

    assert not read_in(document.pk, clock=lambda: NOW + LEASE / 2)


def test_a_dead_workers_document_is_taken_over_and_the_dead_one_writes_nothing(upload: Any):
    document = upload()
    dead = ingest._claim(document.pk, clock=lambda: NOW)
    assert dead

    assert read_in(document.pk, clock=lambda: NOW + LEASE * 2)

    with pytest.raises(ingest.ClaimLost):
        dead.step(Document.Status.EMBEDDING, 90)
    with pytest.raises(ingest.ClaimLost):
        ingest._finish(dead, [], [], [])
    ingest._fail(dead, "It failed.")
    assert state(document) == ("READY", 100)
    assert document.passages.count() == 1


def test_a_document_deleted_while_it_is_read_stays_deleted(upload: Any, monkeypatch: pytest.MonkeyPatch):
    document = upload()
    really_embed = ingest.embedding.embed

    def embed(text: str) -> Any:
        Document.objects.filter(pk=document.pk).delete()
        return really_embed(text)

    monkeypatch.setattr(ingest.embedding, "embed", embed)

    read_in(document.pk)

    assert not Document.objects.filter(pk=document.pk).exists()
    assert not Event.objects.filter(action=Action.DOCUMENT_READ_IN).exists()


def test_what_a_dead_worker_left_and_what_was_never_delivered_is_queued_again(upload: Any):
    left, never, fresh, done = (upload(TEXT + bytes([65 + n]), f"{n}.md") for n in range(4))
    ingest._claim(left.pk, clock=lambda: NOW)
    read_in(done.pk)
    Document.objects.filter(pk=fresh.pk).update(claimed_until=NOW + timedelta(hours=1))
    later = NOW + timedelta(minutes=10)

    chosen = ingest.unfinished(now=later)

    assert set(chosen) == {left.pk, never.pk}
    assert set(ingest.unfinished(now=later)) == {left.pk}  # the reminder of a queued one waits its time


def test_a_file_that_kills_its_worker_again_and_again_is_given_up(upload: Any):
    document, when = upload(), NOW
    for _ in range(ingest.MOST_ATTEMPTS):
        assert ingest._claim(document.pk, clock=lambda when=when: when)
        when += LEASE * 2

    assert ingest.unfinished(now=when) == []

    assert state(document) == ("FAILED", 0)
    assert document.failure == ingest.KEEPS_FAILING
    assert not read_in(document.pk, clock=lambda: when)


def test_a_failed_document_can_be_read_again(upload: Any, monkeypatch: pytest.MonkeyPatch):
    document = upload()
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "_read", lambda document: (_ for _ in ()).throw(FileNotFoundError()))
        read_in(document.pk)
    assert state(document)[0] == "FAILED"

    assert library.retry_document(document, person=document.uploaded_by, now=NOW)
    assert not library.retry_document(document, person=document.uploaded_by, now=NOW)
    read_in(document.pk)

    assert state(document) == ("READY", 100)
    assert document.failure == ""


@pytest.mark.thorough
def test_reading_again_replaces_the_passages(upload: Any):
    document = upload()
    read_in(document.pk)
    Document.objects.filter(pk=document.pk).update(status="QUEUED", ready_at=None, progress=0)

    read_in(document.pk)

    assert document.passages.count() == 1


def test_findings_of_an_older_engine_are_renewed_in_the_background(upload: Any):
    document = upload()
    read_in(document.pk)
    Document.objects.filter(pk=document.pk).update(policy_version="older")
    document.passages.update(findings=[])

    assert tasks.refresh_findings() == 1

    document.refresh_from_db()
    assert document.policy_version == engine.version()
    assert document.passages.get().findings
    assert tasks.refresh_findings() == 0


def test_tasks_carry_ids_and_never_text(upload: Any, django_capture_on_commit_callbacks: Any, monkeypatch: Any):
    sent: list[Any] = []
    monkeypatch.setattr(tasks.ingest_document, "delay", lambda *given: sent.append(given))

    with django_capture_on_commit_callbacks(execute=True):
        document = upload()

    assert sent == [(str(document.pk),)]


def test_a_broker_that_is_away_loses_no_document(
    upload: Any, django_capture_on_commit_callbacks: Any, monkeypatch: Any
):
    def away(*given: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.ingest_document, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        document = upload()

    assert state(document) == ("QUEUED", 0)
    assert document.file.open("rb").read() == TEXT
    assert ingest.unfinished(now=NOW + timedelta(minutes=10)) == [document.pk]


@pytest.mark.django_db(transaction=True)
def test_of_many_deliveries_at_once_one_works(upload: Any):
    document = upload()
    worked: list[bool] = []

    def deliver() -> None:
        worked.append(ingest._claim(document.pk, clock=lambda: NOW) is not None)
        connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(worked) == 1
