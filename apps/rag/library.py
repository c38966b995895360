"""What people do to collections and documents. Each act is on the record or did not happen."""

from __future__ import annotations

import hashlib
from collections.abc import Collection as Set
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.rag.ingest import ASK_AGAIN_AFTER
from apps.rag.models import Collection, CollectionGrant, Document
from apps.rag.parsing import Unreadable
from apps.rag.parsing.cleaning import one_line
from apps.rag.parsing.kinds import CONTENT_TYPES, EXTENSIONS, confirm_start, kind_of_name
from apps.rag.tasks import ingest_document

HEAD_BYTES = 8192


class UploadRefused(Exception):
    """A file was not taken; `sentence` says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(type(self).__name__)
        self.sentence = sentence


class TooLarge(UploadRefused):
    """The file is larger than a document may be."""

    def __init__(self) -> None:
        super().__init__(
            f"The file is larger than {settings.UPLOAD_LIMIT_MEGABYTES} MB, so it was not kept. Split it into parts."
        )


class AlreadyThere(UploadRefused):
    """The collection already holds exactly this file."""

    def __init__(self) -> None:
        super().__init__("Exactly this file is already in the collection, so it was not added again.")


class NotEmpty(Exception):
    """A collection with documents is not deleted."""

    sentence = "This collection still holds documents. Delete or move them first."


def add_document(collection: Collection, *, file: File[bytes], file_name: str, person: User, now: datetime) -> Document:
    """
    Keep an uploaded file and queue its reading. The caller has checked that `person` may add to `collection`.

    :raises UploadRefused: if it is too large, empty, of a kind that is not read, or already there.
    """
    try:
        kind = kind_of_name(file_name)
        if file.size > settings.UPLOAD_LIMIT_MEGABYTES * 1024 * 1024:
            raise TooLarge
        confirm_start(kind, file.read(HEAD_BYTES))
    except Unreadable as refusal:
        raise UploadRefused(refusal.sentence) from None
    document = Document(
        collection=collection,
        title=title_of(file_name),
        file_name=one_line(PurePath(file_name).name)[:255],
        content_type=CONTENT_TYPES[kind],
        size=file.size,
        sha256=_digest(file),
        uploaded_by=person,
        claimed_until=now + ASK_AGAIN_AFTER,
        created_at=now,
    )
    _keep(document, file, person=person, now=now)
    return document


def title_of(file_name: str) -> str:
    """Make a title of a file's name."""
    return one_line(PurePath(file_name).stem.replace("_", " "))[:200] or "Untitled"


