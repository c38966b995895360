"""How a document becomes passages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rag import splitting
from apps.rag.parsing import Block, Parsed, Role
from apps.rag.splitting import MOST_WORDS, Piece, TooManyPassages, split, weight


def heading(text: str, level: int = 1, page: int | None = None) -> Block:
    return Block(Role.HEADING, text, level, page)


def paragraph(words: int, word: str = "word", page: int | None = None) -> Block:
    return Block(Role.PARAGRAPH, " ".join([word] * words) + ".", 0, page)


def pieces(*blocks: Block, title: str = "Doc") -> list[Piece]:
    return split(Parsed(blocks), title=title)


def test_every_passage_says_where_it_comes_from():
    found = pieces(heading("Policy"), heading("Flights", 2), paragraph(100), heading("Hotels", 2), paragraph(90))

    assert [piece.heading for piece in found] == ["Policy > Flights", "Policy > Hotels"]
    assert [piece.text.partition("\n")[0] for piece in found] == ["Doc > Policy > Flights", "Doc > Policy > Hotels"]


def test_the_title_is_not_said_twice():
    assert pieces(heading("Doc"), paragraph(10))[0].text.startswith("Doc\nword")


def test_short_sections_share_a_passage_and_keep_their_headings():
    found = pieces(heading("Policy"), heading("A", 2), paragraph(20, "a"), heading("B", 2), paragraph(20, "b"))

    assert len(found) == 1
    assert found[0].heading == "Policy"
    assert [line for line in found[0].text.split("\n") if line.startswith("#")] == ["## A", "## B"]


def test_passages_stay_on_their_page():
    found = pieces(heading("One", page=1), paragraph(20, "a", 1), paragraph(20, "b", 2))

    assert [piece.page for piece in found] == [1, 2]


def test_a_long_section_is_cut_between_its_paragraphs():
    found = pieces(heading("Long"), *(paragraph(70, word) for word in "abcd"))

    assert [sorted(set(piece.text.partition("\n")[2]) & set("abcd")) for piece in found] == [["a", "b"], ["c", "d"]]


def test_a_row_of_a_table_is_never_cut():
    rows = [Block(Role.ROW, " | ".join([f"Column: {number}"] * 20)) for number in range(30)]

    for piece in pieces(heading("Table"), *rows):
        assert all(line in {row.text for row in rows} for line in piece.text.split("\n")[1:])


def test_text_without_spaces_is_cut_too():
    found = pieces(Block(Role.PARAGRAPH, "漢" * 5_000))

    assert "".join(piece.text.partition("\n")[2] for piece in found) == "漢" * 5_000
    assert all(weight(piece.text) <= MOST_WORDS + 5 for piece in found)


def test_a_document_without_end_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(splitting, "MOST_PASSAGES", 10)

    with pytest.raises(TooManyPassages):
        pieces(*(paragraph(150) for _ in range(11)))


BLOCKS = st.lists(
    st.builds(
        Block,
        st.sampled_from(list(Role)),
        st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=2_000)
        .map(lambda text: " ".join(text.split()))
        .filter(bool),
        st.integers(1, 6),
        st.one_of(st.none(), st.integers(1, 3)),
    ),
    max_size=20,
)


@pytest.mark.thorough
@given(BLOCKS)
def test_no_word_is_lost_and_no_passage_is_too_long(blocks: list[Block]):
    found = pieces(*blocks)

    kept = "".join("".join(piece.text.partition("\n")[2].split()) for piece in found)
    for block in blocks:
        if block.role is not Role.HEADING:
            assert "".join(block.text.split()) in kept
    assert [piece.ordinal for piece in found] == list(range(len(found)))
    longest = MOST_WORDS + max((weight(block.text) for block in blocks if block.role is Role.HEADING), default=0) * 7
    assert all(weight(piece.text.partition("\n")[2]) <= longest for piece in found)
