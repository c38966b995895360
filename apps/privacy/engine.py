"""
The door to the engine: find what must be masked, here or in the engine's own process.

Whatever goes wrong (the engine raises, dies, is late, or its answer does not fit the text) comes out as
`ScrubberUnavailable`, so a caller that lets it pass sends nothing.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

from django.conf import settings

from apps.privacy import dictionary_handover, pieces, sentinel, vocabulary, worker
from apps.privacy import version as engine_version
from apps.privacy.dictionary_file import Handover
from apps.privacy.dictionary_handover import DictionaryUnavailable
from apps.privacy.findings import Finding, MalformedFinding, checked
from apps.privacy.processes import EngineRaised, Engines

logger = logging.getLogger(__name__)

SECONDS_AT_LEAST: Final = 5.0
SECONDS_PER_CHARACTER: Final = 0.00025
REMEMBERED: Final = 2_000
ENGINE_FAILED: Final = (
    "The check for personal data could not be completed, so nothing was sent. Try again in a moment; "
    "if it keeps happening, tell your administrator."
)
ENGINE_LATE: Final = (
    "The check for personal data took too long, so nothing was sent. Try again, or send the text in smaller parts."
)
Progress: TypeAlias = Callable[[float], None]
"""Told how much of a text has been looked through, from 0 to 1."""


class ScrubberUnavailable(Exception):
    """
    The text could not be analysed for certain, so nothing may be sent. The sentence is for the person.

    Raised without a cause on purpose: what libraries raise may quote the text.
    """

    def __init__(self, sentence: str = ENGINE_FAILED) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class AnswerDistrusted(ScrubberUnavailable):
    """The engine works, and what it says of this text cannot be right: so of this one nothing may be sent."""


def version() -> str:
    """
    Name the state of recognisers, word lists and the company's dictionary; findings of another name are out of date.

    Asks the database once a second at most, so it is not for the event loop.

    :raises ScrubberUnavailable: if the dictionary cannot be read.
    """
    try:
        return _version_with(dictionary_handover.current())
    except DictionaryUnavailable as error:
        raise ScrubberUnavailable(error.sentence) from None


def version_in_use() -> str:
    """Name the state with which this process looked through the last text, without asking anybody."""
    return _version_with(dictionary_handover.in_use())


def _version_with(handover: Handover) -> str:
    return "-".join(filter(None, (engine_version.current(), handover.name)))


def detect(text: str) -> tuple[Finding, ...]:
    """
    Find what must be masked, in this process (for workers at ingest).

    :raises ScrubberUnavailable: if the engine fails; `AnswerDistrusted` if its answer does not fit the text.
    """
    failure, kind = ENGINE_FAILED, ScrubberUnavailable
    try:
        handover = dictionary_handover.current()
        key = _digest(text, handover)
        remembered = _memory.get(key)
        if remembered is not None:
            return remembered
        return _memory.put(key, _trusted(text, _find_here(text, handover)))
    except DictionaryUnavailable as error:
        logger.error("The company's dictionary could not be read")  # noqa: TRY400 - the database's error may quote terms
        failure = error.sentence
    except MalformedFinding as error:
        logger.error("The privacy engine's answer is not believed: %s", error)  # noqa: TRY400 - a sentence of our own
        kind = AnswerDistrusted
    except Exception as error:  # noqa: BLE001 - any library may fail here; the refusal is raised below
        logger.error("The privacy engine failed: %s", type(error).__name__)  # noqa: TRY400 - its text holds personal data
    raise kind(failure)


async def detect_async(text: str, *, on_progress: Progress | None = None) -> tuple[Finding, ...]:
    """
    Find what must be masked, in the engine's own process; the event loop stays free.

    A long text goes there in pieces, of which one at a time waits among the short texts, so a short text never waits
    for a long one. The time limit grows with the text and holds for each piece; a late engine is killed and replaced.
    Cancelling the task cancels the work.

    :raises ScrubberUnavailable: if the engine fails, is late or dies; `AnswerDistrusted` if its answer does not fit the
        text.
    """
    failure, kind = ENGINE_FAILED, ScrubberUnavailable
    try:
        handover = await dictionary_handover.current_async()
        key = _digest(text, handover)
        remembered = _memory.get(key)
        if remembered is not None:
            return remembered
        return _memory.put(key, await _find_there(text, handover, on_progress))
    except DictionaryUnavailable as error:
        logger.error("The company's dictionary could not be read")  # noqa: TRY400 - the database's error may quote terms
        failure = error.sentence
    except EngineRaised as error:
        logger.error("The privacy engine failed: %s", error)  # noqa: TRY400 - it names a type and nothing else
    except TimeoutError:
        logger.error("The privacy engine was late for a text of %d characters", len(text))  # noqa: TRY400
        failure = ENGINE_LATE
    except MalformedFinding as error:
        logger.error("The privacy engine's answer is not believed: %s", error)  # noqa: TRY400 - a sentence of our own
        kind = AnswerDistrusted
    except Exception as error:  # noqa: BLE001 - any library may fail here; the refusal is raised below
        logger.error("The privacy engine failed: %s", type(error).__name__)  # noqa: TRY400 - its text holds personal data
    raise kind(failure)


def _find_here(text: str, handover: Handover) -> Iterable[Finding]:
    if len(text) <= pieces.LONGEST:
        return worker.find(text, handover)
    return pieces.united(text, ((piece, worker.find(piece.text, handover)) for piece in pieces.cut(text)))


async def _find_there(text: str, handover: Handover, on_progress: Progress | None) -> tuple[Finding, ...]:
    if len(text) <= pieces.LONGEST:
        return _trusted(text, await _ask_the_process(text, handover))
    found = []
    for piece in pieces.cut(text):
        async with _lane_of_long_texts():
            found.append((piece, await _ask_the_process(piece.text, handover)))
        if on_progress:
            on_progress((piece.start + len(piece.text)) / len(text))
    return await asyncio.to_thread(lambda: _trusted(text, pieces.united(text, found)))


def _lane_of_long_texts() -> asyncio.Semaphore:
    """Let as many pieces of long texts stand in the engine's queue as there are engine processes, first come first."""
    loop = asyncio.get_running_loop()
    if loop not in _lanes:
        _lanes[loop] = asyncio.Semaphore(settings.SCRUB_PROCESSES)
    return _lanes[loop]


