"""Word lists: what they find, what they refuse, and that no list makes a text take long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.audit.review import trying
from apps.audit.review.lexicon import LexiconUnusable, fits, matcher, parsed
from apps.audit.review.quality import agreement_of

FOUND = [
    ("insider", "An INSIDER said so", ["insider"]),
    ("insider", "insiders and outsiders", []),
    ("insider*", "insiders and outsiders", ["insider*"]),
    ("*sider", "an outsider", ["*sider"]),
    ("b?nk", "bank, bonk, bnk", ["b?nk"]),
    ("off the record", "It is off  the\nrecord, mind", ["off the record"]),
    ("off the record", "off the recording", []),
    ("off the rec*", "off-the-recording", ["off the rec*"]),
    ("straße", "Die STRASSE ist lang", ["straße"]),
    ("ﬁle", "a file", ["ﬁle"]),
    ("# a remark\n\nword", "a remark in a word", ["word"]),
    ("two\none", "one, two, one", ["one", "two"]),
    ("word", "", []),
]


@pytest.mark.parametrize(("words", "text", "found"), FOUND)
def test_a_lexicon_finds_words_phrases_and_wildcards(words, text, found):
    assert matcher(words).find(text) == found


@pytest.mark.parametrize(
    "words",
    ["", "   \n\n", "# only a remark", "*", "good\n* bad", "??", "a" * 101, "\n".join("w" for _ in range(2001))],
)
def test_a_list_that_matches_nothing_or_everything_is_refused_with_a_sentence(words):
    with pytest.raises(LexiconUnusable) as refused:
        parsed(words)

    assert refused.value.sentence.endswith(".")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=12))
def test_wildcards_fit_what_a_plain_definition_of_them_fits(pattern, word):
    def plainly(pattern: str, word: str) -> bool:
        if not pattern:
            return not word
        if pattern[0] == "*":
            return any(plainly(pattern[1:], word[cut:]) for cut in range(len(word) + 1))
        return bool(word) and pattern[0] in ("?", word[0]) and plainly(pattern[1:], word[1:])

    assert fits(pattern, word) == plainly(pattern, word)


def test_a_hostile_pattern_on_a_hostile_text_is_quick():
    words = matcher("\n".join("a*" * 40 + f"b{n}" for n in range(50)))
    began = time.process_time()

    assert words.find(("a" * 200 + " ") * 500) == []

    assert time.process_time() - began < 2


def test_labelled_texts_give_recall_and_precision():
    texts = trying.labelled("+ an insider\n+ a leak\n- a siderite\n- insider reading\n- weather")

    score = trying.score(matcher("insider"), texts)

    assert (score.hits, score.misses, score.false_alarms, score.right_silences) == (1, 1, 1, 2)
    assert (score.recall, score.precision) == (50, 50)
    assert score.wrong == ((2, "missed"), (4, "false alarm"))


@pytest.mark.parametrize("text", ["", "no sign", "+ fine\nnot fine", "\n".join("+ a" for _ in range(501))])
def test_a_labelled_list_that_cannot_be_read_is_refused_with_a_sentence(text):
    with pytest.raises(trying.ListUnusable) as refused:
        trying.labelled(text)

    assert refused.value.sentence.endswith(".")


def test_agreement_takes_out_what_chance_would_give():
    pairs = [("A", "A")] * 20 + [("A", "B")] * 5 + [("B", "A")] * 10 + [("B", "B")] * 15

    agreed = agreement_of(pairs)

    assert (agreed.pairs, agreed.same, agreed.percent) == (50, 35, 70)
    assert agreed.kappa == pytest.approx(0.4)
    assert agreement_of([]).kappa is None
    assert agreement_of([("A", "A")]).kappa is None
