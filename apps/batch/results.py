"""The answers of a batch as a file for its owner, with the words restored: JSON lines, or CSV for spreadsheets."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Final, Literal, TypeAlias

from django.db import transaction

from apps.accounts.models import User
from apps.batch.models import Batch, Line
from apps.batch.recording import record
from apps.batch.sealing import Sealer
from apps.ledger.vocabulary import Action

Format: TypeAlias = Literal["jsonl", "csv"]
COLUMNS: Final = (
    "id", "line", "state", "answer", "reason", "sentence", "input_tokens", "output_tokens", "cost", "currency"
)  # fmt: skip
RUN_IN_SPREADSHEETS: Final = tuple("=+-@|%\uff1d\uff0b\uff0d\uff20")
"""First characters of a formula, full-width ones included."""
LINES_AT_ONCE: Final = 500


@transaction.atomic
def download(batch: Batch, *, form: Format, by: User, now: datetime) -> io.BytesIO:
    """
    Write every line of a batch with what became of it, in the order of the file, and record the download.

    Lines that have not ended are there, too, with their state. About a second for 10,000 lines.

    :raises KeyDestroyed: if the batch was erased.
    """
    sealer = Sealer(batch.pk)
    record(Action.BATCH_DOWNLOADED, batch, by=by, now=now, details={"form": form})
    file = io.BytesIO()  # in memory alone: a file on disk would hold the words in clear
    written = io.TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
    lines = batch.lines.order_by("number").iterator(chunk_size=LINES_AT_ONCE)
    if form == "csv":
        _write_csv(written, (_row(line, sealer) for line in lines))
    else:
        for line in lines:
            written.write(json.dumps(_row(line, sealer), ensure_ascii=False) + "\n")
    written.flush()
    written.detach()
    file.seek(0)
    return file


@dataclass(frozen=True, slots=True)
class Told:
    """A line that has ended: the id its owner gave it, and its answer, empty where it has none."""

    line: Line
    custom_id: str
    answer: str = field(repr=False)


@transaction.atomic
def told(batch: Batch, *, states: Collection[str], by: User, now: datetime) -> list[Told]:
    """
    Give the lines that ended in one of these states, in the order of the file, and record the download.

    :raises KeyDestroyed: if the batch was erased.
    """
    sealer = Sealer(batch.pk)
    record(Action.BATCH_DOWNLOADED, batch, by=by, now=now, details={"form": "jsonl"})
    ended = batch.lines.filter(state__in=states).order_by("number")
    return [Told(line, sealer.prompt_of(line).custom_id, sealer.answer_of(line)) for line in ended]


def harmless(cell: str) -> str:
    """
    Give a cell that no spreadsheet runs as a formula: a quote goes before it, which spreadsheets take for "text".

    A cell that begins with a quote gets another, so that taking one away gives back every cell that has one.
    """
    is_risky = cell.lstrip().startswith(RUN_IN_SPREADSHEETS) or cell[:1] in {"'", "\t", "\r", "\n"}
    return f"'{cell}" if cell and is_risky else cell


def _write_csv(written: IO[str], rows: Iterator[dict[str, Any]]) -> None:
    written.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([harmless(str(row[name])) for name in COLUMNS])


def _row(line: Line, sealer: Sealer) -> dict[str, Any]:
    return {
        "id": sealer.prompt_of(line).custom_id,
        "line": line.number,
        "state": line.state,
        "answer": sealer.answer_of(line),
        "reason": line.reason,
        "sentence": line.sentence,
        "input_tokens": line.input_tokens,
        "output_tokens": line.output_tokens,
        "cost": f"{line.cost.normalize():f}",
        "currency": line.currency,
    }
