"""What programs ask about files and batches, each in one crossing to the database; everything is theirs or unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models, transaction

from apps.api import batches_format as shape
from apps.api.batches_format import ERRORS, FILE, OUTPUT, Page
from apps.api.callers import Caller
from apps.api.entering import caller_of
from apps.api.fields import wrong
from apps.api.models import Scope
from apps.api.uploads import Upload
from apps.batch import files, progress, results, steering, tasks
from apps.batch.files import Program
from apps.batch.models import Batch, PromptFile
from apps.batch.parsing import BadFile
from apps.batch.preparing import NotStartable
from apps.privacy.holds import KeyHeld

MUST_BE_KEPT = "This file has to be kept for now, so it was not deleted. Ask your compliance office."
Answer = TypeVar("Answer")
Row = TypeVar("Row", PromptFile, Batch)


def asked(headers: Mapping[str, str], question: Callable[..., Answer], *given: Any, now: datetime) -> Answer:
    """
    Find who asks, and answer.

    :raises ApiError: of kind UNAUTHENTICATED or FORBIDDEN, and what the question raises.
    """
    return question(_program(caller_of(headers, Scope.BATCH, now=now)), *given, now=now)


def keep_file(program: Program, upload: Upload, *, now: datetime) -> dict[str, Any]:
    """Keep an uploaded file."""
    shape.require_purpose(upload.purpose)
    try:
        kept = files.keep(program, name=upload.name, raw=upload.content, now=now)
    except BadFile as bad:
        raise wrong(bad.sentence, parameter="file", code="invalid_file") from None
    return shape.file_object(kept, files.name_of(kept))


def list_files(program: Program, page: Page, *, now: datetime) -> dict[str, Any]:
    """List the files that were uploaded; answers are found by their batch. One query more for each file's name."""
    if page.purpose not in {"", "batch"}:
        return shape.listing([], has_more=False)
    rows, has_more = _page(files.files_of(program).defer("sealed_content"), page, FILE)
    return shape.listing([shape.file_object(row, files.name_of(row)) for row in rows], has_more=has_more)


def file(program: Program, file_id: str, *, now: datetime) -> dict[str, Any]:
    """Say what is known of a file."""
    if prefix := _prefix_of_results(file_id):
        batch = _ended(program, file_id, prefix)
        return shape.result_object(batch, prefix, len(_written(program, batch, prefix, now=now)))
    found = _file(program, file_id)
    return shape.file_object(found, files.name_of(found))


def content(program: Program, file_id: str, *, now: datetime) -> bytes:
    """Give a file's content. That of answers is a download of the batch and recorded as one."""
    if prefix := _prefix_of_results(file_id):
        return _written(program, _ended(program, file_id, prefix), prefix, now=now)
    return files.content_of(_file(program, file_id)).encode()


def delete_file(program: Program, file_id: str, *, now: datetime) -> dict[str, Any]:
    """Delete a file; deleting the answers or the errors of a batch erases all its texts."""
    if prefix := _prefix_of_results(file_id):
        steering.erase(_ended(program, file_id, prefix), by=program.person, now=now)
    else:
        try:
            files.delete(_file(program, file_id), by=program.who, now=now)
        except KeyHeld:
            raise wrong(MUST_BE_KEPT, parameter="file_id", code="must_be_kept") from None
    return {"id": file_id, "object": "file", "deleted": True}


def begin_batch(program: Program, file_id: str, *, now: datetime) -> dict[str, Any]:
    """Begin a batch with a file that was uploaded."""
    try:
        begun = files.begin_batch(program, _file(program, file_id), now=now)
    except (BadFile, NotStartable) as refused:
        raise wrong(refused.sentence, parameter="input_file_id", code="invalid_input_file") from None
    transaction.on_commit(tasks.work.delay)
    return _told(begun, now)


def list_batches(program: Program, page: Page, *, now: datetime) -> dict[str, Any]:
    """List batches, the newest first. Four queries for each."""
    rows, has_more = _page(files.batches_of(program), page, shape.BATCH)
    return shape.listing([_told(row, now) for row in rows], has_more=has_more)


def batch(program: Program, batch_id: str, *, now: datetime) -> dict[str, Any]:
    """Give one batch as it stands."""
    return _told(_batch(program, batch_id, shape.BATCH), now)


def cancel_batch(program: Program, batch_id: str, *, now: datetime) -> dict[str, Any]:
    """Give up what waits; keep what was answered. One that has ended stays as it is."""
    steering.cancel(_batch(program, batch_id, shape.BATCH), by=program.person, now=now)
    return _told(_batch(program, batch_id, shape.BATCH), now)


def _program(caller: Caller) -> Program:
    return Program(
        person=caller.person,
        team=caller.team,
        label=caller.who.label,
        key_id=caller.key_id,
        key_until=caller.expires_at,
        is_service=caller.is_service,
        model_ids=caller.model_ids,
    )


def _told(found: Batch, now: datetime) -> dict[str, Any]:
    return shape.batch_object(found, progress.progress_of(found, now=now))


def _prefix_of_results(file_id: str) -> str:
    """Say whether an id names the answers or the errors of a batch, by its prefix; empty if neither."""
    return next((prefix for prefix in (OUTPUT, ERRORS) if file_id.startswith(prefix)), "")


def _file(program: Program, file_id: str) -> PromptFile:
    found = files.files_of(program).filter(pk=shape.id_in(file_id, FILE)).first()
    if found is None:
        raise shape.not_found()
    return found


def _batch(program: Program, batch_id: str, prefix: str) -> Batch:
    found = files.batches_of(program).filter(pk=shape.id_in(batch_id, prefix)).first()
    if found is None:
        raise shape.not_found()
    return found


def _ended(program: Program, file_id: str, prefix: str) -> Batch:
    """Find the batch of a file of results; while it runs, and once it is erased, there is no such file."""
    found = _batch(program, file_id, prefix)
    if found.is_live or found.erased_at:
        raise shape.not_found()
    return found


def _written(program: Program, found: Batch, prefix: str, *, now: datetime) -> bytes:
    states = shape.ANSWERED if prefix == OUTPUT else shape.NOT_ANSWERED
    told = results.told(found, states=states, by=program.person, now=now)
    lines = [shape.answer_line(one, found.model_label) if prefix == OUTPUT else shape.error_line(one) for one in told]
    return "".join(lines).encode("utf-8", "backslashreplace")


def _page(rows: models.QuerySet[Row], page: Page, prefix: str) -> tuple[list[Row], bool]:
    """Give a part of a list by key (ids are in the order of time): the rows, and whether more follow."""
    ordered = rows.reverse() if page.is_oldest_first else rows
    if page.after:
        last = rows.filter(pk=shape.id_in(page.after, prefix)).first()
        if last is None:
            raise shape.not_found()
        ordered = ordered.filter(pk__gt=last.pk) if page.is_oldest_first else ordered.filter(pk__lt=last.pk)
    found = list(ordered[: page.limit + 1])
    return found[: page.limit], len(found) > page.limit