def _digest(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def _keep(document: Document, file: File[bytes], *, person: User, now: datetime) -> None:
    """Store file, row and record together; a file without its row is taken away again."""
    document.file.save(document.file_name, file, save=False)
    stored = str(document.file.name)
    try:
        with transaction.atomic():
            document.save(force_insert=True)
            _record(Action.DOCUMENT_UPLOADED, person, document, {"size": document.size}, now)
            _queue(document)
    except IntegrityError:
        default_storage.delete(stored)
        raise AlreadyThere from None
    except BaseException:
        default_storage.delete(stored)
        raise


def _queue(document: Document) -> None:
    """Queue the reading after the commit. Where the broker is away, `rag.resume` queues it later."""
    transaction.on_commit(lambda: ingest_document.delay(str(document.pk)), robust=True)


def record_refused_upload(collection: Collection, *, file_name: str, why: str, person: User, now: datetime) -> None:
    """Record that a file was offered and not taken; its name is a person's words and stays out of the ledger."""
    record_event(
        Action.DOCUMENT_UPLOAD_REFUSED,
        who=who(person),
        subject_kind="collection",
        subject_id=str(collection.pk),
        subject_label=collection.name,
        details={"kind": _kind_of(file_name), "why": why},
        now=now,
    )


@transaction.atomic
def delete_document(document: Document, *, person: User, now: datetime) -> None:
    """Delete a document, its passages and its file, on the record."""
    _record(Action.DOCUMENT_DELETED, person, document, {"collection": document.collection.name}, now)
    stored = str(document.file.name)
    document.delete()
    transaction.on_commit(lambda: default_storage.delete(stored))


@transaction.atomic
def retry_document(document: Document, *, person: User, now: datetime) -> bool:
    """Queue a failed document again, on the record; return False if it was not failed any more."""
    failed = Document.objects.filter(pk=document.pk, status=Document.Status.FAILED)
    queued = failed.update(
        status=Document.Status.QUEUED, failure="", progress=0, attempts=0, claimed_until=now + ASK_AGAIN_AFTER
    )
    if queued:
        _record(Action.DOCUMENT_RETRIED, person, document, {}, now)
        _queue(document)
    return bool(queued)


@transaction.atomic
def record_look(document: Document, action: Action, *, person: User, now: datetime, passage: int | None = None) -> None:
    """Record that somebody looked at a document, a cited passage of it, or took the original."""
    _record(action, person, document, {} if passage is None else {"passage": passage}, now)


@transaction.atomic
def create_collection(
    *, name: str, description: str, is_company_wide: bool, teams: Set[Team], person: User, now: datetime
) -> Collection:
    """Make a collection and open it to `teams`; without teams, and not company-wide, nobody sees it yet."""
    collection = Collection.objects.create(
        name=name, description=description, is_company_wide=is_company_wide, created_by=person, created_at=now
    )
    record = {"company_wide": is_company_wide}
    _record_collection(Action.COLLECTION_CREATED, person, collection, record, now)
    _grant(collection, teams, person=person, now=now)
    return collection


@transaction.atomic
def change_collection(
    collection: Collection,
    *,
    name: str,
    description: str,
    is_company_wide: bool,
    teams: Set[Team],
    person: User,
    now: datetime,
) -> None:
    """Change a collection and who may read it; what was taken away is gone with the next query of anybody."""
    before = Collection.objects.select_for_update().get(pk=collection.pk)
    changed: dict[str, str | bool] = {
        field: new
        for field, new in (("name", name), ("description", description), ("is_company_wide", is_company_wide))
        if getattr(before, field) != new
    }
    if changed:
        Collection.objects.filter(pk=collection.pk).update(**changed)
        _record_collection(Action.COLLECTION_CHANGED, person, before, changed, now)
    held = {grant.team_id: grant for grant in before.grants.select_related("team")}
    wanted = {team.pk for team in teams}
    for team_id, grant in held.items():
        if team_id not in wanted:
            grant.delete()
            _record_grant(Action.COLLECTION_GRANT_TAKEN, before, grant.team, person=person, now=now)
    _grant(before, [team for team in teams if team.pk not in held], person=person, now=now)


@transaction.atomic
def delete_collection(collection: Collection, *, person: User, now: datetime) -> None:
    """
    Delete an empty collection, on the record.

    :raises NotEmpty: if it holds documents.
    """
    locked = Collection.objects.select_for_update().get(pk=collection.pk)
    if locked.documents.exists():
        raise NotEmpty
    _record_collection(Action.COLLECTION_DELETED, person, locked, {}, now)
    locked.delete()


def _grant(collection: Collection, teams: Set[Team], *, person: User, now: datetime) -> None:
    for team in teams:
        CollectionGrant.objects.create(collection=collection, team=team, granted_by=person, created_at=now)
        _record_grant(Action.COLLECTION_GRANT_GIVEN, collection, team, person=person, now=now)


def _record_grant(action: Action, collection: Collection, team: Team, *, person: User, now: datetime) -> None:
    details = {"team": team.name, "team_id": str(team.pk)}
    _record_collection(action, person, collection, details, now)


def _record_collection(
    action: Action, person: User, collection: Collection, details: Mapping[str, Json], now: datetime
) -> None:
    record_event(
        action,
        who=who(person),
        subject_kind="collection",
        subject_id=str(collection.pk),
        subject_label=collection.name,
        details=details,
        now=now,
    )


def _record(action: Action, person: User, document: Document, details: Mapping[str, Json], now: datetime) -> None:
    record_event(
        action,
        who=who(person),
        subject_kind="document",
        subject_id=str(document.pk),
        details=details,
        now=now,
    )


def _kind_of(file_name: str) -> str:
    """The name's ending, where it is one that is read."""
    ending = PurePath(file_name).suffix.lower()
    return ending if ending in EXTENSIONS else "another"


def document_id_of(raw: object) -> UUID | None:
    """Read an id that a page sent; None for anything else."""
    try:
        return UUID(str(raw))
    except ValueError:
        return None
