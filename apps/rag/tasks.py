"""Work in the background: documents become searchable, and none is left lying. Tasks carry ids, never text."""

from __future__ import annotations

import logging
from uuid import UUID

from celery import shared_task
from django.db import DatabaseError

from apps.ledger import clock
from apps.rag import ingest

REFRESHED_AT_ONCE = 20
logger = logging.getLogger(__name__)


class IngestInterrupted(Exception):
    """The database failed while a document was being read; it is picked up again when its claim has run out."""


@shared_task(name="rag.ingest")
def ingest_document(document_id: str) -> None:
    """
    Make one document searchable.

    :raises IngestInterrupted: instead of the database's own error, whose detail could quote the document.
    """
    try:
        ingest.ingest(UUID(document_id))
    except DatabaseError as error:
        raise IngestInterrupted(f"Document {document_id}: {type(error).__name__}") from None


@shared_task(name="rag.resume")
def resume_documents() -> int:
    """Queue documents again whose worker died or whose task was lost; return how many."""
    chosen = ingest.unfinished(now=clock.now())
    for document_id in chosen:
        ingest_document.delay(str(document_id))
    return len(chosen)


@shared_task(name="rag.refresh_findings")
def refresh_findings() -> int:
    """Look through documents again that an older privacy engine looked through; return how many."""
    chosen = ingest.outdated(most=REFRESHED_AT_ONCE)
    for document_id in chosen:
        ingest.find_again(document_id)
    return len(chosen)
