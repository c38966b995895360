"""How a batch comes to be: a file is kept as a draft, looked through, and started once every line can be asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Team, User
from apps.batch import parsing, sealing
from apps.batch.models import Batch, Line
from apps.batch.parsing import BadFile, Prompts, Table
from apps.batch.recording import record
from apps.batch.sealing import Sealer
from apps.gateway.models import LanguageModel, LanguageModelQuerySet
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, holds

DRAFT_KEPT: Final = timedelta(days=1)
MOST_UNFINISHED: Final = 20
ROWS_AT_ONCE: Final = 1_000


class NotStartable(Exception):
    """The batch cannot be started; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(type(self).__name__)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a CSV file hold the prompts and, where there is one, their ids. Counted from 0."""

    prompt: int
    id: int | None = None


def models_for(person: User, team: Team, *, now: datetime) -> LanguageModelQuerySet:
    """Models that `person` may call for `team` and that an admin opened to batches."""
    callable_now = LanguageModel.objects.callable_by(person, team, now=now).for_chat()
    return callable_now.filter(lane__isnull=False).select_related("provider", "health", "lane")


@transaction.atomic
def keep_draft(person: User, *, team: Team, model: LanguageModel, name: str, raw: bytes, now: datetime) -> Batch:
    """
    Keep an uploaded file as a batch that has not started. That it was handed in is on the record, nothing of it yet.

    :raises BadFile: if it cannot be read at all.
    """
    text = parsing.decoded(raw)
    form = _form_of(name, text)
    if form == Batch.Form.CSV:
        parsing.look_at_table(text)
    batch_id = new_id()
    sealer = Sealer(batch_id)
    draft = Batch.objects.create(
        id=batch_id,
        owner=person,
        team=team,
        model=model,
        model_label=model.label,
        form=form,
        sealed_name=sealer.seal(PurePath(name).name[:200] or "Untitled", purpose=sealing.NAME),
        sealed_source=sealer.seal(text, purpose=sealing.SOURCE),
        created_at=now,
    )
    record(Action.BATCH_UPLOADED, draft, by=person, now=now)
    return draft


def name_of(batch: Batch, sealer: Sealer | None) -> str:
    """Give the name of the batch's file; an erased batch has none."""
    return sealer.unseal(batch.sealed_name, purpose=sealing.NAME) if sealer else "Erased batch"


def table_of(batch: Batch, sealer: Sealer) -> Table | None:
    """Give the heading and the first rows of a draft that is a CSV file; None for JSON lines."""
    return parsing.look_at_table(_source(batch, sealer)) if batch.form == Batch.Form.CSV else None


def prompts_of(batch: Batch, sealer: Sealer, columns: Columns | None) -> Prompts:
    """
    Read what a draft asks, and what stands in the way.

    :raises BadFile: if there is no such column.
    """
    source = _source(batch, sealer)
    if batch.form == Batch.Form.JSONL:
        return parsing.read_lines(source, model_names=(batch.model_label, str(batch.model_id)))
    if columns is None:
        raise BadFile("Choose the column that holds the prompts.")
    return parsing.read_table(source, prompt_column=columns.prompt, id_column=columns.id)


@transaction.atomic
def start(batch_id: UUID, *, by: User, columns: Columns | None, now: datetime) -> Batch:
    """
    Turn a draft into lines that wait to be sent: all of them or none. A draft that was started already stays as it is.

    :raises NotStartable: if a line cannot be asked, or the person has too many batches that are not finished.
    :raises BadFile: if there is no such column.
    """
    batch = Batch.objects.select_for_update(of=("self",)).select_related("team").get(pk=batch_id)
    if batch.state != Batch.State.DRAFT:
        return batch
    if Batch.objects.filter(owner=by).unfinished().count() >= MOST_UNFINISHED:
        raise NotStartable(
            f"You have {MOST_UNFINISHED} batches that are not finished. Wait for one of them, or cancel it, then start "
            "this one."
        )
    sealer = Sealer(batch.pk)
    found = prompts_of(batch, sealer, columns)
    if found.problem_count:
        raise NotStartable(
            f"{found.problem_count:,} of its lines cannot be asked, so nothing was started. Correct the file and "
            "upload it again."
        )
    _make_lines(batch, sealer, found)
    batch.state, batch.started_at, batch.sealed_source = Batch.State.RUNNING, now, None
    batch.line_count = len(found.prompts)
    batch.save(update_fields=["state", "started_at", "sealed_source", "line_count"])
    record(Action.BATCH_STARTED, batch, by=by, now=now, details={"lines": batch.line_count, "form": batch.form})
    return batch


@transaction.atomic
def discard(batch: Batch, *, by: User | None, now: datetime) -> bool:
    """
    Throw a draft away, key and all; `by` is None where its day was over.

    False if it is none any more, or if a legal hold keeps it.
    """
    if holds.covered([batch.pk]):
        return False
    count, _ = Batch.objects.filter(pk=batch.pk, state=Batch.State.DRAFT).delete()
    if count:
        destruction.destroy_one(batch.pk)
        record(Action.BATCH_DISCARDED, batch, by=by, now=now)
    return bool(count)


def discard_old_drafts(*, now: datetime) -> int:
    """Throw away drafts that nobody started within a day; return how many."""
    old = Batch.objects.filter(state=Batch.State.DRAFT, created_at__lt=now - DRAFT_KEPT).defer("sealed_source")
    return sum(discard(draft, by=None, now=now) for draft in old)


def _make_lines(batch: Batch, sealer: Sealer, found: Prompts) -> None:
    lines = [
        Line(
            batch=batch,
            number=number,
            sealed_request=sealer.seal(prompt.to_json(), purpose=sealing.REQUEST, label=str(number)),
        )
        for number, prompt in enumerate(found.prompts, start=1)
    ]
    Line.objects.bulk_create(lines, batch_size=ROWS_AT_ONCE)


def _source(batch: Batch, sealer: Sealer) -> str:
    return sealer.unseal(batch.sealed_source or b"", purpose=sealing.SOURCE)


def _form_of(name: str, text: str) -> Batch.Form:
    """Decide by the ending of the file's name, and by its first character where that says nothing."""
    ending = PurePath(name).suffix.lower()
    if ending in {".csv", ".tsv"}:
        return Batch.Form.CSV
    if ending in {".jsonl", ".ndjson"} or text.lstrip().startswith("{"):
        return Batch.Form.JSONL
    raise BadFile("Batches take JSON lines (.jsonl) or CSV (.csv). Save the prompts as one of these.")
