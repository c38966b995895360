"""
The engine's own processes: each looks through one text at a time, over a socket that the event loop watches.

One that dies, is late or works for a message that was cancelled is killed, and another is started in its place. Texts
wait in line for a free process, first come first served; nothing polls.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from apps.privacy import name_model, worker

LENGTH: Final = struct.Struct("!i")
"""How `multiprocessing` begins each of its messages."""
LONGEST_ANSWER: Final = 64 * 1024 * 1024
AT_ONCE: Final = 256 * 1024


class EngineGone(Exception):
    """The process had ended, or could not start, before it was given a text. Another one has been started."""


class EngineEnded(Exception):
    """The process ended while it was at work."""


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
        self._all: set[_Engine] = set()
        self._free: deque[_Engine] = deque()
        self._waiting: deque[Future[_Engine]] = deque()
        self._owner = 0

    async def ask(self, function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
        """
        Call a function in the next free process. The time limit begins when that has the text.

        :raises TimeoutError: if it is late.
        :raises EngineGone, EngineEnded, EngineRaised: as these say.
        """
        engine = await self._next_ready()
        try:
            is_well, answer = await engine.ask(function, arguments, seconds)
        except BaseException:
            self._replace(engine)
            raise
        self._give_back(engine)
        if not is_well:
            raise EngineRaised(answer)
        return answer

    def start(self) -> None:
        """Start the processes, if there are none, without waiting for them."""
        with self._lock:
            if self._owner == os.getpid():
                return
            self._owner = os.getpid()
            self._free.clear()
            self._all = {_Engine() for _ in range(self._count())}
            for engine in self._all:
                self._hand_over(engine)

    def close(self) -> None:
        """End the processes; whoever waits for one is told that it is gone."""
        with self._lock:
            ended = self._all if self._owner == os.getpid() else set()
            self._all, self._owner = set(), 0
            self._free.clear()
            while self._waiting:
                if (waiting := self._waiting.popleft()).set_running_or_notify_cancel():
                    waiting.set_exception(EngineGone())
        for engine in ended:
            engine.end()

    async def _next_ready(self) -> _Engine:
        """Wait for a free process that has started; one that takes longer than anybody waits goes on starting."""
        engine = await self._next_free()
        try:
            await engine.is_started()
        except EngineEnded:
            self._replace(engine)
            raise EngineGone from None
        except BaseException:
            self._give_back(engine)
            raise
        return engine

    async def _next_free(self) -> _Engine:
        if self._owner != os.getpid():
            await asyncio.to_thread(self.start)
        with self._lock:
            if self._free:
                return self._free.popleft()
            waiting: Future[_Engine] = Future()
            self._waiting.append(waiting)
        try:
            return await asyncio.wrap_future(waiting)
        except asyncio.CancelledError:
            with self._lock:  # it may have been handed over at the same moment
                if waiting.done() and not waiting.cancelled() and waiting.exception() is None:
                    self._hand_over(waiting.result())
            raise

    def _give_back(self, engine: _Engine) -> None:
        with self._lock:
            if engine in self._all:
                self._hand_over(engine)

    def _hand_over(self, engine: _Engine) -> None:
        """Give a process to whoever waits longest, or keep it. Under the lock."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if waiting.set_running_or_notify_cancel():
                waiting.set_result(engine)
                return
        self._free.append(engine)

    def _replace(self, engine: _Engine) -> None:
        """Kill a process and start another, beside: both take some milliseconds."""
        threading.Thread(target=self._start_in_place_of, args=(engine,), name="engine-start").start()

    def _start_in_place_of(self, engine: _Engine) -> None:
        engine.end()
        with self._lock:
            if engine in self._all:
                self._all.remove(engine)
                another = _Engine()
                self._all.add(another)
                self._hand_over(another)


class _Engine:
    """One process. It says that it is ready once it has loaded, then answers one question after the other."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        arguments = (there, worker.load, (name_model.chosen(),))
        self._process = context.Process(target=worker.serve, args=arguments, daemon=True)
        self._process.start()
        there.close()
        self._socket = socket.socket(fileno=os.dup(here.fileno()))
        self._socket.setblocking(False)
        here.close()
        self._received = bytearray()
        self._has_started = False

    async def is_started(self) -> None:
        """
        Wait until the process has loaded what it needs.

        :raises EngineEnded: if it ends instead.
        """
        if not self._has_started:
            await self._message()
            self._has_started = True

    async def ask(self, function: Callable[..., Any], arguments: tuple[Any, ...], seconds: float) -> tuple[bool, Any]:
        """Give the function's result and true, or the name of what it raised and false."""
        question = pickle.dumps((function, arguments))
        if not self._process.is_alive():
            raise EngineGone
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_sendall(self._socket, LENGTH.pack(len(question)) + question)
            is_well, answer = pickle.loads(await self._message())  # noqa: S301 - it comes from a process of our own
        return is_well, answer

    async def _message(self) -> bytes:
        """
        Wait for one message.

        :raises EngineEnded: if the process ends instead, or sends what is none.
        """
        loop = asyncio.get_running_loop()
        while not (size := self._size_of_a_whole_one()):
            come: asyncio.Future[None] = loop.create_future()
            loop.add_reader(self._socket, self._read, come)
            try:
                await come
            finally:
                loop.remove_reader(self._socket)
        message = bytes(self._received[LENGTH.size : size])
        del self._received[:size]
        return message

    def _size_of_a_whole_one(self) -> int:
        """Give the bytes of a message that has come whole; 0 where none has."""
        if len(self._received) < LENGTH.size:
            return 0
        size: int = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if not LENGTH.size < size <= LONGEST_ANSWER:
            raise EngineEnded
        return size if len(self._received) >= size else 0

    def _read(self, come: asyncio.Future[None]) -> None:
        """Take what has come; a process that stops in the middle of a message holds up nobody else."""
        try:
            data = self._socket.recv(AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._received += data
        if come.done():
            return
        if data:
            come.set_result(None)
        else:
            come.set_exception(EngineEnded())

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        self._process.kill()
        self._process.join()
        self._socket.close()
