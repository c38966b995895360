"""Ways in which the record cannot be written, against the running product: nothing leaves, readiness is false."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import psycopg

from bench.crash import marks
from bench.crash.doors import BROWSER, STREAM, WHOLE, Said, Visitor
from bench.crash.scene import Scene, Web, scene
from portal.embedded.database import APP

READY_FALSE_WITHIN: Final = 6.0
BACK_WITHIN: Final = 30.0
SENTENCE_WITHIN: Final = 20.0
TABLESPACE_BYTES: Final = "24m"
LOG_DISK_BYTES: Final = "200m"


@dataclass(frozen=True, slots=True)
class Way:
    """One fault: how it is told, a context that holds it, and how many words the question has besides."""

    name: str
    fault: Callable[[Scene], AbstractContextManager[None]]
    words: int = 0


@dataclass(slots=True)
class Row:
    """What one fault came to."""

    way: str
    left: int
    said: dict[str, Said]
    not_ready_after: float | None
    back_after: float | None

    @property
    def problems(self) -> list[str]:
        """Name every promise that did not hold."""
        found = []
        if self.left:
            found.append(f"{self.left} requests reached the provider")
        for door, said in self.said.items():
            if said.outcome == "ANSWERED" or not said.words:
                found.append(f"{door}: {said.outcome or 'no end'} {said.words[:60]}")
            if said.seconds > SENTENCE_WITHIN:
                found.append(f"{door}: told after {said.seconds:.0f} s")
        if self.not_ready_after is None:
            found.append("readiness stayed true")
        if self.back_after is None:
            found.append(f"not back within {BACK_WITHIN:.0f} s")
        return [f"{self.way}: {problem}" for problem in found]


def run(only: str = "") -> list[str]:
    """Try every way whose name matches, print the table, give what was broken."""
    rows = []
    with scene() as made:
        web = Web(made, "web")
        try:
            web.start()
            _is_back(Visitor(made, web.address), 9_990)  # the privacy engine starts with the first message
            for number, way in enumerate(way for way in WAYS if re.search(only, way.name)):
                rows.append(_try(made, Visitor(made, web.address), way, number * 10))
                _print(rows[-1])
        finally:
            web.close()
    return [problem for row in rows for problem in row.problems]


def _try(made: Scene, visitor: Visitor, way: Way, first: int) -> Row:
    token = visitor.open_page()
    before = len(made.provider.log())
    with way.fault(made):
        not_ready_after = _until(lambda: not visitor.ready(), READY_FALSE_WITHIN)
        said = {
            door: visitor.ask(door, marks.mark_of(first + place), token, words=way.words)
            for place, door in enumerate((BROWSER, STREAM, WHOLE))
        }
        left = len(made.provider.log()) - before
    back_after = _until(lambda: _is_back(visitor, first + 5), BACK_WITHIN)
    return Row(way.name, left, said, not_ready_after, back_after)


def _is_back(visitor: Visitor, number: int) -> bool:
    if not visitor.ready():
        return False
    with contextlib.suppress(AssertionError):
        asked = {BROWSER: number, STREAM: number + 1}
        token = visitor.open_page()
        return all(visitor.ask(door, marks.mark_of(n), token).outcome == "ANSWERED" for door, n in asked.items())
    return False


def _until(condition: Callable[[], bool], seconds: float) -> float | None:
    """Give the seconds until it holds, or None where it does not in time."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        if condition():
            return time.monotonic() - began
        time.sleep(0.2)
    return None if passed >= seconds else passed


def _print(row: Row) -> None:
    verdict = "" if not row.problems else "  BROKEN"
    after = "-" if row.not_ready_after is None else f"{row.not_ready_after:.1f} s"
    back = "-" if row.back_after is None else f"{row.back_after:.1f} s"
    told = ", ".join(f"{said.outcome} {said.seconds:.1f} s" for said in row.said.values())
    print(
        f"  {row.way:<44} left {row.left}, not ready after {after:>6}, back after {back:>6}, {told}{verdict}",
        flush=True,
    )
    for problem in row.problems:
        print(f"      {problem}", flush=True)


