"""Read a file in a process of its own, which may be killed by the file but takes nothing with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

from apps.rag.parsing import MOST_BLOCKS, Block, Kind, Parsed, Reason, Role, Unreadable

WALL_SECONDS = 60.0
MOST_OUTPUT = 24 * 1024 * 1024
_HOME = Path(__file__).resolve().parents[3]


def read(file: IO[bytes], kind: Kind, *, wall_seconds: float = WALL_SECONDS) -> Parsed:
    """
    Read an open file (it needs a descriptor) in a child process: no secrets in its environment, capped processor
    time, memory and output, no files, no network, no further processes. About 0.3 s for a short document.

    :raises Unreadable: if the file cannot be read.
    """
    child = subprocess.Popen(  # noqa: S603 - a fixed command; the file is only its standard input
        [sys.executable, "-s", "-m", "apps.rag.parsing.child", kind.value],
        stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_HOME, env=_environment(), close_fds=True,
        start_new_session=True,
    )  # fmt: skip
    late = threading.Event()

    def stop() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(wall_seconds, stop)
    timer.start()
    try:
        output = child.stdout.read(MOST_OUTPUT + 1) if child.stdout else b""
        if len(output) > MOST_OUTPUT:
            raise Unreadable(Reason.TOO_MUCH_TEXT)
        code = child.wait()
    finally:
        timer.cancel()
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()
    return _result(output, code, is_late=late.is_set())


def _environment() -> dict[str, str]:
    """Nothing of ours: a parser taken over by a file finds no password here."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"}


def _result(output: bytes, code: int, *, is_late: bool) -> Parsed:
    if is_late or code in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise Unreadable(Reason.TOO_SLOW)
    if code != 0:
        raise Unreadable(Reason.DAMAGED)
    try:
        told = json.loads(output)
        if "reason" in told:
            raise Unreadable(Reason(told["reason"]))
        blocks = tuple(_block(*block) for block in told["blocks"][:MOST_BLOCKS])
        return Parsed(blocks, _page(told["pages"]))
    except (ValueError, TypeError, KeyError):
        raise Unreadable(Reason.DAMAGED) from None


def _block(role: Any, text: Any, level: Any, page: Any) -> Block:
    """Believe the child nothing but the shapes that were agreed."""
    if not isinstance(text, str) or not isinstance(level, int) or not 0 <= level <= 6:
        raise TypeError
    return Block(Role(role), text, level, _page(page))


def _page(page: Any) -> int | None:
    if page is not None and (not isinstance(page, int) or not 0 < page < 1_000_000):
        raise TypeError
    return page
