"""
The folder that the sequencer alone may read: its signing key, and a journal of every checkpoint it ever signed.

The journal is append-only JSON Lines, one file a day, flushed to disk before a checkpoint counts. It lies outside the
database, so a database that was rolled back or rewritten no longer fits what was signed.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from apps.ledger.notes import BadNote, Checkpoint, Note, SigningKey

KEY_FILE = "signing.key"
PUBLIC_FILE = "verifier.key"
JOURNAL = "checkpoints-*.jsonl"
LONGEST_LINE = 64 * 1024
"""Bytes. A checkpoint under two keys takes less than a thousand; a busy day has a hundred thousand of them."""

_log = logging.getLogger(__name__)


class KeyUnusable(Exception):
    """The signing key is missing, open to others, or not a key. The message says what to do."""


class JournalUnwritable(Exception):
    """The journal could not take a line, so what it would have said does not count. The message says why."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path.name} cannot be written: {error.strerror}. Make room, or mend the disk.")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sequencer's own folder."""

    folder: Path

    @property
    def key_file(self) -> Path:
        """Where the signing key lies."""
        return self.folder / KEY_FILE

    def signing_key(self, *, origin: str) -> SigningKey:
        """
        Read the signing key; the first call makes one, named `origin`, and writes its public half beside it.

        :raises KeyUnusable: if its file can be read by others or does not hold a key.
        """
        if not self.key_file.exists():
            if any(self.folder.glob(JOURNAL)):
                raise KeyUnusable(
                    f"{self.key_file} is missing although checkpoints were signed here. Put the key back from its copy."
                )
            self.replace_key(SigningKey.new(origin))
        if self.key_file.stat().st_mode & 0o077:
            raise KeyUnusable(f"Other accounts may read {self.key_file}. Run: chmod 600 {self.key_file}")
        try:
            return SigningKey.parse(self.key_file.read_text())
        except BadNote as error:
            raise KeyUnusable(f"{self.key_file} does not hold a signing key. Put the right file back.") from error

    def replace_key(self, key: SigningKey) -> None:
        """Put `key` in the place of the one there, in one step, and its public half beside it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self.folder / PUBLIC_FILE, f"{key.verifier}\n", mode=0o644)
        _write(self.key_file, f"{key.write()}\n", mode=0o600)

    def last_signed(self) -> Checkpoint | None:
        """
        Return the newest checkpoint of the journal, or None before the first.

        :raises BadNote: as `last_note` does.
        """
        note = self.last_note()
        return Checkpoint.parse(note.text) if note else None

    def last_note(self) -> Note | None:
        """
        Return the newest checkpoint of the journal as it was signed, or None. Reads the end of its newest file.

        A last line that was cut off while it was written never counted, and is taken out.

        :raises BadNote: if a whole last line is damaged: compare it with a witness before going on.
        """
        files = sorted(self.folder.glob(JOURNAL), reverse=True)
        newest, line = next(((file, line) for file in files if (line := _last_line(file)) is not None), (None, b""))
        if newest is None:
            return None
        try:
            note = Note.parse(json.loads(line)["note"])
            Checkpoint.parse(note.text)
        except (ValueError, KeyError, TypeError) as error:
            raise BadNote(
                f"The last line of {newest} is damaged. Compare it with a witness before going on."
            ) from error
        return note

    def is_readable(self) -> bool:
        """Say whether this process may read the folder: the sequencer's may, the web's must not."""
        return os.access(self.folder, os.R_OK | os.X_OK)

    def journal(self, note: Note, *, at: datetime) -> None:
        """
        Append a signed checkpoint and wait for the disk.

        A clock that was set back begins no older file: the newest file goes on, so that the last line is the newest.

        :raises JournalUnwritable: if the disk did not take the line; then nothing of it is left.
        """
        path = max([self.folder / JOURNAL.replace("*", f"{at:%Y-%m-%d}"), *self.folder.glob(JOURNAL)])
        _keep(path, {"signed_at": at.isoformat(), "note": str(note)})

    def keep_stamp(self, note: str, *, authority: str, token: bytes, at: datetime) -> None:
        """
        Append an authority's stamp with the checkpoint that it is on, and wait for the disk.

        :raises JournalUnwritable: if the disk did not take the line; then nothing of it is left.
        """
        kept = {"authority": authority, "stamped_at": at.isoformat(), "token": b64encode(token).decode(), "note": note}
        _keep(self.folder / f"timestamps-{at:%Y-%m}.jsonl", kept)

    def journalled(self) -> Iterator[Note]:
        """
        Give every checkpoint of the journal, oldest first.

        :raises BadNote: at a line that is damaged.
        """
        for path in sorted(self.folder.glob(JOURNAL)):
            with path.open() as file:
                for line in file:
                    try:
                        yield Note.parse(json.loads(line)["note"])
                    except (ValueError, KeyError, TypeError) as error:
                        raise BadNote(f"A line of {path} is damaged.") from error


def words(root: bytes) -> str:
    """Say the first 64 bits of a root as four words that a person can read out (proquints: a word for 16 bits)."""
    consonants, vowels = "bdfghjklmnprstvz", "aiou"
    said = []
    for place in range(0, 8, 2):
        bits = int.from_bytes(root[place : place + 2])
        said.append(
            consonants[bits >> 12] + vowels[bits >> 10 & 3] + consonants[bits >> 6 & 15] + vowels[bits >> 4 & 3]
            + consonants[bits & 15]
        )  # fmt: skip
    return " ".join(said)


def _last_line(path: Path) -> bytes | None:
    """Read the last line of a file, which ends as a line does; an earlier one where the last was cut off."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LONGEST_LINE))
        whole, newline, torn = file.read().rpartition(b"\n")
        if torn:
            file.truncate(size - len(torn))
            file.flush()
            os.fsync(file.fileno())
            _log.warning("The last line of %s had been cut off while it was written and was taken out.", path.name)
    return whole.rpartition(b"\n")[2] if newline else None


def _keep(path: Path, said: dict[str, str]) -> None:
    """Append a line of JSON, all of it on disk when this returns, or none of it."""
    line = json.dumps(said, ensure_ascii=False)
    is_new = not path.exists()
    try:
        _append(path, f"{line}\n".encode())
        if is_new:
            _flush_folder(path.parent)
    except OSError as error:
        raise JournalUnwritable(path, error) from error


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        try:
            _put_on_disk(descriptor, line)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
    finally:
        os.close(descriptor)


def _put_on_disk(descriptor: int, line: bytes) -> None:
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.fsync(descriptor)


def _flush_folder(folder: Path) -> None:
    """Put the name of a new file on the disk: without that a power cut may take the whole file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, text: str, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _flush_folder(path.parent)
