"""
The folder that the sequencer alone may read: its signing key, and a journal of every checkpoint it ever signed.

The journal is append-only JSON Lines, one file a day, flushed to disk before a checkpoint counts. It lies outside the
database, so a database that was rolled back or rewritten no longer fits what was signed.
"""

from __future__ import annotations

import json
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


class KeyUnusable(Exception):
    """The signing key is missing, open to others, or not a key. The message says what to do."""


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

        :raises BadNote: if the journal's last line was damaged: compare it with a witness before going on.
        """
        newest = max(self.folder.glob(JOURNAL), default=None)
        lines = _end_of(newest).splitlines() if newest else []
        if not lines:
            return None
        try:
            return Checkpoint.parse(Note.parse(json.loads(lines[-1])["note"]).text)
        except (ValueError, KeyError, TypeError) as error:
            raise BadNote(
                f"The last line of {newest} is damaged. Compare it with a witness before going on."
            ) from error

    def is_readable(self) -> bool:
        """Say whether this process may read the folder: the sequencer's may, the web's must not."""
        return os.access(self.folder, os.R_OK | os.X_OK)

    def journal(self, note: Note, *, at: datetime) -> None:
        """Append a signed checkpoint and wait for the disk."""
        self._append(JOURNAL.replace("*", f"{at:%Y-%m-%d}"), {"signed_at": at.isoformat(), "note": str(note)})

    def _append(self, name: str, said: dict[str, str]) -> None:
        descriptor = os.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(json.dumps(said, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def keep_stamp(self, note: str, *, authority: str, token: bytes, at: datetime) -> None:
        """Append an authority's stamp with the checkpoint that it is on, and wait for the disk."""
        kept = {"authority": authority, "stamped_at": at.isoformat(), "token": b64encode(token).decode(), "note": note}
        self._append(f"timestamps-{at:%Y-%m}.jsonl", kept)

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


def _write(path: Path, text: str, *, mode: int) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _end_of(path: Path) -> str:
    """Read the last lines of a file that may be long."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LONGEST_LINE))
        return file.read().decode(errors="replace")
