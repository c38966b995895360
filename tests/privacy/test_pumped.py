"""No pattern of the engine takes ages on a text that almost matches it: each is tried on many, in so much CPU."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys

import pytest

SECONDS = 60
"""Of CPU for all patterns: they take a quarter of it."""

READ_IN_MANY_WAYS = """
import re, types
from bench import pumped
kept = types.ModuleType("kept")
kept.NAME = re.compile(
    r"_{0,2}(?=\\w*[A-Z][a-z]{3})(?:[a-z]{3,}\\d?)?(?:[A-Z][a-z]{2,}\\d?|[A-Z]{2,6}\\d?(?=[A-Z]|$)|[A-Z](?=[A-Z][a-z]{2})){2,}"
)
pumped.report(pumped.patterns_of([kept]), 300, 1.0)
"""
"""A pattern for names in programs that the engine once had: 300 capitals kept it busy for ever."""


def tried(*arguments: str, seconds: int) -> subprocess.CompletedProcess[str]:
    """Run a program in a process that may take so many seconds of CPU."""
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1)),
    )


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_no_pattern_takes_ages_on_what_almost_matches() -> None:
    done = tried("-m", "bench.pumped", "300", "0.5", seconds=SECONDS)

    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-2_000:]


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_pattern_that_can_be_read_in_many_ways_is_named() -> None:
    done = tried("-c", READ_IN_MANY_WAYS, seconds=10)

    assert done.returncode == -signal.SIGXCPU
    assert done.stdout.splitlines()[-1].startswith("kept.NAME")