def _changed(there: str, back: str) -> Callable[[Scene], AbstractContextManager[None]]:
    """Make a fault of two statements of the superuser."""

    @contextmanager
    def fault(made: Scene) -> Iterator[None]:
        with made.superuser() as superuser:
            for statement in there.split(";;"):
                superuser.execute(statement)  # type: ignore[arg-type]
            try:
                yield
            finally:
                for statement in back.split(";;"):
                    superuser.execute(statement)  # type: ignore[arg-type]

    return fault


@contextmanager
def _locked(made: Scene) -> Iterator[None]:
    with made.superuser() as superuser, superuser.transaction():
        superuser.execute("LOCK TABLE ledger_intent IN ACCESS EXCLUSIVE MODE")
        yield


@contextmanager
def _no_connections_left(made: Scene) -> Iterator[None]:
    """Take every connection there is, after the product's own were ended; the superuser keeps a way in."""
    taken: list[psycopg.Connection[Any]] = []
    with made.superuser() as superuser:
        superuser.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [APP])
        try:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    taken.append(psycopg.connect(made.state.postgres.url(APP), autocommit=True))
                except psycopg.OperationalError:
                    ended = (
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s AND pid <> ALL(%s)"
                    )
                    mine = [each.info.backend_pid for each in taken]
                    if not superuser.execute(ended, [APP, mine]).fetchall():
                        break
            yield
        finally:
            for each in taken:
                each.close()


@contextmanager
def _backends_killed_in_statements(made: Scene) -> Iterator[None]:
    """Every insert of an intent takes its own backend with it."""
    kills = """
    CREATE FUNCTION crash_end_backend() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1); RETURN NEW; END $$;;
    CREATE TRIGGER crash BEFORE INSERT ON ledger_intent FOR EACH ROW EXECUTE FUNCTION crash_end_backend()
    """
    with _changed(kills, "DROP TRIGGER crash ON ledger_intent;; DROP FUNCTION crash_end_backend()")(made):
        yield


@contextmanager
def _disk_full(made: Scene) -> Iterator[None]:
    """Move the intents to a small disk of their own and fill it to the last block."""
    with ExitStack() as stack:
        place = made.state.home / "small-disk"
        place.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TABLESPACE_BYTES},mode=0777", "tmpfs", place], check=True)
        stack.callback(lambda: subprocess.run(["umount", "-l", place], check=True))
        folder = place / "space"
        folder.mkdir()
        account = made.state.postgres.server_account()
        if account:
            subprocess.run(["chown", account, folder], check=True)
        with made.superuser() as superuser:
            superuser.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")  # type: ignore[arg-type]
            stack.callback(_with_superuser, made, "DROP TABLESPACE small")
            stack.callback(_moved, made, "pg_default")
            _moved(made, "small")
            _fill(place)
            yield
            (place / "filling").unlink()


def _moved(made: Scene, place: str) -> None:
    for table in ("ledger_intent", "ledger_searchrow"):
        _with_superuser(made, f"ALTER TABLE {table} SET TABLESPACE {place}")
    for (index,) in made.rows("SELECT indexname FROM pg_indexes WHERE tablename IN ('ledger_intent')"):
        _with_superuser(made, f"ALTER INDEX {index} SET TABLESPACE {place}")


def _with_superuser(made: Scene, statement: str) -> None:
    with made.superuser() as superuser:
        superuser.execute(statement)  # type: ignore[arg-type]


def _fill(place: Path) -> None:
    with (place / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            continue


@contextmanager
def _log_disk_full(made: Scene) -> Iterator[None]:
    """Have the write-ahead log on a small disk and fill it: the server stops at the first new segment."""
    log, place = made.state.postgres.data / "pg_wal", made.state.home / "log-disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={LOG_DISK_BYTES},mode=0777", "tmpfs", place], check=True)
    with ExitStack() as stack:
        stack.callback(made.state.postgres.start)
        stack.callback(lambda: subprocess.run(["umount", place], check=True))
        with _at_rest(made):
            _move(log, place / "pg_wal", made)
            log.symlink_to(place / "pg_wal")
        process = psutil.Process(_postmaster(made))
        _fill(place)
        with contextlib.suppress(psycopg.Error), made.superuser() as superuser:
            while True:
                superuser.execute("SELECT pg_logical_emit_message(true, 'filling', repeat('x', 1000000))")
        with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
            process.wait(20)
        yield
        (place / "filling").unlink()
        made.state.postgres.start()
        _end_server(made)
        log.unlink()
        _move(place / "pg_wal", log, made)


