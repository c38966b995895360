"""What the library keeps of people: the documents they uploaded, with passages and embeddings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction

from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy.erasure import Part, Room
from apps.rag.models import Document


class RagRoom(Room):
    """Documents stand under no key: an erasure deletes what the person uploaded, file, passages and embeddings."""

    name = "rag"

    def forget_person(self, person_id: UUID, *, now: datetime) -> Counter[str]:
        count = 0
        for document in Document.objects.filter(uploaded_by_id=person_id).select_related("collection"):
            _delete(document, now=now)
            count += 1
        return Counter(documents=count)

    def package(self, person_id: UUID) -> Iterator[Part]:
        mine = Document.objects.filter(uploaded_by_id=person_id).select_related("collection").order_by("created_at")
        records: tuple[dict[str, Json], ...] = tuple(
            {
                "document": str(document.pk),
                "title": document.title,
                "file": document.file_name,
                "collection": document.collection.name,
                "uploaded_at": document.created_at.isoformat(),
                "bytes": document.size,
            }
            for document in mine
        )
        yield Part("documents", "Documents you uploaded", records)
        for document in mine:
            yield Part(
                f"documents/{document.pk}-{PurePath(document.file_name).name}",
                document.title,
                file=document.file.open("rb"),
            )


def _delete(document: Document, *, now: datetime) -> None:
    record_event(
        Action.DOCUMENT_DELETED,
        who=None,
        subject_kind="document",
        subject_id=str(document.pk),
        details={"collection": document.collection.name, "why": "erasure of the person who uploaded it"},
        now=now,
    )
    stored = str(document.file.name)
    document.delete()
    transaction.on_commit(lambda: default_storage.delete(stored))
