"""The life of an export: asked for, consented to where text goes along, built, taken once or more, and deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Any, Final
from uuid import UUID

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction

from apps.accounts.models import Role, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.cases import building, choosing, runs, sealed_file, words
from apps.audit.cases.building import Built
from apps.audit.cases.models import Case, Export, Run
from apps.audit.cases.recording import EXPORT, about_export, name_for_the_desk
from apps.audit.cases.spool import Spool
from apps.audit.reads import TookTooLong
from apps.ledger import clock
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.proofs import NotYetSigned
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, keys

FILE: Final = "export.file"
NO_RIGHT: Final = "Whoever asked for it is no compliance officer any more, so nothing was made."
NO_CONSENT: Final = "The record does not say that exactly this was asked for and consented to, so nothing was made."
NOT_SIGNED: Final = (
    "The ledger signed nothing for a minute, so nothing could be proved. Look at Integrity, then try again."
)


class NotToBeHad(Exception):
    """The file is gone, or was never made."""

    sentence = "This export cannot be downloaded: it was deleted, or is not finished. Ask for a new one."


@transaction.atomic
def ask(*, case: Case | None, query: str, variant: str, is_whole: bool, why: str, by: User, now: datetime) -> Export:
    """
    Ask for an export. The redacted one is queued; the full one waits for a second officer where the rule says so.

    :raises choosing.TooMany: if more exchanges match than it may hold.
    :raises choosing.NotAStretch: if it is to be whole and asks for anything but a span of time.
    :raises apps.audit.reads.TookTooLong: if the database cannot count them in time.
    """
    export = Export(id=new_id(), case=case, query=query, variant=variant, is_whole=is_whole, by=by, asked_at=now)
    if is_whole and (case is not None or not choosing.is_a_span(choosing.form_of(export))):
        raise choosing.NotAStretch
    export.total = choosing.expected(export)
    if export.total > choosing.MOST:
        raise choosing.TooMany
    export.sealed_why = keys.seal(export.pk, why.encode(), purpose=words.WHY)
    needs_two = variant == Export.Variant.FULL and asking.is_needed(Deed.EXPORT)
    export.state = Run.State.ASKED if needs_two else Run.State.QUEUED
    export.save(force_insert=True)
    about_export(
        Action.EXPORT_ASKED, export, by=by, now=now, query=query, exchanges=export.total, why=why,
        second_officer=needs_two,
    )  # fmt: skip
    if needs_two:
        asking.ask(Deed.EXPORT, subject=subject_of(export), terms=terms_of(export), why=why, by=by, now=now)
    return export


@transaction.atomic
def start(export: Export, *, by: User, now: datetime) -> bool:
    """
    Begin an export that a second officer consented to. False if it does not wait for that any more.

    :raises asking.NotApproved: if nobody consented to exactly this.
    """
    if not Export.objects.filter(pk=export.pk, state=Run.State.ASKED).update(state=Run.State.QUEUED):
        return False
    approval = asking.spend(Deed.EXPORT, subject=subject_of(export), terms=terms_of(export), by=by, now=now)
    about_export(Action.EXPORT_STARTED, export, by=by, now=now, approval=str(approval.pk) if approval else None)
    return True


def subject_of(export: Export) -> Subject:
    """Name the export for whoever has to consent."""
    return Subject(EXPORT, str(export.pk), f"Export of {name_for_the_desk(export)}")


def terms_of(export: Export) -> dict[str, Json]:
    """Say what is consented to, exactly."""
    return {
        "what": name_for_the_desk(export),
        "filters": ", ".join(f"{name}: {value}" for name, value in choosing.filters(export).items()) or "none",
        "exchanges": export.total,
        "as of": f"{export.asked_at:%Y-%m-%d %H:%M:%S %Z}",
        "text and names": "yes" if export.variant == Export.Variant.FULL else "no",
        "every record of the span": "yes" if export.is_whole else "no",
    }


def work(export_id: UUID) -> None:
    """Build a queued export, unless another worker does; a second worker starts anew where the first one died."""
    export = runs.claim(Export.objects.select_related("case", "case__officer", "by"), export_id, now=clock.now())
    if export is None:
        return
    try:
        with Spool(keys.open_key(export.pk).box(FILE)) as spool:
            _built(export, spool)
    except runs.Interrupted:
        return
    except (choosing.TooMany, TookTooLong) as reason:
        _fail(export, reason.sentence)
    except NotYetSigned:
        _fail(export, NOT_SIGNED)


@transaction.atomic
def cancel(export: Export, *, by: User | None, now: datetime) -> bool:
    """Stop an export; nothing of it is kept. False if it has ended."""
    if not runs.cancel(export, now=now):
        return False
    destruction.destroy_one(export.pk)
    about_export(Action.EXPORT_CANCELLED, export, by=by, now=now)
    return True


def downloaded(export: Export, *, by: User, now: datetime) -> Iterator[bytes]:
    """
    Put a download on the record, and give the bundle chunk by chunk.

    :raises NotToBeHad: if there is no file any more; then nothing is recorded.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then nothing may be sent.
    """
    if export.state != Run.State.DONE or export.expires_at is None or export.expires_at <= now:
        raise NotToBeHad
    try:
        file, box = default_storage.open(export.stored_as), keys.open_key(export.pk).box(FILE)
    except (FileNotFoundError, keys.KeyDestroyed):
        raise NotToBeHad from None
    about_export(Action.EXPORT_DOWNLOADED, export, by=by, now=now, manifest=export.manifest)
    return sent(file, box)


@transaction.atomic
def delete(export: Export, *, by: User | None, now: datetime) -> bool:
    """Delete a finished export: its key first, so that its file opens nowhere any more. False if it is not finished."""
    finished = Export.objects.filter(pk=export.pk, state=Run.State.DONE)
    if not finished.update(state=Run.State.GONE, stored_as="", ended_at=now):
        return False
    destruction.destroy_one(export.pk)
    about_export(Action.EXPORT_DELETED, export, by=by, now=now, manifest=export.manifest)
    transaction.on_commit(lambda: default_storage.delete(export.stored_as))
    return True


def delete_expired(*, now: datetime) -> int:
    """Delete exports whose days are over, and files of ones that were never finished; return how many."""
    over = Export.objects.filter(state=Run.State.DONE, expires_at__lte=now).select_related("case")
    return sum(delete(export, by=None, now=now) for export in over)


def _built(export: Export, spool: Spool) -> None:
    if not export.by.has_role(Role.COMPLIANCE_OFFICER):
        _fail(export, NO_RIGHT)
        return
    if not _is_begun_on_record(export):
        _fail(export, NO_CONSENT)
        return
    built = building.build(export, spool)
    store(export, built, spool, name=f"exports/{export.pk}.sealed", days=settings.EXPORT_DAYS)


def store(run: Run, built: Built, spool: Spool, *, name: str, days: int | None = None) -> None:
    """
    Put a finished bundle where files go, sealed as it is, and end its run; with `days` it has an end.

    :raises runs.Interrupted: if it is not this worker's any more; then nothing is kept.
    """
    path, now = spool.zipped(built.parts), clock.now()
    default_storage.delete(name)  # what a worker left behind that died at this point
    with path.open("rb") as file:
        stored_as = default_storage.save(name, File(file))
    ends: dict[str, Any] = {} if days is None else {"expires_at": now + timedelta(days=days)}
    try:
        runs.end(
            run, state=Run.State.DONE, now=now, stored_as=stored_as, bytes=path.stat().st_size,
            manifest=built.manifest, **ends,
        )  # fmt: skip
    except runs.Interrupted:
        default_storage.delete(stored_as)
        raise


def _is_begun_on_record(export: Export) -> bool:
    """Say whether the record lets just this be built: as it was asked for, and begun if it takes a consent."""
    acts = Event.objects.filter(subject_kind=EXPORT, subject_id=str(export.pk))
    asked = acts.filter(action=Action.EXPORT_ASKED).values_list("details", flat=True).first() or {}
    if (asked.get("variant"), asked.get("query")) != (export.variant, export.query):
        return False
    takes_two = export.variant == Export.Variant.FULL and asked.get("second_officer", asking.is_needed(Deed.EXPORT))
    return not takes_two or acts.filter(action=Action.EXPORT_STARTED).exists()


def _fail(export: Export, sentence: str) -> None:
    def record(now: datetime) -> None:
        about_export(Action.EXPORT_FAILED, export, by=export.by, now=now, because=sentence)

    runs.fail(export, sentence, record=record)


def sent(file: IO[Any], box: keys.Box) -> Iterator[bytes]:
    """Give a stored bundle chunk by chunk, and close it."""
    with file:
        yield from sealed_file.opened(file, box)
