"""
The story of a document after its upload: read, split, looked through for personal data, made searchable.

Celery delivers a task at least once and may lose it. So the document's row decides: one worker at a time holds a claim
on it (a token and a time until which it holds), every step is written under that token, and what a dead worker left is
claimed again when its time is over.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q

from apps.ledger import clock as database_clock
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import engine
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.findings import Finding
from apps.rag import embedding
from apps.rag.embedding import EmbeddingUnavailable
from apps.rag.models import Document, DocumentQuerySet, Passage
from apps.rag.parsing import Parsed, Unreadable, process
from apps.rag.parsing.kinds import kind_of_content_type
from apps.rag.splitting import Piece, TooManyPassages, split

LEASE = timedelta(seconds=120)
ASK_AGAIN_AFTER = timedelta(minutes=5)
MOST_ATTEMPTS = 3
BATCH = 200
NOT_CHECKED = "The text could not be checked for personal data, so it is not searchable yet. Retry in a few minutes."
FILE_GONE = "The stored file is missing on this server. Delete the document and upload it again."
KEEPS_FAILING = "Reading this file stopped the program that reads it three times. Save it again in a simpler form."

Clock = Callable[[], datetime]
logger = logging.getLogger(__name__)


class ClaimLost(Exception):
    """Another worker has taken the document over, or it was deleted: stop, and write nothing."""


@dataclass(slots=True)
class Claim:
    """The right to work on one document, and how far the work has come."""

    document: Document
    token: UUID
    clock: Clock
    renewed_at: datetime

    def step(self, status: Document.Status, progress: int) -> None:
        """
        Write the progress and renew the lease; small steps in quick succession are not written.

        :raises ClaimLost: if the claim is no longer ours.
        """
        now = self.clock()
        is_small = status == self.document.status and progress < self.document.progress + 5
        if is_small and now - self.renewed_at < LEASE / 8:
            return
        self.document.status, self.document.progress, self.renewed_at = status, progress, now
        if not self.rows().update(status=status, progress=progress, claimed_until=now + LEASE):
            raise ClaimLost

    def rows(self) -> DocumentQuerySet:
        """The document's row, as long as the claim is ours."""
        return Document.objects.filter(pk=self.document.pk, claim=self.token)


def ingest(document_id: UUID, *, clock: Clock = database_clock.now) -> bool:
    """
    Make one document searchable, or give it a sentence that says why not. Return False if there was nothing to do.

    Safe to call twice, at the same time or later. About 1 s for a page of text.
    """
    claim = _claim(document_id, clock=clock)
    if claim is None:
        return False
    try:
        pieces = _pieces(claim)
        findings = _find(claim, pieces)
        vectors = _embed(claim, pieces)
        _finish(claim, pieces, findings, vectors)
    except ClaimLost:
        logger.info("Document %s was taken over by another worker or deleted", document_id)
    except (Unreadable, TooManyPassages, EmbeddingUnavailable) as refusal:
        _fail(claim, refusal.sentence)
    except ScrubberUnavailable:
        _fail(claim, NOT_CHECKED)
    except FileNotFoundError:
        _fail(claim, FILE_GONE)
    return True


def unfinished(*, now: datetime) -> list[UUID]:
    """
    Choose the documents whose worker died or whose task was lost, and put off the next reminder. One statement each.

    A document that has outlived its attempts is failed with a sentence instead.
    """
    waiting = Document.objects.in_progress().filter(claimed_until__lt=now)
    for document in waiting.exclude(status=Document.Status.QUEUED).filter(attempts__gte=MOST_ATTEMPTS):
        _fail(Claim(document, document.claim or uuid4(), lambda: now, now), KEEPS_FAILING)
    chosen = []
    for document_id in waiting.values_list("pk", flat=True):
        mine = waiting.filter(pk=document_id, status=Document.Status.QUEUED).update(claimed_until=now + ASK_AGAIN_AFTER)
        if mine or waiting.filter(pk=document_id).exists():
            chosen.append(document_id)
    return chosen


def outdated(*, most: int) -> list[UUID]:
    """List ready documents whose findings were made by an older privacy engine."""
    ready = Document.objects.filter(status=Document.Status.READY).exclude(policy_version=engine.version())
    return list(ready.order_by("pk").values_list("pk", flat=True)[:most])


