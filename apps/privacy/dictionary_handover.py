"""
The dictionary as it is now, for every process that looks through texts.

Each of them asks the database for the version, at most once a second, and on a new one writes the terms into a file
for its engine. Whatever fails here is `DictionaryUnavailable`: a text that was not looked through with the present
dictionary is not sent.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connections

from apps.accounts.models import User
from apps.privacy import dictionary, dictionary_file
from apps.privacy.dictionary import Term
from apps.privacy.dictionary_file import NONE, Handover
from apps.privacy.dictionary_models import DictionaryEntry, DictionaryState

CHECK_SECONDS: Final = 1.0
REST_FACTOR: Final = 5
"""After reading all terms, wait this many times as long before looking again: many changes in a row cost a fifth."""
CHUNK: Final = 5_000


class DictionaryUnavailable(Exception):
    """The company's dictionary could not be read, so nothing can be looked through for its terms."""

    sentence = (
        "The company's dictionary of protected terms could not be read, so the message was not sent. "
        "Try again in a moment."
    )

    def __init__(self) -> None:
        super().__init__(self.sentence)


@dataclass(frozen=True, slots=True)
class _Known:
    """What this process learnt last, and until when (on the monotonic clock) that counts as the present."""

    handover: Handover
    version: int
    until: float
    place: Path
    """The handover's file; kept, since each text asks whether it is there."""

    def is_present(self) -> bool:
        has_file = self.handover == NONE or self.place.exists()
        return time.monotonic() < self.until and has_file


class _Latest:
    """The dictionary that this process hands to engines."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: _Known | None = None

    def if_present(self) -> Handover | None:
        known = self._known
        return known.handover if known and known.is_present() else None

    def in_use(self) -> Handover:
        return self._known.handover if self._known else NONE

    def get(self) -> Handover:
        with self._lock:
            present = self.if_present()
            return self._look().handover if present is None else present

    def fix(self, handover: Handover) -> None:
        self._known = _Known(handover, -1, float("inf"), Path(handover.path))

    def expire(self) -> None:
        self._known = None

    def _look(self) -> _Known:
        began = time.monotonic()
        version, has_directory = _state()
        known = self._known
        if known is None or known.version != version or not known.place.exists():
            terms = _terms(has_directory=has_directory)
            handover = dictionary_file.write(terms, folder=_folder(), now=time.time())
            place = Path(handover.path)
        else:
            handover, place = known.handover, known.place
        now = time.monotonic()
        self._known = _Known(handover, version, now + max(CHECK_SECONDS, REST_FACTOR * (now - began)), place)
        return self._known


def current() -> Handover:
    """
    Give the dictionary of this moment, one second old at most. One query, and all terms if it has changed.

    :raises DictionaryUnavailable: if it cannot be read or written for the engine.
    """
    try:
        return _latest.get()
    except (DatabaseError, InterfaceError, OSError):
        raise DictionaryUnavailable from None  # without a cause: the database's error may quote terms


async def current_async() -> Handover:
    """
    Give the dictionary of this moment without holding the event loop up; one look serves all that wait for it.

    :raises DictionaryUnavailable: if it cannot be read or written for the engine.
    """
    present = _latest.if_present()
    if present is not None:
        return present
    loop = asyncio.get_running_loop()
    look = _looks.get(loop)
    if look is None or look.done():
        look = _looks[loop] = loop.run_in_executor(None, _current_in_thread)
    return await asyncio.shield(look)


def in_use() -> Handover:
    """Give the dictionary that this process used last, without asking anybody."""
    return _latest.in_use()


def expire() -> None:
    """Make this process look at the next text whether the dictionary has changed."""
    _latest.expire()


def set_aside() -> None:
    """Work without the company's dictionary from now on: for measuring the engine, where there is no database."""
    _latest.fix(NONE)


def _current_in_thread() -> Handover:
    try:
        return current()
    finally:
        connections.close_all()


def _state() -> tuple[int, bool]:
    row = DictionaryState.objects.filter(pk=1).values_list("version", "has_directory").first()
    return row or (0, True)


def _terms(*, has_directory: bool) -> Iterator[Term]:
    """Give all terms; where one stands for two things, what is never masked comes first and people come last."""
    entries = DictionaryEntry.objects.order_by("key").values_list("kind", "term", "is_exact")
    for part in (entries.filter(kind=dictionary.ALLOWED), entries.exclude(kind=dictionary.ALLOWED)):
        for kind, term, is_exact in part.iterator(chunk_size=CHUNK):
            yield Term(kind, term, is_exact=is_exact)
    if has_directory:
        people = User.objects.order_by("pk").values_list("name", "username", "email")
        for name, username, email in people.iterator(chunk_size=CHUNK):
            yield from _of_person(name, username, email)


def _of_person(name: str, username: str, email: str) -> Iterator[Term]:
    for kind, text in (
        (dictionary.STAFF_NAME, name),
        (dictionary.STAFF_USERNAME, username),
        (dictionary.STAFF_EMAIL, email),
    ):
        if text:
            yield Term(kind, text)


def _folder() -> Path:
    return Path(settings.STATE_DIR) / "dictionary"


_latest: Final = _Latest()
_looks: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Future[Handover]]] = WeakKeyDictionary()
"""The look that is under way, of each event loop."""