@contextmanager
def _at_rest(made: Scene) -> Iterator[None]:
    """Stop the server while the body runs."""
    _end_server(made)
    yield
    made.state.postgres.start()


def _end_server(made: Scene) -> None:
    pid = _postmaster(made)
    os.kill(pid, signal.SIGINT)
    _wait_until_gone(pid)


def _move(folder: Path, there: Path, made: Scene) -> None:
    shutil.move(folder, there)
    if account := made.state.postgres.server_account():
        subprocess.run(["chown", "-R", account, there], check=True)


@contextmanager
def _stopped(made: Scene) -> Iterator[None]:
    os.kill(_postmaster(made), signal.SIGINT)
    _wait_until_gone(_postmaster(made))
    yield
    made.state.postgres.start()


@contextmanager
def _killed(made: Scene) -> Iterator[None]:
    process = psutil.Process(_postmaster(made))
    family = [process, *process.children(recursive=True)]
    process.kill()
    psutil.wait_procs(family, timeout=15)
    yield
    made.state.postgres.start()


@contextmanager
def _silent(made: Scene) -> Iterator[None]:
    """Stop the server and all its backends where they stand: it is there, and says nothing."""
    process = psutil.Process(_postmaster(made))
    family = [process, *process.children(recursive=True)]
    for each in family:
        each.suspend()
    try:
        yield
    finally:
        for each in family:
            each.resume()


def _postmaster(made: Scene) -> int:
    return int((made.state.postgres.data / "postmaster.pid").read_text().split()[0])


def _wait_until_gone(pid: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        psutil.Process(pid).wait(20)


RAISES: Final = """
CREATE FUNCTION crash_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;;
CREATE TRIGGER crash BEFORE INSERT ON ledger_intent FOR EACH ROW EXECUTE FUNCTION crash_refuse()
"""
RELOAD: Final = "SELECT pg_reload_conf()"
WAYS: Final = (
    Way("right to insert taken", _changed(
        f"REVOKE INSERT ON ledger_intent FROM {APP}", f"GRANT INSERT ON ledger_intent TO {APP}")),
    Way("a trigger raises", _changed(RAISES, "DROP TRIGGER crash ON ledger_intent;; DROP FUNCTION crash_refuse()")),
    Way("the table is gone", _changed(
        "ALTER TABLE ledger_intent RENAME TO ledger_gone", "ALTER TABLE ledger_gone RENAME TO ledger_intent")),
    Way("a constraint refuses this form", _changed(
        "ALTER TABLE ledger_intent ADD CONSTRAINT crash CHECK (form > 99) NOT VALID",
        "ALTER TABLE ledger_intent DROP CONSTRAINT crash")),
    Way("the list of what waits for the tree is unwritable", _changed(
        "ALTER TABLE ledger_pending RENAME TO ledger_gone", "ALTER TABLE ledger_gone RENAME TO ledger_pending")),
    Way("read-only database", _changed(
        f"ALTER SYSTEM SET default_transaction_read_only = on;;{RELOAD}",
        f"SET default_transaction_read_only = off;;ALTER SYSTEM RESET default_transaction_read_only;;{RELOAD}")),
    Way("a standby that must confirm is gone", _changed(
        f"ALTER SYSTEM SET synchronous_standby_names = 'gone';;{RELOAD}",
        f"ALTER SYSTEM RESET synchronous_standby_names;;{RELOAD}")),
    Way("the table is locked", _locked),
    Way("no connection is left", _no_connections_left),
    Way("its backend is ended in the statement", _backends_killed_in_statements),
    Way("disk full", _disk_full, words=3_000),
    Way("the write-ahead log's disk full", _log_disk_full),
    Way("server stopped", _stopped),
    Way("server killed (SIGKILL)", _killed),
    Way("server silent (SIGSTOP)", _silent),
)  # fmt: skip
