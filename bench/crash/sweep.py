"""The crash sweep: kill the web process at every moment of an exchange, at each door, and judge what is left."""

from __future__ import annotations

import itertools
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.crash import marks, referee
from bench.crash.doors import BATCH, BROWSER, DOORS, STREAM, Said, Visitor
from bench.crash.referee import Ask
from bench.crash.scene import Scene, Web

SYSTEM_CALLS: Final = ("sendto", "recvfrom", "sendmsg", "connect", "write", "close", "epoll_ctl", "read", "futex")
"""What the web process says to the database, the provider and the page, and what it waits for."""
ALL, LOOP, OTHERS = "", "the event loop", "the other threads"
"""strace counts calls for each thread alone, so the busiest would hide the moments of the others."""
MOST: Final = 2_000
SETTLED_AFTER: Final = 62.0
LINES_CLOSED_AFTER: Final = 180.0
"""Lines that were not sent are taken up one after the other, once no dead worker's lease holds them up."""
UNFINISHED: Final = "SELECT count(*) FROM batch_line WHERE closed_at IS NULL"


@dataclass
class Sweep:
    """Everything that was asked so far, by all lanes together."""

    scene: Scene
    until: float = float("inf")
    asks: list[Ask] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_mark(self) -> str:
        """Give a mark nobody had."""
        with self._lock:
            return marks.mark_of(next(self._numbers))

    def note(self, series: str, asks: list[Ask]) -> None:
        """Keep what was asked at one point, and look at the money that is held at this moment."""
        held = referee.held_now(self.scene)
        served = {one.mark for one in self.scene.provider.log()}
        with self._lock:
            self.asks += asks
            self.points[series] += 1
            self.sent[series] += any(ask.mark in served for ask in asks)
            self.problems += [f"{asks[0].door}, {asks[0].point}: {scope}" for scope in held]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of the sweep: a kind of moment at one door; every `stride`-th moment of it."""

    kind: str
    doors: tuple[str, ...]
    stride: int = 1
    begin: int = 1
    threads: str = ALL

    @property
    def name(self) -> str:
        """Name it for the table."""
        return f"{self.kind}{' of ' if self.threads else ''}{self.threads} at {' and '.join(self.doors)}"


def all_series(stride: int, *, begin: int = 1) -> list[Series]:
    """List the rows: statements and awaits at each door, each system call of two exchanges in flight."""
    counted = [Series(kind, (door,), stride, begin) for kind in ("sql", "await") for door in (*DOORS, BATCH)]
    calls = itertools.product(SYSTEM_CALLS, (LOOP, OTHERS))
    return counted + [Series(name, (BROWSER, STREAM), stride, begin, threads) for name, threads in calls]


def run(scene: Scene, series: list[Series], *, seconds: float, lanes: int) -> Sweep:
    """
    Go through the series, `lanes` at a time, each with web processes of its own; takes about 1 s a point.

    After `seconds` no new point is begun; what was not reached is said.
    """
    sweep = Sweep(scene, until=time.monotonic() + seconds)
    todo = iter(series)
    lock = threading.Lock()

    def lane(number: int) -> None:
        web = Web(scene, f"web-{number}")
        try:
            while True:
                with lock:
                    one = next(todo, None)
                if one is None:
                    return
                _go_through(sweep, web, one)
        finally:
            web.close()

    with ThreadPoolExecutor(lanes) as pool:
        for done in [pool.submit(lane, number) for number in range(lanes)]:
            done.result()
    return sweep


def bystander(scene: Scene) -> Web:
    """Start a web process that nobody kills: it closes what others leave, as one that is started again at once does."""
    web = Web(scene, "web-beside")
    web.start()
    return web


def settle(scene: Scene) -> None:
    """Give the bystander the time in which everything must have closed."""
    time.sleep(SETTLED_AFTER)
    deadline = time.monotonic() + LINES_CLOSED_AFTER
    while scene.rows(UNFINISHED) != [(0,)] and time.monotonic() < deadline:
        time.sleep(1)


def _go_through(sweep: Sweep, web: Web, series: Series) -> None:
    """Kill at moment 1, 2, 3 ... until an exchange gets through."""
    for number in range(series.begin, MOST, series.stride):
        if time.monotonic() > sweep.until:
            _say(sweep, series, f"stopped at number {number}")
            return
        survived = (kill_worker_at if series.doors == (BATCH,) else kill_at)(sweep, web, series, number)
        if survived:
            _say(sweep, series, f"over before number {number}")
            return
    raise RuntimeError(f"{series.name}: no end after {MOST} moments")


def _say(sweep: Sweep, series: Series, end: str) -> None:
    points, sent = sweep.points[series.name], sweep.sent[series.name]
    print(f"  {series.name:<60} {points:>5} points, {sent:>4} with a request out; {end}", flush=True)


def kill_at(sweep: Sweep, web: Web, series: Series, number: int) -> bool:
    """Ask with a process that dies at the moment; say whether it lived."""
    is_traced = series.kind not in {"sql", "await"}
    web.start("none" if is_traced else series.kind, number)
    visitor = Visitor(sweep.scene, web.address)
    token = visitor.open_page() if BROWSER in series.doors else ""
    tracer = trace(web.pid, series.kind, number, threads=series.threads) if is_traced else None
    began_at = datetime.now(UTC)
    wanted = {sweep.next_mark(): door for door in series.doors}
    with ThreadPoolExecutor(len(wanted)) as pool:
        said = list(pool.map(lambda one: _asked(visitor, one[1], one[0], token), wanted.items()))
    if any(one.outcome != "ANSWERED" for one in said):
        _wait_until_gone(web)
    survived = web.is_alive()
    died_at = datetime.now(UTC)
    web.kill()
    if tracer:
        tracer.wait(10)
    point = f"{series.kind} {number}"
    asks = [Ask(mark, door, point, began_at, died_at) for mark, door in wanted.items()]
    sweep.note(series.name, asks)
    if survived and any(one.outcome != "ANSWERED" for one in said):
        sweep.problems.append(f"{point}: lived, and yet {[(one.outcome, one.words[:80]) for one in said]}")
    return survived


def kill_worker_at(sweep: Sweep, web: Web, series: Series, number: int) -> bool:
    """Let a worker answer a batch of one line and die at the moment; say whether it lived."""
    began_at, mark = datetime.now(UTC), sweep.next_mark()
    survived = web.run_batch(marks.question_with(mark), series.kind, number)
    died_at = datetime.now(UTC)
    is_sent = any(mark in text for (text,) in sweep.scene.rows("SELECT left_text FROM ledger_searchrow"))
    # A line that was not sent waits for the next worker; only one that was sent has to be closed soon.
    ask = Ask(mark, BATCH, f"{series.kind} {number}", began_at, died_at if is_sent else None)
    sweep.note(series.name, [ask])
    return survived


def _wait_until_gone(web: Web) -> None:
    """Give a process that broke the connection off the second in which it is gone."""
    deadline = time.monotonic() + 1
    while web.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)


def _asked(visitor: Visitor, door: str, mark: str, token: str) -> Said:
    return visitor.ask(door, mark, token)


def trace(pid: int, call: str, number: int, *, threads: str = ALL) -> subprocess.Popen[bytes]:
    """
    Attach strace: the thread that makes the call for the `number`-th time takes the process with it.

    :param threads: those of the process that are there now, and whatever they start; or the event loop's alone, which
        is the first; or all but that.
    """
    there = [task.name for task in Path(f"/proc/{pid}/task").iterdir()]
    chosen = {ALL: there, LOOP: [str(pid)], OTHERS: [each for each in there if each != str(pid)]}[threads]
    inject = f"inject={call}:signal=SIGKILL:when={number}"
    follow = [] if threads == LOOP else ["-f"]
    attach = [argument for each in chosen for argument in ("-p", each)]
    command = ["strace", "-qq", *follow, "-o", "/dev/null", "-e", f"trace={call}", "-e", inject, *attach]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    _wait_until_traced(pid, chosen)
    return tracer


def _wait_until_traced(pid: int, threads: list[str]) -> None:
    """Wait for the last of the threads that are still there: one may end before strace comes to it."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        states = [state for thread in threads if (state := _state_of(pid, thread))]
        if states and "TracerPid:\t0\n" not in states[-1]:
            time.sleep(0.1)  # the other threads follow
            return
        time.sleep(0.01)
    raise RuntimeError("strace could not attach; the machine may forbid it (ptrace_scope).")


def _state_of(pid: int, thread: str) -> str:
    """Give what the kernel says of a thread; nothing of one that has ended."""
    try:
        return Path(f"/proc/{pid}/task/{thread}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
