"""
How an export is built: exchanges in small steps, the proof of their places, a manifest that is on the record itself.

The manifest names each file by its SHA-256. Its own digest goes into an event, the event into the signed tree, and the
event's proof into the bundle: so whoever trusts the ledger's key trusts every byte. Killed at any point it starts anew.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.actors import who
from apps.audit import looks
from apps.audit.cases import case_file, choosing, lines, runs, writers
from apps.audit.cases.lines import Line
from apps.audit.cases.models import Export, Run
from apps.audit.cases.recording import about_case, name_for_the_desk
from apps.audit.cases.spool import Part, PartWriter, Spool
from apps.ledger import canonical, clock, excerpts, proofs
from apps.ledger.facts import Json
from apps.ledger.models import Intent
from apps.ledger.notes import Checkpoint, Note
from apps.ledger.proofs import NotYetSigned
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

T = TypeVar("T")
FORM: Final = "portcullis-bundle/1"
MANIFEST, PROOF, TREE, READ_ME = "manifest.json", "manifest.tlog-proof", "tree.jsonl", "READ-ME.txt"
A_STEP: Final = 200
SIGNED_WITHIN: Final = 60.0
LOOK_EVERY: Final = 0.5
COSIGNED_WITHIN: Final = timedelta(seconds=15)
TEXT: Final = """This bundle was made by Portcullis.

manifest.json        what was asked, by whom, when, and the SHA-256 of each file
manifest.tlog-proof  the proof that this manifest is on the signed record
tree.jsonl           the places of these exchanges in the signed record
exchanges.*          the exchanges: JSON lines, CSV, HTML

Check it with portcullis_verify.py, which needs Python 3.11 and nothing else, and with the ledger's verifier key. Get
both from the company's compliance officer, not from this bundle:

    python3 portcullis_verify.py bundle FILE.zip --key VERIFIER-KEY