async def _ask_the_process(text: str, handover: Handover) -> tuple[Finding, ...]:
    seconds = seconds_for(text) + handover.seconds_to_load
    async with asyncio.timeout(settings.SCRUB_SECONDS):
        found: tuple[Finding, ...] = await _engines.ask(worker.find, text, handover, seconds=seconds)
        return found


def seconds_for(text: str) -> float:
    """Give the time limit for analysing `text`, in seconds, never more than the setting allows."""
    return min(float(settings.SCRUB_SECONDS), SECONDS_AT_LEAST + len(text) * SECONDS_PER_CHARACTER)


def warm_up() -> None:
    """Start the engine's process now, without waiting for it. Call it when a web process starts."""
    _engines.start()


def shut_down() -> None:
    """End the engine's process. The next text starts a new one."""
    _engines.close()


def forget() -> None:
    """Forget every remembered result."""
    _memory.clear()


def _trusted(text: str, found: Iterable[Finding]) -> tuple[Finding, ...]:
    findings = checked(found, text=text)
    if any(finding.type not in vocabulary.TYPES for finding in findings):
        raise MalformedFinding("The privacy engine reported a type that nobody knows.")
    if sentinel.overlooked(text, findings):
        raise MalformedFinding("The privacy engine overlooked something obvious.")
    return findings


class _Memory:
    """The findings of texts seen lately, by digest: a conversation's history is not analysed again on every turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._findings: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()

    def get(self, key: bytes) -> tuple[Finding, ...] | None:
        with self._lock:
            if key in self._findings:
                self._findings.move_to_end(key)
            return self._findings.get(key)

    def put(self, key: bytes, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        with self._lock:
            self._findings[key] = findings
            while len(self._findings) > REMEMBERED:
                self._findings.popitem(last=False)
        return findings

    def clear(self) -> None:
        with self._lock:
            self._findings.clear()


def _digest(text: str, handover: Handover) -> bytes:
    return hashlib.sha256(_version_with(handover).encode() + b"\0" + text.encode("utf-8", "surrogatepass")).digest()


_engines: Final = Engines(lambda: settings.SCRUB_PROCESSES)
_lanes: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()
_memory: Final = _Memory()
atexit.register(shut_down)
