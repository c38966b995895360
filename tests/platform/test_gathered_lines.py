"""Lines of the log may wait for a moment, and none may be lost or come out of turn."""

from __future__ import annotations

import io
import logging
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.gathered_lines import MOST, GatheringHandler
from tests.platform.processes import ROOT, wait_until, web_process


class Writes(io.StringIO):
    """A stream that counts how often it is written to."""

    times = 0

    def write(self, text: str) -> int:
        """Count, and write."""
        self.times += 1
        return super().write(text)


@pytest.fixture
def stream() -> Writes:
    """Where the lines go."""
    return Writes()


@pytest.fixture
def handler(stream: Writes) -> Iterator[GatheringHandler]:
    """A handler that gathers."""
    handler = GatheringHandler(stream)
    handler.gather()
    yield handler
    handler.stop()


@pytest.fixture
def log(handler: GatheringHandler) -> Iterator[logging.Logger]:
    """A logger that has this handler alone."""
    logger = logging.getLogger("portal.gathered")
    logger.propagate = False
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def test_lines_of_one_moment_are_written_together_and_soon(log: logging.Logger, stream: Writes) -> None:
    for number in range(20):
        log.info("line %d", number)

    wait_until(lambda: "line 19" in stream.getvalue(), what="they are written", seconds=5)
    assert stream.times <= 2
    assert stream.getvalue().splitlines() == [f"line {number}" for number in range(20)]


def test_a_warning_is_written_at_once_after_what_waits(log: logging.Logger, stream: Writes) -> None:
    log.info("first")
    log.warning("second")

    assert stream.getvalue() == "first\nsecond\n"


def test_no_more_wait_than_a_bound(log: logging.Logger, stream: Writes) -> None:
    for number in range(MOST + 1):
        log.info("line %d", number)

    assert f"line {MOST}\n" in stream.getvalue()


def test_what_waits_is_written_where_logging_ends(
    log: logging.Logger, handler: GatheringHandler, stream: Writes
) -> None:
    log.info("last words")
    handler.flush()  # as `logging.shutdown` does

    assert stream.getvalue() == "last words\n"


def test_once_it_is_told_to_stop_each_line_is_written_at_once(
    log: logging.Logger, handler: GatheringHandler, stream: Writes
) -> None:
    log.info("before")
    handler.stop()
    assert stream.getvalue() == "before\n"

    log.info("after")
    assert stream.getvalue() == "before\nafter\n"


def test_a_line_that_cannot_be_made_is_told_by_its_place_and_the_others_are_written(
    log: logging.Logger, handler: GatheringHandler, stream: Writes, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info("good")
    handler.handle(log.makeRecord(log.name, logging.INFO, "some/where.py", 7, "%d", ("a word of somebody",), None))
    handler.flush()

    assert stream.getvalue() == "good\n"
    assert capsys.readouterr().err == "A line of the log could not be written: TypeError at where:7\n"


def test_what_a_line_was_made_of_is_let_go_once_it_is_made(log: logging.Logger, handler: GatheringHandler) -> None:
    """A request, say, with all that somebody wrote: the next line may come in hours."""
    request = Writes("a word of somebody")
    is_there = weakref.ref(request)

    given = {"request": request}
    handler.handle(log.makeRecord(log.name, logging.INFO, "some/where.py", 7, "said", (), None, extra=given))
    del request, given

    assert is_there() is None


def test_a_stream_that_is_closed_stops_nobody(
    log: logging.Logger, handler: GatheringHandler, stream: Writes, capsys: pytest.CaptureFixture[str]
) -> None:
    log.info("for nobody")
    stream.close()
    handler.stop()

    assert "ValueError at test_gathered_lines" in capsys.readouterr().err


def test_a_stuck_program_is_still_heard() -> None:
    script = (
        "import logging, sys, time\n"
        "from portal.gathered_lines import GatheringHandler, gather\n"
        "logging.basicConfig(level='INFO', format='%(message)s', handlers=[GatheringHandler()])\n"
        "gather()\n"
        "logging.info('heard')\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE, text=True) as program:
        assert program.stderr is not None
        began = time.monotonic()
        assert program.stderr.readline() == "heard\n"
        assert time.monotonic() - began < 30
        program.kill()


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_a_web_process_that_is_told_to_end_leaves_no_line_behind(
    postgres: object, django_db_setup: None, tmp_path: Path
) -> None:
    written = tmp_path / "web.log"
    with web_process(written) as (_, program):
        program.send_signal(signal.SIGTERM)
        program.wait(timeout=60)

    assert "Finished server process" in written.read_text()
