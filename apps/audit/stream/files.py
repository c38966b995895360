"""Append lines to a file: whole lines only, on disk before anybody counts them, a new file every 64 MB."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

LARGEST_FILE: Final = 64 * 1024 * 1024
CURRENT: Final = "current.jsonl"


class FileRefused(Exception):
    """The file cannot be written; the sentence says why."""

    def __init__(self, error: OSError) -> None:
        self.sentence = f"The file cannot be written: {error.strerror or type(error).__name__}."
        super().__init__(self.sentence)


def folder_of(sink_id: UUID) -> Path:
    """Name the folder of a sink; nobody chooses it, so nobody can point it elsewhere."""
    return Path(settings.STREAM_DIR) / str(sink_id)


def append(sink_id: UUID, lines: Sequence[str], *, first: int) -> None:
    """
    Append lines, flushed to disk when this returns; a file that is full is put aside under the place it ends before.

    :raises FileRefused: if they could not be written whole. What was written in part is cut off the next time.
    """
    folder = folder_of(sink_id)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / CURRENT
        if path.exists() and path.stat().st_size >= LARGEST_FILE:
            path.rename(folder / f"before-{first:012d}.jsonl")
        _append(path, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise FileRefused(error) from None


def _append(path: Path, data: bytes) -> None:
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.seek(_end_of_whole_lines(file.fileno()))
        file.truncate()
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)


def _end_of_whole_lines(descriptor: int) -> int:
    """Find where the last whole line ends: a process that died may have left a part of one."""
    end = os.fstat(descriptor).st_size
    while end:
        start = max(0, end - 64 * 1024)
        at = os.pread(descriptor, end - start, start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
