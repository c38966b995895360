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


ODD_IDS = [None, True, 0, -1, 2**80, 1.5, "", "😀", "a\nb", "\ud83d", ["x", 1], {"a": {"b": None}}, "hunter2" * 1000]


def test_scrub_gives_back_any_id_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": odd, "text": "Ask Grace Hopper", "more": [1]} for odd in ODD_IDS]

    answers = scrub(monkeypatch, "\ufeff" + "\n".join(json.dumps(row) for row in rows))

    assert [answer["id"] for answer in answers] == ODD_IDS  # type: ignore[index]
    assert all(len(answer["spans"]) == 1 for answer in answers)  # type: ignore[index]


BEFORE = {
    "emoji": "\U0001f600\U0001f469\u200d\U0001f467 ",
    "half a pair": "\ud83d ",
    "combining": "e\u0301\u0301 ",
    "zero width": "\u200b\u200b ",
    "right to left": "\u202e\u05de\u05e8\u05d9\u05dd ",
    "digits of other scripts": "\U0001d7dc\U0001d7d9 \u0664 ",
    "controls": "\x00\x01 ",
    "letters that change their length": "\ufb01 \u00df \u0130 ",
    "line ends": "a\r\nb\u2028c ",
    "brackets": "[" * 5_000,
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
def test_places_count_code_points_whatever_stands_before(monkeypatch: pytest.MonkeyPatch, before: str) -> None:
    text = before + "grace@example.com"

    (answer,) = scrub(monkeypatch, json.dumps({"id": 1, "text": text}))

    spans = answer["spans"]  # type: ignore[index]
    assert [text[start:end] for start, end, type_, _ in spans if type_ == "EMAIL"] == ["grace@example.com"]


@pytest.mark.thorough
def test_a_line_of_a_million_characters_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x" * 990_000 + " grace@example.com"

    (answer,) = scrub(monkeypatch, json.dumps({"id": 1, "text": text}))

    assert [990_001, 990_018, "EMAIL"] in [span[:3] for span in answer["spans"]]  # type: ignore[index]


def test_a_text_that_is_refused_is_said_to_be_masked_whole_and_the_next_is_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("apps.privacy.sentinel.overlooked", lambda text, _findings: "hunter2" in text)
    rows = [{"id": 1, "text": "is it hunter2?"}, {"id": 2, "text": "Ask Grace Hopper"}]

    refused, answered = scrub(monkeypatch, "\n".join(json.dumps(row) for row in rows))

    assert refused["spans"] == [[0, 14, "REFUSED", 1.0]]  # type: ignore[index]
    assert "nothing was sent" in refused["refused"]  # type: ignore[index]
    assert answered == {"id": 2, "spans": [[4, 16, "PERSON", 0.7]]}
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize("line", ["hunter2", "[]", '{"id": 1}', "null", '{"id": 1, "text": 5}', "[" * 100_000])
def test_a_bad_line_is_named_by_its_number_not_by_its_text(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(CommandError, match="ine 1") as caught:
        scrub(monkeypatch, line)

    assert "hunter2" not in str(caught.value)


def test_a_master_key_is_made_once(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    settings.MASTER_KEY_FILE = str(tmp_path / "keys" / "master.key")

    call_command("create_master_key", stdout=io.StringIO())
    first = keys.master_key()
    call_command("create_master_key", stdout=io.StringIO())

    assert keys.master_key() == first
