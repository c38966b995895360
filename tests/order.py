"""Which journeys stay together and which go first, so that two processes start little and end at the same time."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

LONGEST = (
    "tests/journeys",
    "tests/platform/test_embedded.py",
    "tests/platform/test_calls_home.py",
    "tests/platform/test_ordinary_account.py",
    "tests/platform/test_production_shape.py",
)


def place_of(nodeid: str) -> str:
    """Give the file of a test, or the folder whose files share what they start."""
    file = nodeid.partition("::")[0]
    return next((place for place in LONGEST if file.startswith(place)), file)


def turn_of(nodeid: str) -> int:
    """Give the rank of a test's place: the longest first, so that none begins when the other process has ended."""
    place = place_of(nodeid)
    return LONGEST.index(place) if place in LONGEST else len(LONGEST)


class PlaceByPlace(LoadScopeScheduling):
    """Hand out all tests of a place to the process that is free next."""

    def _split_scope(self, nodeid: str) -> str:
        return place_of(nodeid)
