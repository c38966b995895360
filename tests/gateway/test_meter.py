"""A stream is cut where it goes on past what was held for it, in whatever pieces it comes, and never before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway.meter import Meter
from apps.gateway.upstream import Fault, Piece, Usage

PROSE = "The council met on Tuesday to discuss the new bridge, which nobody had asked for but everybody paid. "
CODE = "def total(rows): return sum(row.cost for row in rows if row.cost is not None)\n"
CHINESE = "市議會星期二開會討論沒有人要求卻由所有人付錢的新橋樑。"
JAPANESE = "市議会は火曜日に、だれも頼まなかったのに皆が払った新しい橋について話し合った。"
KOREAN = "시의회는화요일에아무도요청하지않았지만모두가돈을낸새다리를논의하기위해모였다。"


def passed(text: str, *, most: int, size: int) -> int:
    """Characters that get through in pieces of a size, the one that is cut included."""
    meter, through = Meter(most), 0
    for begin in range(0, len(text), size):
        through += len(text[begin : begin + size])
        try:
            meter.take(Piece(text[begin : begin + size]))
        except Fault:
            return through
    raise AssertionError("It was never cut.")


@pytest.mark.parametrize("size", [64, 400, 4_000])
@pytest.mark.parametrize(
    ("text", "characters_a_token", "bound"),
    [(PROSE, 4.5, 1.5), (CODE, 3.0, 2.1), (CHINESE, 1.4, 1.6), (JAPANESE, 1.4, 1.6), (KOREAN, 1.6, 1.6)],
)
def test_an_answer_in_large_pieces_is_cut_near_what_was_held_and_one_piece_at_most_beyond(
    text, characters_a_token, bound, size
):
    held = 1_000

    through = passed(text * 400, most=held, size=size) - size

    assert through / characters_a_token <= held * bound


TOKENS = [
    " council",
    " don't",
    "x_1",
    "(foo",
    "):",
    " row",
    ".cost",
    "  ",
    "\n\n",
    "42",
    "ly",
    "\uff0c",
    "的",
    "不是",
    " naïve",
    "…",
]


@given(st.lists(st.sampled_from(TOKENS), min_size=1), st.integers(1, 9))
def test_an_answer_that_keeps_to_its_limit_is_never_cut_however_its_tokens_are_joined(tokens, together):
    """Tokens as the coarsest tokenizers make them: a word with its blank and a mark before it, or a run of marks."""
    meter = Meter(len(tokens))
    for begin in range(0, len(tokens), together):
        meter.take(Piece("".join(tokens[begin : begin + together])))


IN_ASIA = st.lists(
    st.sampled_from(["的", "不是", "我们", "是", "人工智能", "に", "ました", "다", "습니다"]), min_size=1
)


@given(IN_ASIA, st.integers(1, 60), st.integers(1, 400))
def test_an_answer_in_scripts_without_blanks_costs_at_most_a_half_more_than_was_held(tokens, together, repeated):
    text, most = "".join(tokens) * repeated, 50
    meter, through = Meter(most), 0
    size = 7 * together
    for begin in range(0, len(text), size):
        try:
            meter.take(Piece(text[begin : begin + size]))
        except Fault:
            break
        through += len(text[begin : begin + size])

    assert through <= 2 * (most + most // 20 + 8) + 1 + 6  # a last piece of six letters is taken for one token


def test_a_word_over_two_pieces_counts_once():
    meter = Meter(100)

    meter.take(Piece("This is an extraor"))
    meter.take(Piece("dinarily long word"))

    assert meter.tokens == 6  # This is an extraordinarily long word


def test_a_count_that_the_provider_states_cuts_at_once():
    with pytest.raises(Fault):
        Meter(10).take(Piece("a", usage=Usage(1, 11)))
