"""Which journeys go first, so that two processes end at the same time."""

from __future__ import annotations

LONGEST = (
    "tests/journeys/test_main_job.py",
    "tests/platform/test_embedded.py",
    "tests/journeys/test_officer.py",
    "tests/platform/test_calls_home.py",
    "tests/platform/test_ordinary_account.py",
    "tests/platform/test_production_shape.py",
)


def turn_of(nodeid: str) -> int:
    """Give the rank of a test's file: the longest first, so that none begins when the other process has ended."""
    file = nodeid.partition("::")[0]
    return LONGEST.index(file) if file in LONGEST else len(LONGEST)