"""


@dataclass(slots=True)
class Gathered:
    """What one pass over the exchanges found: places in the tree, and counts."""

    places: list[int] = field(default_factory=list)
    questions: list[int] = field(default_factory=list)
    exchanges: int = 0
    without_text: int = 0
    own_left_out: int = 0

    def take(self, line: Line) -> None:
        """Note one exchange."""
        self.places += line.places
        self.questions.append(line.places[0])
        self.exchanges += 1
        self.without_text += line.is_without_text


@dataclass(frozen=True, slots=True)
class Built:
    """A finished bundle in its spool: its parts in order, and the SHA-256 of its manifest."""

    parts: list[Part]
    manifest: str


def build(export: Export, spool: Spool) -> Built:
    """
    Build the bundle of a claimed export.

    :raises runs.Interrupted: if it was cancelled meanwhile.
    :raises apps.ledger.proofs.NotYetSigned: if the ledger signs nothing for a minute.
    :raises choosing.TooMany: if there are more exchanges than an export may hold.
    """
    gathered = Gathered(own_left_out=choosing.own_left_out(export))
    parts = _exchanges(export, spool, gathered)
    parts.append(written(spool, READ_ME, TEXT.encode()))
    if export.case is not None:
        parts.append(written(spool, case_file.NAME, case_file.contents(export, export.case)))
    tree, whole = _tree(export, spool, gathered)
    parts.append(tree)
    manifest = canonical.encode(_manifest(export, gathered, parts, whole))
    digest = hashlib.sha256(manifest).hexdigest()
    proof = _sealed_into_the_ledger(export, digest, gathered)
    front = [written(spool, MANIFEST, manifest), written(spool, PROOF, proof.encode())]
    return Built(front + parts, digest)


def _exchanges(export: Export, spool: Spool, gathered: Gathered) -> list[Part]:
    """Write the three files in one pass. That an exchange is exported is on its record before it can be had."""
    files = [spool.part(name) for name in writers.NAMES]
    try:
        made = writers.begun(files, variant=export.variant, title=f"Portcullis: {choosing.label_of(export)}")
        for rows in choosing.steps(export, at_most=A_STEP):
            step = until_signed(export, partial(_lines, export, rows))
            looks.exported(export.by, {line.id: line.label for line in step}, now=timezone.now())
            for line in step:
                gathered.take(line)
                for writer in made:
                    writer.write(line)
            runs.step(export, now=clock.now(), done=gathered.exchanges)
        for writer in made:
            writer.end()
        return [file.end() for file in files]
    finally:
        _close(files)


def _lines(export: Export, rows: list[Intent]) -> list[Line]:
    return list(lines.lines_of(rows, variant=export.variant))


def _close(files: list[PartWriter]) -> None:
    for file in files:
        file.close()


def _tree(export: Export, spool: Spool, gathered: Gathered) -> tuple[Part, Json]:
    """Write where the records stand, and say which stretch of the ledger is whole, where that was asked for."""
    whole = choosing.stretch(export, gathered.questions)
    kept_back = choosing.kept_back(export, whole)
    places = sorted({*gathered.places, *(range(*whole) if whole else ())})
    file = spool.part(TREE)
    try:
        with connection.cursor() as cursor:
            note: Note = until_signed(export, lambda: proofs.checkpoint_over(cursor, places[-1] if places else 0))
            with_records = export.variant == Export.Variant.FULL
            tree = excerpts.lines(cursor, places, note=note, with_records=with_records, but_for=kept_back)
            for number, line in enumerate(tree):
                file.write(line.encode() + b"\n")
                if not number % excerpts.CHUNK:
                    runs.step(export, now=clock.now())
        return file.end(), choosing.claim_of(export, whole, kept_back=len(kept_back))
    finally:
        file.close()


def _manifest(export: Export, gathered: Gathered, parts: list[Part], whole: Json) -> dict[str, Json]:
    return {
        "form": FORM,
        "export": str(export.pk),
        "asked": choosing.asked(export),
        "by": {"id": str(export.by_id), "name": export.by.name},
        "as_of": lines.moment(export.asked_at),
        "made_at": lines.moment(timezone.now()),
        "variant": export.variant,
        "counts": {
            "exchanges": gathered.exchanges,
            "without_text": gathered.without_text,
            "own_left_out": gathered.own_left_out,
        },
        "whole": whole,
        "files": [{"name": part.name, "bytes": part.bytes, "sha256": part.sha256} for part in parts],
    }


def _sealed_into_the_ledger(export: Export, digest: str, gathered: Gathered) -> str:
    """Put the manifest's digest on the record, wait until that is signed, and return the proof of it."""
    now = timezone.now()
    with transaction.atomic():
        runs.step(export, now=now)
        details: dict[str, Json] = {
            "manifest": digest, "exchanges": gathered.exchanges, "own_left_out": gathered.own_left_out,
            "variant": export.variant,
        }  # fmt: skip
        event_id = record_event(
            Action.EXPORT_SEALED, who=who(export.by), subject_kind="export", subject_id=str(export.pk),
            subject_label=name_for_the_desk(export), details=details, now=now,
        )  # fmt: skip
        if export.case is not None:
            about_case(
                Action.CASE_EXPORTED, export.case, by=export.by, now=now, export=str(export.pk), manifest=digest,
                exchanges=gathered.exchanges, variant=export.variant,
            )  # fmt: skip
    return until_signed(export, lambda: proof_of(event_id, now))


def proof_of(event_id: UUID, recorded_at: datetime) -> str:
    """Prove the event; where witnesses are asked, wait for the first of them a little."""
    with connection.cursor() as cursor:
        proof = proofs.prove(cursor, event_id)
        cursor.execute("SELECT EXISTS (SELECT FROM ledger_cosignature WHERE size = %s)", [_size(proof.note)])
        is_cosigned = cursor.fetchone()[0]
    if settings.LEDGER_WITNESSES and not is_cosigned and timezone.now() - recorded_at < COSIGNED_WITHIN:
        raise NotYetSigned
    return str(proof)


def _size(note: Note) -> int:
    return Checkpoint.parse(note.text).size


def until_signed(run: Run, read: Callable[[], T]) -> T:
    """Read again until what is read is signed, for a minute at most, holding on to the run."""
    give_up = time.monotonic() + SIGNED_WITHIN
    while True:
        try:
            return read()
        except NotYetSigned:
            if time.monotonic() > give_up:
                raise
        runs.step(run, now=clock.now())
        _rest()


def written(spool: Spool, name: str, content: bytes) -> Part:
    """Write a whole part."""
    file = spool.part(name)
    try:
        file.write(content)
        return file.end()
    finally:
        file.close()


def _rest() -> None:
    """Let the sequencer do its work."""
    time.sleep(LOOK_EVERY)
