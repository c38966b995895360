"""
Names in a piece of text: the network's odds, and how sure it must be.

In a language that the lexicon does not know the network is not believed when it says that a capitalised word is none:
the strict profile masks it. In scripts without capitals only the network's own odds count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from apps.privacy.tagger import stated, tokens
from apps.privacy.tagger.labels import ADDRESS, LABELS, PERSON
from apps.privacy.tagger.network import Floats, Network, Tagged
from apps.privacy.tagger.spans import PLAIN, Span, spans_of

SURELY: Final = {PERSON: 0.1, ADDRESS: 0.4}
HARDLY: Final = {PERSON: 0.06, ADDRESS: 0.12}
SURELY_SHORT: Final = 0.8
MANY_WORDS: Final = 3
"""A number beside one word or two is an address only if the network is rather sure of it: most such pairs are none."""

WORD: Final = re.compile(rf"[^\W\d_{tokens.DENSE}][^\W\d_]+|[{tokens.DENSE}]{{2}}")
"""A word of two letters and more; of a script without blanks two characters count as one."""

MOST_DIGITS: Final = 0.6
"""An address has a number, but is not mostly digits: that is a telephone number with a word beside it."""

FEWEST_WORDS: Final = 6
KNOWN_SHARE: Final = 0.5
"""Share of lower-case words in the lexicon: 0.56 and more in ninety-nine of a hundred texts of known languages."""

SIGNS_IN_PROSE: Final = frozenset(".,;:!?'\"()-\u2019\u201c\u201d\u201e\u00ab\u00bb\u2026\u2013\u2014")
MOST_SIGNS: Final = 0.1
BELIEVED: Final = 0.3
SMALL_ONLY: Final = re.compile("[\u10d0-\u10ff]")
"""Georgian letters: Unicode calls them small, and nobody writes names in the large ones."""

SENTENCE_END: Final = frozenset('.!?:"\u201d\u00bb)')


def find(text: str, network: Network) -> Iterator[Span]:
    """Give the persons, the addresses and the values in a piece of text."""
    tagged = network.read(text)
    yield from stated.find(text, tagged)
    if is_foreign(text, tagged):
        tagged = replace(tagged, odds=_strictly(text, tagged))
    yield from spans_of(PERSON, text, tagged, surely=SURELY[PERSON], hardly=HARDLY[PERSON])
    for span in spans_of(ADDRESS, text, tagged, surely=SURELY[ADDRESS], hardly=HARDLY[ADDRESS]):
        address = text[span.start : span.end]
        if _has_number_and_name(address) and (span.odds >= SURELY_SHORT or len(WORD.findall(address)) >= MANY_WORDS):
            yield span


def _has_number_and_name(address: str) -> bool:
    digits = sum(character.isdecimal() for character in address)
    return 0 < digits <= MOST_DIGITS * sum(character.isalnum() for character in address)


def is_foreign(text: str, tagged: Tagged) -> bool:
    """
    Say whether a text is prose of a language that the lexicon does not know. Code and short texts are not.

    Words in letters that know no capitals say nothing: the lexicon has none of them, and capitals are what this is for.
    """
    spans = zip(tagged.starts.tolist(), tagged.ends.tolist(), tagged.kinds.tolist(), tagged.flags.tolist(), strict=True)
    lower = [
        flags & PLAIN
        for start, end, kind, flags in spans
        if kind == tokens.LOWER and end - start > 1 and not SMALL_ONLY.match(text, start)
    ]
    if len(lower) < FEWEST_WORDS or len(lower) - lower.count(0) >= KNOWN_SHARE * len(lower):
        return False
    signs = [text[start] for start in tagged.starts[tagged.kinds == tokens.SIGN]]
    return sum(sign not in SIGNS_IN_PROSE for sign in signs) <= MOST_SIGNS * len(tagged.kinds)


def _strictly(text: str, tagged: Tagged) -> Floats:
    """
    Give odds for a language we do not know: capitalised words are names, words in lower case are none.

    The first word of a sentence is a name if the network finds it at all likely.
    """
    odds = tagged.odds.copy()
    begin, inside = LABELS.index(f"B-{PERSON}"), LABELS.index(f"I-{PERSON}")
    was_name, may_begin = False, True
    for row, (start, end, kind) in enumerate(zip(tagged.starts, tagged.ends, tagged.kinds, strict=True)):
        word = text[start:end]
        is_likely = not may_begin or odds[row, [begin, inside]].sum() > BELIEVED
        is_name = kind == tokens.TITLE and len(word) > 2 and is_likely
        if is_name:
            odds[row] = 0
            odds[row, inside if was_name else begin] = 1
        elif kind == tokens.LOWER and not SMALL_ONLY.match(word):
            odds[row, [begin, inside]] = 0
        was_name, may_begin = is_name, word[-1] in SENTENCE_END or "\n" in text[end : end + 1]
    return odds
