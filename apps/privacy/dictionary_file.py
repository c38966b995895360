"""
The dictionary as a file: how it goes from the process that reads the database to the one that looks through texts.

The file's digest travels with every text, so an engine never works with another version than it was asked to, and a
file that is missing, cut off or changed is refused. Free of Django.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from apps.privacy.dictionary import EMPTY, Dictionary, Term

ENDING: Final = ".terms"
KEPT_SECONDS: Final = 600
"""How long an older version stays: a process that read it a moment ago may still be starting its engine."""
SECONDS_FOR_A_TERM: Final = 0.00004
_SEPARATORS: Final = str.maketrans("\t\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029", " " * 11)


class DictionaryUnreadable(Exception):
    """The dictionary's file is missing or is not the one that was handed over, so no text may be looked through."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One version of the dictionary: where its file lies, the digest of what is in it, how many terms that is."""

    path: str
    digest: str
    size: int

    @property
    def name(self) -> str:
        """Name the version, for the record and for findings that are stored; empty where there is no dictionary."""
        return f"d{self.digest[:12]}" if self.digest else ""

    @property
    def seconds_to_load(self) -> float:
        """Say how much longer a text may take, because its engine may have to load this dictionary first."""
        return self.size * SECONDS_FOR_A_TERM


NONE: Final = Handover("", "", 0)


def write(terms: Iterable[Term], *, folder: Path, now: float) -> Handover:
    """
    Write the terms into a private file of `folder`, named by its digest, and remove versions nobody needs any more.

    :raises OSError: if that is not possible.
    """
    lines = [_line(term) for term in terms]
    if not lines:
        return NONE
    content = "".join(lines).encode("utf-8", "replace")
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{digest}{ENDING}"
    _replace(path, content)
    _remove_older(folder, than=now - KEPT_SECONDS, besides=path)
    return Handover(str(path), digest, len(lines))


@lru_cache(maxsize=1)
def loaded(handover: Handover) -> Dictionary:
    """
    Give the dictionary that was handed over; the last one is kept in memory. Loading takes about 7 µs a term.

    :raises DictionaryUnreadable: if its file is not there or not what it was.
    """
    if handover == NONE:
        return EMPTY
    try:
        content = Path(handover.path).read_bytes()
    except OSError as error:
        raise DictionaryUnreadable(f"The dictionary cannot be read: {type(error).__name__}.") from None
    if hashlib.sha256(content).hexdigest() != handover.digest:
        raise DictionaryUnreadable("The dictionary's file was changed.")
    return Dictionary(_terms(content.decode("utf-8")))


def _line(term: Term) -> str:
    return f"{term.kind}\t{'=' if term.is_exact else ''}\t{term.text.translate(_SEPARATORS)}\n"


def _terms(content: str) -> Iterator[Term]:
    for line in content.removesuffix("\n").split("\n"):
        kind, exact, text = line.split("\t")
        yield Term(kind, text, is_exact=bool(exact))


def _replace(path: Path, content: bytes) -> None:
    """Put the content in place at once: a reader sees the old file or the whole new one. Only its owner may read it."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except OSError:
        Path(draft).unlink(missing_ok=True)
        raise


def _remove_older(folder: Path, *, than: float, besides: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # another process was faster
            if path != besides and path.stat().st_mtime < than:
                path.unlink()
