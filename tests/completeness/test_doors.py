"""Every door has its row in docs/recorded.md, and the code behind it can write what the row promises."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from apps.ledger.vocabulary import Action
from tests.completeness.doors import Door, every_door
from tests.completeness.reach import EXCHANGE, reached_from

DOCS = Path(__file__).resolve().parents[2] / "docs" / "recorded.md"
APPS = [Path(__file__).resolve().parents[2] / room for room in ("apps", "portal")]
ROW = re.compile(r"^\| (?P<name>[^|]+) \| (?P<said>[^|]+) \|$", re.MULTILINE)
WAIVER = "Nothing: "
SHORTEST_REASON = 8
LEAST_ACTIONS = 120


@cache
def rows() -> dict[str, str]:
    """The tables of the page: what each door is said to leave, and why a word has no deed."""
    return {row["name"].strip(): row["said"].strip() for row in ROW.finditer(DOCS.read_text("utf-8"))}


def test_no_door_has_two_rows_of_which_one_is_not_read() -> None:
    named = [row["name"].strip() for row in ROW.finditer(DOCS.read_text("utf-8"))]

    assert [door.name for door in doors() if named.count(door.name) > 1] == []


@cache
def doors() -> tuple[Door, ...]:
    return tuple(every_door())


def promised(said: str) -> set[str]:
    words = set(re.findall(r"`([A-Z_]+)`", said))
    return words | ({EXCHANGE} if said.casefold().startswith(EXCHANGE) else set())


def test_every_door_says_what_it_records_or_why_it_records_nothing():
    missing = [door.name for door in doors() if door.name not in rows()]

    assert not missing, (
        f"These doors are not in docs/recorded.md: {missing}. Add a row to each: the words of the vocabulary that it "
        f"records, in backticks, or “{WAIVER}” and the reason why nobody needs to know that it was passed."
    )


def test_no_row_is_left_of_a_door_that_is_gone():
    known = {door.name for door in doors()} | {action.value for action in Action} | {"Door", "Word"}

    left = [name for name in rows() if name not in known and not set(name) <= {"-"}]

    assert not left, f"These rows of docs/recorded.md name no door: {left}. Take them out, or correct their names."


@pytest.mark.parametrize("door", doors(), ids=lambda door: door.name)
def test_the_code_behind_a_door_can_write_what_its_row_promises(door):
    said = rows().get(door.name, "")
    if said.startswith(WAIVER):
        assert len(said) - len(WAIVER) >= SHORTEST_REASON, f"Say in a few words why {door.name} records nothing."
        return
    words = promised(said)
    assert words, f"The row of {door.name} names no word of the vocabulary in backticks and gives no reason."
    unknown = words - {EXCHANGE} - set(Action.values)
    assert not unknown, f"{unknown} are no words of the vocabulary. Add them to apps/ledger/vocabulary.py, or correct."

    unreachable = words - reached_from(door.code)

    assert not unreachable, (
        f"The code behind {door.name} never comes to write {unreachable}. Record it where the deed is done "
        "(records.record_event), or correct the row in docs/recorded.md."
    )


def test_a_page_that_changes_something_is_not_waived_without_being_named_here():
    """A waiver for anything but looking is rare enough to be listed: whoever adds one argues for it twice."""
    waived = {
        door.name for door in doors() if door.name.startswith("POST ") and rows().get(door.name, "").startswith(WAIVER)
    }

    assert waived == {
        "POST alive", "POST ready",
        "POST chat:stop",  # the outcome of the exchange says so
        "POST chat:preview", "POST chat:preview_new",  # nothing leaves, nothing is kept
            "POST /v1/messages/count_tokens",  # as them
    }  # fmt: skip


def test_the_vocabulary_is_large_and_each_word_is_written_somewhere_or_explained():
    source = "\n".join(path.read_text("utf-8") for room in APPS for path in room.rglob("*.py"))
    named = set(re.findall(r"\bAction\.(\w+)", source))  # one pass: to look for each word by itself takes seconds
    written = {action for action in Action if action.value in named}

    unexplained = sorted(action.value for action in set(Action) - written if action.value not in rows())

    assert len(written) >= LEAST_ACTIONS
    assert not unexplained, f"Nothing writes {unexplained}: record them, or explain them in docs/recorded.md."
