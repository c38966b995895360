"""The posts that were read for names: labels without texts, and how they are put together with their sources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.posts import __main__ as posts


def test_a_post_is_the_passage_of_its_row_with_its_names() -> None:
    row = "A first sentence. Thanks Ada, it works."
    label = {"source": "forum", "row": posts.key_of(row), "start": 18, "end": 39, "spans": [[7, 10, "PERSON"]]}

    (source, post), *others = posts.joined([label], {("forum", posts.key_of(row)): row})

    assert (source, post["text"], others) == ("forum", "Thanks Ada, it works.", [])
    assert [post["text"][span["start"] : span["end"]] for span in post["spans"]] == ["Ada"]


def test_a_post_whose_source_was_not_gathered_is_missed_not_left_out() -> None:
    label = {"source": "forum", "row": "0" * 16, "start": 0, "end": 5, "spans": []}

    with pytest.raises(posts.TextsMissing, match="forum"):
        list(posts.joined([label], {}))


def test_rows_are_found_in_whichever_folder_has_their_source(tmp_path: Path) -> None:
    for name in ("forum", "chat"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.jsonl").write_text(json.dumps({"text": f"Said in the {name}."}) + "\n")

    rows = posts.rows_of([tmp_path / "forum", tmp_path / "chat"], {"forum", "chat"})

    assert sorted(rows.values()) == ["Said in the chat.", "Said in the forum."]


def test_a_text_with_a_separator_of_lines_is_one_row(tmp_path: Path) -> None:
    text = "First.\u2028Second.\x85Third."
    (tmp_path / "forum.jsonl").write_text(json.dumps({"text": text}, ensure_ascii=False) + "\n", encoding="utf-8")

    rows = posts.rows_of([tmp_path], {"forum"})

    assert list(rows.values()) == [text]


def test_labels_lie_in_order_inside_their_posts_and_hold_no_text() -> None:
    labels = [json.loads(line) for line in posts.LABELS.read_text().splitlines()]

    assert len(labels) == 1780
    for label in labels:
        edges = [edge for start, end, _ in label["spans"] for edge in (start, end)]
        assert set(label) == {"source", "row", "start", "end", "spans"}
        assert edges == sorted(edges)
        assert not edges or edges[-1] <= label["end"] - label["start"]