def find_again(document_id: UUID) -> None:
    """
    Look through a ready document with the present privacy engine. Safe to call twice.

    :raises ScrubberUnavailable: if the engine fails; the old findings stay, and the search knows that they are old.
    """
    version = engine.version()
    document = Document.objects.filter(pk=document_id, status=Document.Status.READY).first()
    if document is None or document.policy_version == version:
        return
    passages = list(document.passages.defer("embedding", "search"))
    for passage in passages:
        passage.findings = [finding.to_json() for finding in engine.detect(passage.text)]
    with transaction.atomic():
        unchanged = Document.objects.filter(pk=document_id, policy_version=document.policy_version)
        if unchanged.update(policy_version=version):
            Passage.objects.bulk_update(passages, ["findings"], batch_size=BATCH)


def _claim(document_id: UUID, *, clock: Clock) -> Claim | None:
    """Take the document in one statement, if it waits or its worker's time is over."""
    now, token = clock(), uuid4()
    is_free = Q(status=Document.Status.QUEUED) | Q(claimed_until__lt=now, attempts__lt=MOST_ATTEMPTS)
    taken = (
        Document.objects.in_progress()
        .filter(is_free, pk=document_id)
        .update(
            status=Document.Status.READING,
            progress=5,
            claim=token,
            claimed_until=now + LEASE,
            attempts=F("attempts") + 1,
        )
    )
    if not taken:
        return None
    document = Document.objects.filter(pk=document_id, claim=token).first()
    return Claim(document, token, clock, now) if document else None


def _pieces(claim: Claim) -> list[Piece]:
    parsed = _read(claim.document)
    claim.step(Document.Status.SPLITTING, 20)
    claim.document.pages = parsed.pages
    return split(parsed, title=claim.document.title)


def _read(document: Document) -> Parsed:
    """Copy the stored file to where the reading process can be given it, wherever the storage is."""
    with tempfile.TemporaryFile() as copy:
        with document.file.open("rb") as stored:
            shutil.copyfileobj(stored, copy)
        copy.seek(0)
        return process.read(copy, kind_of_content_type(document.content_type))


def _find(claim: Claim, pieces: Sequence[Piece]) -> list[tuple[Finding, ...]]:
    claim.document.policy_version = engine.version()
    found = []
    for piece in pieces:
        claim.step(Document.Status.SCRUBBING, 25 + 35 * piece.ordinal // len(pieces))
        found.append(engine.detect(piece.text))
    return found


def _embed(claim: Claim, pieces: Sequence[Piece]) -> list[list[float]]:
    vectors = []
    for piece in pieces:
        claim.step(Document.Status.EMBEDDING, 60 + 38 * piece.ordinal // len(pieces))
        vectors.append(embedding.embed(piece.text).tolist())
    return vectors


@transaction.atomic
def _finish(
    claim: Claim, pieces: Sequence[Piece], findings: Sequence[tuple[Finding, ...]], vectors: Sequence[list[float]]
) -> None:
    """Replace the passages, open the document to the search and record it: all or none."""
    document, now = claim.document, claim.clock()
    still_ours = claim.rows().update(
        status=Document.Status.READY,
        progress=100,
        ready_at=now,
        pages=document.pages,
        policy_version=document.policy_version,
        claim=None,
        claimed_until=None,
    )
    if not still_ours:
        raise ClaimLost
    Passage.objects.filter(document=document).delete()
    Passage.objects.bulk_create(
        (
            Passage(
                document=document,
                ordinal=piece.ordinal,
                heading=piece.heading,
                page=piece.page,
                text=piece.text,
                findings=[finding.to_json() for finding in found],
                embedding=vector,
            )
            for piece, found, vector in zip(pieces, findings, vectors, strict=True)
        ),
        batch_size=BATCH,
    )
    masked = sum(len(found) for found in findings)
    _record(Action.DOCUMENT_READ_IN, document, {"passages": len(pieces), "findings": masked}, now)


@transaction.atomic
def _fail(claim: Claim, sentence: str) -> None:
    now = claim.clock()
    still_ours = claim.rows().update(
        status=Document.Status.FAILED, failure=sentence, claim=None, claimed_until=None, progress=0
    )
    if still_ours:
        _record(Action.DOCUMENT_FAILED, claim.document, {"why": sentence}, now)


def _record(action: Action, document: Document, details: dict[str, int | str], now: datetime) -> None:
    record_event(
        action,
        who=None,
        subject_kind="document",
        subject_id=str(document.pk),
        details=details,
        now=now,
    )
