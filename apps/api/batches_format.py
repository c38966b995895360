"""OpenAI's Files and Batches formats, read and written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.api.fields import Fields, wrong
from apps.api.neutral import ApiError, ErrorKind, JsonObject
from apps.batch import parsing
from apps.batch.models import Batch, Line, PromptFile
from apps.batch.progress import Progress
from apps.batch.results import Told

FILE, OUTPUT, ERRORS, BATCH = "file-", "file-answers-", "file-errors-", "batch_"
WINDOW: Final = "24h"
LISTED: Final = 20
MOST_LISTED: Final = 100
ANSWERED: Final = frozenset({Line.State.ANSWERED})
NOT_ANSWERED: Final = frozenset(
    {Line.State.REFUSED, Line.State.FAILED, Line.State.STOPPED, Line.State.UNKNOWN, Line.State.CANCELLED}
)
STATUS: Final[Mapping[str, str]] = {
    Batch.State.RUNNING: "in_progress",
    Batch.State.PAUSED: "in_progress",
    Batch.State.CANCELLED: "cancelled",
    Batch.State.FINISHED: "completed",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted: at most so many, after the row of this id, the newest first or the oldest."""

    limit: int = LISTED
    after: str = ""
    purpose: str = ""
    is_oldest_first: bool = False


def read_page(query: Mapping[str, str]) -> Page:
    """
    Read what a list is asked for.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields({name: int(text) if name == "limit" and text.isdecimal() else text for name, text in query.items()})
    page = Page(
        limit=min(fields.whole("limit", least=1) or LISTED, MOST_LISTED),
        after=fields.text("after"),
        purpose=fields.text("purpose"),
        is_oldest_first=fields.choice("order", "asc", "desc") == "asc",
    )
    fields.end()
    return page


def read_batch(body: JsonObject) -> str:
    """
    Read what a program asks when it begins a batch; give the file's id.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    fields.ignore("metadata")
    file_id = fields.text("input_file_id", is_needed=True)
    fields.choice("endpoint", parsing.ADDRESS, is_needed=True)
    fields.choice("completion_window", WINDOW, is_needed=True)
    fields.end()
    return file_id


def require_purpose(purpose: str) -> None:
    """:raises ApiError: if a file is uploaded for anything but a batch."""
    if purpose != "batch":
        raise wrong("purpose must be: batch.", parameter="purpose", code="unsupported_value")


def id_in(text: str, prefix: str) -> UUID:
    """
    Read an id of this prefix.

    :raises ApiError: of kind NOT_FOUND if it is none.
    """
    try:
        return UUID(hex=text.removeprefix(prefix) if text.startswith(prefix) else "")
    except ValueError:
        raise not_found() from None


def not_found() -> ApiError:
    """Make the answer for what is not there and for what is not the caller's: the same."""
    return ApiError(
        ErrorKind.NOT_FOUND, "There is no such file or batch for this key. List those there are.", code="not_found"
    )


def file_object(file: PromptFile, name: str) -> dict[str, Any]:
    """Write a file that was uploaded."""
    return _file(f"{FILE}{file.pk.hex}", name, file.created_at, purpose="batch", size=file.size)


def result_object(batch: Batch, prefix: str, size: int) -> dict[str, Any]:
    """Write the file of a batch's answers, or of what has none."""
    name = "answers.jsonl" if prefix == OUTPUT else "errors.jsonl"
    return _file(
        f"{prefix}{batch.pk.hex}", name, batch.closed_at or batch.created_at, purpose="batch_output", size=size
    )


def _file(file_id: str, name: str, created_at: datetime, *, purpose: str, size: int) -> dict[str, Any]:
    return {
        "id": file_id,
        "object": "file",
        "bytes": size,
        "created_at": int(created_at.timestamp()),
        "filename": name,
        "purpose": purpose,
        "status": "processed",
    }


def batch_object(batch: Batch, progress: Progress) -> dict[str, Any]:
    """Write a batch; what OpenAI's format has no word for stands under `portcullis`."""
    is_cancelled = batch.state == Batch.State.CANCELLED
    is_cancelling = is_cancelled and progress.under_way > 0
    has_results = not batch.is_live and not batch.erased_at
    closed_at = _moment(batch.closed_at)
    return {
        "id": f"{BATCH}{batch.pk.hex}",
        "object": "batch",
        "endpoint": parsing.ADDRESS,
        "model": batch.model_label,
        "errors": None,
        "input_file_id": f"{FILE}{batch.source_id.hex}" if batch.source_id else "",
        "completion_window": WINDOW,
        "status": "cancelling" if is_cancelling else STATUS[batch.state],
        "output_file_id": f"{OUTPUT}{batch.pk.hex}" if has_results and progress.answered else None,
        "error_file_id": f"{ERRORS}{batch.pk.hex}" if has_results and progress.without_answer else None,
        "created_at": int(batch.created_at.timestamp()),
        "in_progress_at": _moment(batch.started_at),
        "expires_at": None,
        "finalizing_at": None if is_cancelled else closed_at,
        "completed_at": None if is_cancelled else closed_at,
        "failed_at": None,
        "expired_at": None,
        "cancelling_at": closed_at if is_cancelled else None,
        "cancelled_at": closed_at if is_cancelled and not is_cancelling else None,
        "request_counts": {
            "total": progress.total,
            "completed": progress.answered,
            "failed": progress.without_answer,
        },
        "metadata": None,
        "portcullis": {
            "state": batch.state,
            "sentence": progress.sentence,
            "costs": [{"amount": amount, "currency": currency} for amount, currency in progress.costs],
        },
    }


def listing(rows: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """Write a list."""
    return {
        "object": "list",
        "data": list(rows),
        "first_id": rows[0]["id"] if rows else None,
        "last_id": rows[-1]["id"] if rows else None,
        "has_more": has_more,
    }


def answer_line(told: Told, model: str) -> str:
    """Write a line of the file of answers: what the call by itself would have given."""
    line = told.line
    message = {"role": "assistant", "content": told.answer}
    body = {
        "id": f"chatcmpl-{line.pk.hex}",
        "object": "chat.completion",
        "created": _moment(line.closed_at),
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": line.reason.lower() or "stop"}],
        "usage": {
            "prompt_tokens": line.input_tokens,
            "completion_tokens": line.output_tokens,
            "total_tokens": line.input_tokens + line.output_tokens,
        },
    }
    return _line(told, response={"status_code": 200, "request_id": line.pk.hex, "body": body}, error=None)


def error_line(told: Told) -> str:
    """Write a line of the file of errors: why there is no answer."""
    line = told.line
    error = {"code": (line.reason or line.state).lower(), "message": line.sentence or line.get_state_display()}
    return _line(told, response=None, error=error)


def _line(told: Told, **what: Any) -> str:
    row = {"id": f"batch_req_{told.line.pk.hex}", "custom_id": told.custom_id, **what}
    return json.dumps(row, ensure_ascii=False) + "\n"


def _moment(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None
