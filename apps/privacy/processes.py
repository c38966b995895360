"""
The engine's own processes: each looks through one text at a time, and a thread here feeds it from one line of texts.

One that dies, is late or works for a message that was cancelled is killed, and another is started in its place. The
thread, not the event loop, hands over the next text: on a busy machine the loop comes round too seldom, and the engine
would wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final

from apps.privacy import name_model, worker

logger = logging.getLogger(__name__)

STARTS: Final = 2
"""So often a process is started for one text, before that is refused."""


class EngineGone(Exception):
    """No process could be started, or all were ended."""


class EngineEnded(Exception):
    """The process ended while it was at work, or sent what cannot be read."""


class EngineRaised(Exception):
    """The engine raised an exception, which stays in its process; this names its type."""


class Engines:
    """
    So many processes of this process. They start with the first text, or with `start`; anew after `close` and a fork.

    Safe to use from several event loops in several threads.
    """

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self._lock = threading.Lock()
        self._engines: list[_Engine] = []
        self._line: SimpleQueue[_Question | None] = SimpleQueue()
        self._owner = 0

    async def ask(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """
        Call a function in the next free process. The time limit begins when that has the text.

        :raises TimeoutError: if it is late.
        :raises EngineGone, EngineEnded, EngineRaised: as these say.
        """
        self.start()
        question = _Question(pickle.dumps((function, arguments)), seconds)
        self._line.put(question)
        try:
            return await asyncio.wrap_future(question.answer)
        except asyncio.CancelledError:
            question.give_up()
            raise

    def start(self) -> None:
        """Start the processes, if there are none, without waiting for them."""
        with self._lock:
            if self._owner == os.getpid():
                return
            self._owner = os.getpid()
            self._line = SimpleQueue()
            self._engines = [_Engine(self._line) for _ in range(self._count())]
            for engine in self._engines:
                engine.start()

    def close(self) -> None:
        """End the processes; whoever waits for one is told that it is gone."""
        with self._lock:
            engines = self._engines if self._owner == os.getpid() else []
            line, self._engines, self._owner = self._line, [], 0
        while (question := _next_in(line)) is not None:
            question.refuse(EngineGone())
        for engine in engines:
            engine.end()
            line.put(None)
        for engine in engines:
            engine.join()


@dataclass(slots=True)
class _Question:
    """One text on its way. `process` is the one that has it, while it does."""

    message: bytes = field(repr=False)
    seconds: float
    answer: Future[Any] = field(default_factory=Future)
    process: _Process | None = None
    is_given_up: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def give_up(self) -> None:
        """Let nobody look through this text any more."""
        with self.lock:
            self.is_given_up = True
            if self.process is not None:
                self.process.kill()

    def hand_to(self, process: _Process | None) -> bool:
        """Note who has it; false if nobody needs to."""
        with self.lock:
            self.process = process
            return not self.is_given_up

    def refuse(self, error: Exception) -> None:
        """Say that there will be no answer."""
        if self.answer.running() or self.answer.set_running_or_notify_cancel():
            self.answer.set_exception(error)


class _Engine(threading.Thread):
    """Keeps one process at work."""

    def __init__(self, line: SimpleQueue[_Question | None]) -> None:
        super().__init__(name="privacy-engine", daemon=True)
        self._line = line
        self._process: _Process | None = None
        self._is_over = False

    def run(self) -> None:
        """Start the process, then take question after question."""
        self._renew()
        while (question := self._line.get()) is not None and not self._is_over:
            if question.answer.set_running_or_notify_cancel():
                self._answer(question)
        if self._process is not None:
            self._process.end()

    def end(self) -> None:
        """End it, whatever it does."""
        self._is_over = True
        self._kill()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _answer(self, question: _Question) -> None:
        try:
            process = self._ready()
            if not question.hand_to(process):
                return
            is_well, answer = process.ask(question.message, question.seconds)
        except (EngineGone, EngineEnded, TimeoutError) as error:
            self._kill()
            question.refuse(error)
            self._renew()
            return
        finally:
            question.hand_to(None)
        if is_well:
            question.answer.set_result(answer)
        else:
            question.refuse(EngineRaised(answer))

    def _ready(self) -> _Process:
        """
        Give a process that has started; one that died meanwhile is replaced.

        :raises EngineGone: if none starts.
        """
        for _ in range(STARTS):
            if self._process is None or not self._process.is_alive:
                self._renew()
            if self._process is not None and self._process.has_started():
                return self._process
        raise EngineGone

    def _renew(self) -> None:
        """Start another process in place of the one there is; where the machine lets none start, there is none."""
        if self._process is not None:
            self._process.end()
        try:
            self._process = None if self._is_over else _Process()
        except OSError as error:
            self._process = None
            logger.critical("No process for the privacy engine can be started: %s", type(error).__name__)


class _Process:
    """One process. It says that it is ready once it has loaded, then answers one question after the other."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, there = context.Pipe()
        arguments = (there, worker.load, (name_model.chosen(),))
        self._process = context.Process(target=worker.serve, args=arguments, daemon=True)
        self._process.start()
        there.close()
        self._has_started = False
        self._is_doomed = False

    @property
    def is_alive(self) -> bool:
        """Say whether it runs, and nobody has killed it."""
        return not self._is_doomed and self._process.is_alive()

    def has_started(self) -> bool:
        """Wait until it is ready; false if it ends instead."""
        if not self._has_started:
            try:
                self._connection.recv()
            except (EOFError, OSError):
                self.kill()
                return False
            self._has_started = True
        return True

    def ask(self, message: bytes, seconds: float) -> tuple[bool, Any]:
        """
        Give the function's result and true, or the name of what it raised and false.

        :raises TimeoutError, EngineEnded: as these say; the process is of no use then.
        """
        try:
            self._connection.send_bytes(message)
            is_in_time = self._connection.poll(seconds)
            is_well, answer = self._connection.recv() if is_in_time else (False, None)
        except Exception:  # noqa: BLE001 - whatever cannot be read: the process is broken, and its words are not repeated
            raise EngineEnded from None
        if not is_in_time:
            raise TimeoutError
        return is_well, answer

    def kill(self) -> None:
        """Kill it, without waiting until it is gone."""
        self._is_doomed = True
        self._process.kill()

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        self._process.join()
        self._connection.close()


def _next_in(line: SimpleQueue[_Question | None]) -> _Question | None:
    try:
        return line.get_nowait()
    except Empty:
        return None
