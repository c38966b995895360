"""The life of a report: asked for by an officer or by the calendar, built, sealed into the ledger, taken."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.cases import building, exporting, runs
from apps.audit.cases.building import Built
from apps.audit.cases.exporting import NotToBeHad
from apps.audit.cases.models import Run
from apps.audit.cases.spool import Part, Spool
from apps.audit.cases.writers import JsonLines
from apps.audit.reports import figures, telling
from apps.audit.reports.models import Report
from apps.audit.reports.months import Month, offered
from apps.ledger import canonical, clock, excerpts, proofs
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from apps.ledger.proofs import NotYetSigned
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import keys

KIND: Final = "report"
FILE: Final = "report.file"
CALENDAR: Final = 7_021_159  # the advisory lock under which the calendar asks
TRIED_AGAIN_AFTER: Final = timedelta(days=1)
THE_PORTAL: Final = "the portal"
TEXT: Final = """This is a monthly report made by Portcullis.

report.html          the report, for people; it prints
report.json          the same figures, for programs
manifest.json        of which month, made when, and the SHA-256 of each file
manifest.tlog-proof  the proof that this manifest is on the signed record
tree.jsonl           the signed head that the proof is of
exchanges.jsonl      empty: a report holds sums and no exchange

Check it with portcullis_verify.py, which needs Python 3.11 and nothing else, and with the ledger's verifier key. Get
both from the company's compliance officer, not from this file:

    python3 portcullis_verify.py bundle FILE.zip --key VERIFIER-KEY
"""


class UnderWay(Exception):
    """The month is being reported."""

    sentence = "A report of this month is being made already. It will be in the list in a moment."


def ask(month: Month, *, by: User | None, now: datetime) -> Report:
    """
    Ask for the report of a month.

    :raises UnderWay: if one is being made.
    """
    report = Report(id=new_id(), by=by, month=month.first, asked_at=now)
    try:
        with transaction.atomic():
            report.save(force_insert=True)
            _record(Action.AUDIT_REPORT_ASKED, report, by=by, now=now)
    except IntegrityError:
        raise UnderWay from None
    return report


@transaction.atomic
def ask_for_last_month(*, now: datetime) -> Report | None:
    """
    Ask for the report of the month that is over, once, unless the portal was not there yet.

    Late is as good as in time: a portal that did not run on the first day of a month makes up for it. One that could
    not be made is tried again after a day.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CALENDAR])
    month = offered(timezone.localdate(now))[1]
    since_then = Report.objects.filter(month=month.first, asked_at__gte=month.moments[1])
    if since_then.filter(~Q(state=Run.State.FAILED) | Q(ended_at__gt=now - TRIED_AGAIN_AFTER)).exists():
        return None
    if not Event.objects.filter(happened_at__lt=month.moments[1]).exists():
        return None
    try:
        return ask(month, by=None, now=now)
    except UnderWay:
        return None


def due(now: datetime) -> list[UUID]:
    """List reports that nobody works on."""
    return list(Report.objects.due(now).order_by("asked_at").values_list("pk", flat=True))


def work(report_id: UUID) -> None:
    """Build a queued report, unless another worker does; a second worker starts anew where the first one died."""
    report = runs.claim(Report.objects.select_related("by"), report_id, now=clock.now())
    if report is None:
        return
    try:
        with Spool(keys.open_key(report.pk).box(FILE)) as spool:
            exporting.store(report, build(report, spool), spool, name=f"reports/{report.pk}.sealed")
    except runs.Interrupted:
        return
    except NotYetSigned:
        _fail(report, exporting.NOT_SIGNED)


def build(report: Report, spool: Spool) -> Built:
    """
    Build the bundle of a claimed report: figures, the signed head, a manifest whose digest is a leaf of the tree.

    :raises apps.ledger.proofs.NotYetSigned: if the ledger signs nothing for a minute.
    :raises runs.Interrupted: if it is not this worker's any more.
    """
    now = timezone.now()
    told = figures.of(Month(report.month, timezone.localdate(now)), now=now)
    parts = [
        building.written(spool, telling.PAGE, telling.page(told)),
        building.written(spool, telling.DATA, telling.data(told)),
        building.written(spool, building.READ_ME, TEXT.encode()),
        building.written(spool, JsonLines.name, b""),
        building.written(spool, building.TREE, building.until_signed(report, _head)),
    ]
    manifest = canonical.encode(_manifest(report, parts, now=now))
    digest = hashlib.sha256(manifest).hexdigest()
    proof = _sealed_into_the_ledger(report, digest)
    front = [
        building.written(spool, building.MANIFEST, manifest),
        building.written(spool, building.PROOF, proof.encode()),
    ]
    return Built(front + parts, digest)


def downloaded(report: Report, *, by: User | None, now: datetime) -> Iterator[bytes]:
    """
    Put a download on the record, and give the bundle chunk by chunk.

    :raises NotToBeHad: if there is no file; then nothing is recorded.
    """
    if report.state != Run.State.DONE:
        raise NotToBeHad
    try:
        file, box = default_storage.open(report.stored_as), keys.open_key(report.pk).box(FILE)
    except (FileNotFoundError, keys.KeyDestroyed):
        raise NotToBeHad from None
    _record(Action.AUDIT_REPORT_DOWNLOADED, report, by=by, now=now, manifest=report.manifest)
    return exporting.sent(file, box)


def _head() -> bytes:
    """Write an excerpt of the tree with no leaf of it: the newest head, and the hashes that make its root."""
    with connection.cursor() as cursor:
        note = proofs.checkpoint_over(cursor, 0)
        return b"".join(line.encode() + b"\n" for line in excerpts.lines(cursor, [], note=note, with_records=False))


def _manifest(report: Report, parts: list[Part], *, now: datetime) -> dict[str, Json]:
    return {
        "form": building.FORM,
        "export": str(report.pk),
        "report": {"month": f"{report.month:%Y-%m}"},
        "by": {"id": str(report.by.pk) if report.by else None, "name": report.by.name if report.by else THE_PORTAL},
        "made_at": now.isoformat(),
        "variant": "REDACTED",
        "counts": {"exchanges": 0, "without_text": 0, "own_left_out": 0},
        "whole": None,
        "files": [{"name": part.name, "bytes": part.bytes, "sha256": part.sha256} for part in parts],
    }


def _sealed_into_the_ledger(report: Report, digest: str) -> str:
    now = timezone.now()
    with transaction.atomic():
        runs.step(report, now=now)
        event_id = _record(Action.EXPORT_SEALED, report, by=report.by, now=now, manifest=digest, exchanges=0)
    return building.until_signed(report, lambda: building.proof_of(event_id, now))


def _fail(report: Report, sentence: str) -> None:
    def record(now: datetime) -> None:
        _record(Action.AUDIT_REPORT_FAILED, report, by=report.by, now=now, because=sentence)

    runs.fail(report, sentence, record=record)


def _record(action: Action, report: Report, *, by: User | None, now: datetime, **details: Json) -> UUID:
    return record_event(
        action, who=who(by) if by else None, subject_kind=KIND, subject_id=str(report.pk),
        subject_label=f"Report of {report.month:%Y-%m}", details=details, now=now,
    )  # fmt: skip
