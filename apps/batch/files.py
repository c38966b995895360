"""Files that programs upload to begin batches from: kept sealed, shown to whom they belong, and thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import Team, User
from apps.batch import parsing, preparing, sealing
from apps.batch.models import Batch, BatchQuerySet, PromptFile, PromptFileQuerySet
from apps.batch.parsing import BadFile, Problem
from apps.batch.sealing import Sealer
from apps.gateway.models import LanguageModel
from apps.ledger.facts import Who
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, holds

MOST_FILES: Final = 20


class LinesWrong(BadFile):
    """Lines of the file cannot be asked; the sentence is about the first of them."""

    def __init__(self, problems: Sequence[Problem], count: int) -> None:
        first = problems[0]
        super().__init__(
            f"{count:,} of its lines cannot be asked, so nothing was started. Line {first.line:,}: {first.sentence}"
        )


@dataclass(frozen=True, slots=True)
class Program:
    """For whom a program acts, and by which key: whose it is, until when it works, which models it may name."""

    person: User
    team: Team
    label: str
    key_id: UUID
    key_until: datetime | None
    is_service: bool
    model_ids: frozenset[UUID] | None

    @property
    def who(self) -> Who:
        """Name the program for the record."""
        return replace(who(self.person, self.team), label=self.label)

    @property
    def sees_only(self) -> dict[str, UUID]:
        """A service key sees what it brought itself; a person's key sees all that is the person's, in its team."""
        return {"key_id": self.key_id} if self.is_service else {}


def files_of(program: Program) -> PromptFileQuerySet:
    """Files that the program may see, the newest first."""
    found = PromptFile.objects.visible_to(program.person).filter(team=program.team, **program.sees_only)
    return found.order_by("-created_at", "-pk")


def batches_of(program: Program) -> BatchQuerySet:
    """Batches that the program may see and that were started, the newest first."""
    found = Batch.objects.visible_to(program.person).filter(team=program.team, **program.sees_only)
    started = found.exclude(state=Batch.State.DRAFT).select_related("team", "model").defer("sealed_source")
    return started.order_by("-created_at", "-pk")


@transaction.atomic
def keep(program: Program, *, name: str, raw: bytes, now: datetime) -> PromptFile:
    """
    Keep a file, sealed. That it was handed in is on the record, nothing of it yet.

    :raises BadFile: if it cannot be read, or the person has too many.
    """
    text = parsing.decoded(raw)
    User.objects.select_for_update().get(pk=program.person.pk)  # two at a time would both find room for the last one
    if PromptFile.objects.visible_to(program.person).count() >= MOST_FILES:
        raise BadFile(f"There are {MOST_FILES} files of yours already. Delete one that is no longer needed.")
    file_id = new_id()
    sealer = Sealer(file_id)
    kept = PromptFile.objects.create(
        id=file_id,
        owner=program.person,
        team=program.team,
        key_id=program.key_id if program.is_service else None,
        sealed_name=sealer.seal(PurePath(name).name[:200] or "Untitled", purpose=sealing.NAME),
        sealed_content=sealer.seal(text, purpose=sealing.SOURCE),
        size=len(raw),
        created_at=now,
    )
    _record(Action.BATCH_UPLOADED, kept, program.who, now=now)
    return kept


def name_of(file: PromptFile) -> str:
    """Open the file's name. One query."""
    return Sealer(file.pk).unseal(file.sealed_name, purpose=sealing.NAME)


def content_of(file: PromptFile) -> str:
    """Open the file's text. One query."""
    return Sealer(file.pk).unseal(file.sealed_content, purpose=sealing.SOURCE)


@transaction.atomic
def delete(file: PromptFile, *, by: Who | None, now: datetime) -> None:
    """
    Destroy a file, key and all; batches that were begun from it keep their lines. `by` is None where its time was over.

    :raises apps.privacy.holds.KeyHeld: if a legal hold covers it; then nothing of it is gone.
    """
    kept = PromptFile.objects.select_for_update().filter(pk=file.pk)
    if kept.first() is not None:
        destruction.destroy_one(file.pk)  # while the row says whose it is, which a hold asks
        kept.delete()
        _record(Action.BATCH_DISCARDED, file, by, now=now)


def delete_old(*, now: datetime) -> int:
    """Delete files that are as old as texts of batches may be; return how many."""
    old = list(PromptFile.objects.filter(created_at__lt=now - timedelta(days=settings.BATCH_DAYS)).only("size"))
    held = holds.covered(file.pk for file in old)
    free = [file for file in old if file.pk not in held]
    for file in free:
        delete(file, by=None, now=now)
    return len(free)


@transaction.atomic
def begin_batch(program: Program, file: PromptFile, *, now: datetime) -> Batch:
    """
    Begin a batch with every line of a file, on the model that its first line names: all of them or none.

    :raises BadFile: if a line cannot be asked, or the first names no model that is open to batches and may be called.
    :raises NotStartable: if the person has too many batches that are not finished.
    """
    text = content_of(file)
    draft = preparing.keep_draft(
        program.person,
        team=program.team,
        model=_model_for(program, parsing.model_named_in(text), now=now),
        name=f"{PurePath(name_of(file)).stem}.jsonl",
        raw=text.encode(),
        now=now,
    )
    found = preparing.prompts_of(draft, Sealer(draft.pk), None)
    if found.problems:
        raise LinesWrong(found.problems, found.problem_count)
    begun_by = {"key_id": program.key_id, "key_until": program.key_until, "caller_label": program.label[:200]}
    Batch.objects.filter(pk=draft.pk).update(source_id=file.pk, **begun_by)
    preparing.start(draft.pk, by=program.person, columns=None, now=now)
    return batches_of(program).get(pk=draft.pk)


def _model_for(program: Program, name: str, *, now: datetime) -> LanguageModel:
    """Find the model among those open to batches that the program may call; any other is unknown, there or not."""
    for model in preparing.models_for(program.person, program.team, now=now):
        if name in {model.label, str(model.pk)} and (program.model_ids is None or model.pk in program.model_ids):
            return model
    raise BadFile(
        "Its first line names no model that is open to batches and that this key may call. Name one as “model” in the "
        "body of every line; an administrator opens models to batches."
    )


def _record(action: Action, file: PromptFile, by: Who | None, *, now: datetime) -> None:
    """Record an act about a file: never its name, which may be anybody's words."""
    record_event(
        action, who=by, subject_kind="batch file", subject_id=str(file.pk), details={"bytes": file.size}, now=now
    )
