"""The commands of this room."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.privacy import keys


def scrub(monkeypatch: pytest.MonkeyPatch, lines: str) -> list[object]:
    """Run ``manage.py scrub --jsonl`` on `lines`."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    call_command("scrub", "--jsonl", stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_scrub_answers_every_line_with_places_in_the_original(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": 1, "text": "😀 Ask Grace Hopper"}, {"id": "b", "text": "Nothing here."}]

    answers = scrub(monkeypatch, "\n".join(json.dumps(row) for row in rows) + "\n\n")

    assert answers == [{"id": 1, "spans": [[6, 18, "PERSON", 0.7]]}, {"id": "b", "spans": []}]


@pytest.mark.parametrize("line", ["hunter2", "[]", '{"id": 1}', "null"])
def test_a_bad_line_is_named_by_its_number_not_by_its_text(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(CommandError, match="Line 1") as caught:
        scrub(monkeypatch, line)

    assert "hunter2" not in str(caught.value)


def test_a_master_key_is_made_once(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.MASTER_KEY_FILE = str(tmp_path / "keys" / "master.key")

    call_command("create_master_key", stdout=io.StringIO())
    first = keys.master_key()
    call_command("create_master_key", stdout=io.StringIO())

    assert keys.master_key() == first
