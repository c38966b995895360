"""
Names by their first name: what the model overlooks in lists, chats and forms.

A first name alone counts if it is hardly anything else; one that is a word too counts only before a surname.
"""

# ruff: noqa: E501, TID251 - patterns are read whole; this room is the one that uses Presidio

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import regex
from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy import kinds, words
from apps.privacy import vocabulary as v
from apps.privacy.language import ENGLISH
from apps.privacy.reading import Reading
from apps.privacy.rules import LANGUAGE, result

SCORE: Final = 0.7
REASON: Final = "A first name from the list of names"
GUESS: Final = 0.55
WELL_KNOWN: Final = "The name of somebody whom everybody knows"
UNHEARD: Final = "Capitalised words in no dictionary of which one ends as surnames do"
UNHEARD_OF: Final = "Capitalised words in no dictionary, in a text that names somebody"
UNHEARD_SPEAKS: Final = "A word that is in no dictionary, in the place of a name"
IN_A_LIST: Final = "A name listed beside another name"
WORD: Final = regex.compile(r"(?<![\w@/\\.-])\p{L}[\p{L}\p{M}]*(?:['-]\p{L}[\p{L}\p{M}]+)*(?![\w@/\\(-]|\.\w)")
NEXT: Final = regex.compile(
    r" ((?:\p{L}\.? ?(?<=[ .]))?(?:(?:van|von|der|den|de|del|della|di|da|dos|al|el|bin|la|le) ){0,2})(\p{L}[\p{L}\p{M}]*(?:['-]\p{L}[\p{L}\p{M}]+)*)(?![\w@/\\(])"
)
NAMESAKE: Final = regex.compile(
    r"(?:\.?(?: [A-Z][\w.]*){0,2} (?:Memorial |Gold |International |National |General )?(?:Medal|Prize|Award|Cup|Act|Foundation|University|Institute|College"
    r"|School|Hospital|Lectures?|Trophy|Fellowship|Scholarship|Telescope|Observatory|Airport|Museum|Library|Stadium|Bridge|Park|Theorem|Effect|Syndrome|Disease|Peak|Harbou?r|Glacier|Crater|Arena"
    r"|Amendment|Doctrine|Hypothesis|Count(?:y|ies)|Twins|Orchestra|Quartet|Memorial|Regiment|Hotel|Cathedral|Chapel)(?!\w)"
    r"|(?:, Inc\b|,? (?:Ltd\b|Limited|Pty|LLC|LLP|PLC|plc|GmbH|Corporation|Incorporated|Holdings|Industries|Building Society|F\.?C\.?)(?!\w))"
    r"|(?:['\u2019]s)? (?:\$\\\\?(?:tau|rho|kappa|alpha)|law|theorem|lemma|conjecture|equations?|inequality|algorithm|transform|distribution|coefficient|constant|paradox|principle|syndrome"
    r"|disease|effect|test statistic|razor|hierarchy of needs|hierarchy|five forces|kappa|alpha|tau|rho|modulus|exact test|t-test|iterations)(?!\w)| (?:charts?|priors?|kernels?|matrix|matrices|divergence|norm|estimators?"
    r"|regression|networks|decoding|linkages?|datasets?|benchmarks?|criterion|criteria|integrals?|algebras?|manifolds?|polynomials?|expansions?|scattering|spectroscopy"
    r"|chains?|reactions?|rearrangement|sarcomas?|lymphomas?|algorithms?|trajectories|primitives|splatting|spaces)(?!\w)|(?<=\w-[A-Z]\w{1,20}) (?:loss|models?|tests?|methods?"
    r"|process|distance|decomposition|flows?)(?!\w))"
)
"""What makes a name before it that of a thing: `the Ada Lovelace Medal`, `Ohm's law`."""

BEHIND_A_NAMESAKE: Final = frozenset(" .,'\u2019")
CELESTIAL: Final = regex.compile(r"\b(?:asteroids?|minor planets?|dwarf planets?|planetoids?)\b", regex.IGNORECASE)
NUMBERED: Final = regex.compile(r"(?<![\w.,/-])\d{1,6} \Z")
AROUND: Final = 300
"""Characters to each side of a name in which a text says that it speaks of asteroids: these bear first names too."""

BESIDE_A_SIDE: Final = regex.compile(r"(?<!\w)(?:anti|pro|ex|post|pre|neo)-\Z", regex.IGNORECASE)
"""What is joined to somebody's name to take a side: `anti-Thatcher`."""

JOINED: Final = regex.compile(r"\p{L}[\p{L}\p{M}]*(?![\w@/\\(]|\.\w)")

BRITISH: Final = regex.compile(r"is(e|er|ed|es|ing|ation)$")
"""The endings of words that the dictionary writes with a z."""

BEFORE_A_THING: Final = regex.compile(
    r"(?<!\w)(?i:the|an?|der|die|das|ein|eine|les?|la|une?|el|los|las|una|il|lo|gli|het|een|os?|as?|uma?) $"
)
"""An article before one name alone: a hotel, a ship, a model."""

DRAWN_OUT: Final = regex.compile(r"(.)\1\1")
"""A letter three times, as in `Aaawww`."""

MOST_SURNAMES: Final = 3
SHORTEST_LOWER_SURNAME: Final = 4
CAPITALISED: Final = r"\p{Lu}(?:\p{Ll}\p{M}?)+(?:['-]\p{Lu}?(?:\p{Ll}\p{M}?){2,})*"
PAIR: Final = regex.compile(
    rf"(?<![\w@/\\.#-])(?<one>{CAPITALISED})(?: \p{{Lu}}\.?)?(?: (?:van|von|der|den|de|del|di|da|dos|ten|ter|al|el|bin))?"
    rf"(?: (?<one>{CAPITALISED})){{1,3}}(?![\w@/\\(])"
)
NO_FIRST_WORD: Final = re.compile(r" [^\W\d_a-z][^\W\d_A-Z]")
"""A capitalised word behind a blank, as the second of a pair is: many short texts have none."""

SURNAME: Final = regex.compile(
    r"\p{L}{2,}(?:[oe]v|[oe]va|[oe]vich|[oe]vna|sk[iy]|ska|skaya|wicz|vi[cć]|vić|dze|shvili|y?an[ts]|[ai]yan|oğlu|oglu|escu|opoulos|opoulou|akis|idis|iadis|enko|chuk|czyk|ss?on|sd[oó]ttir|sen|nen|aitis|ienė|ait[eė]|zadeh|swamy|appan|murthy"
    r"|garan|nathan|sundaram|wardena|singhe|sinha|ullah|uddin|bekov|bayev|ishvili|quist|strand|gren|lund|berg|stein|mann|bauer|huber|maier|meier|ez|nho|ães|elli|etti|ucci|ini|acci|ardo|ault|eaux|illon|ière|sma|stra|inga|kuyper|huis|kerk)"
)
"""How surnames end in many languages."""

RELATION: Final = (
    r"(?:kid|son|daughter|wife|husband|brother|sister|mother|father|mom|mum|dad|uncle|aunt|cousin|friend|colleague|boss"
    r"|manager|assistant|neighbou?r|partner|boyfriend|girlfriend|fianc[ée]e?|teammate|roommate|classmate|coach|teacher"
    r"|him|her|named|name\?|under|says|said|told|ask|asked|tell|email|call|called|ping|met|meet|thank|thanks|cc|remind)"
)
SPEAKS: Final = (
    r"(?:says|said|told|tells|wrote|writes|asked|asks|replied|thinks|thought|called|wants|wanted|needs|joined|resigned"
    r"|mentioned|explained|confirmed|agreed|sent|signed|promised|complained|reported|approved|emailed|texted|lives|works)"
)
SINGLE: Final = regex.compile(
    rf"(?=\p{{Lu}})(?:(?<=(?<![\w-]){RELATION},? )(?<one>{CAPITALISED})(?![\w@/\\(-])|(?<![\w@/\\.#-])(?<one>{CAPITALISED})(?= {SPEAKS}(?!\w))"
    rf"|(?:^|(?<=[.!?] ))(?<one>{CAPITALISED})(?=, (?:can|could|would|will|please|did|do|are|have|what|how|when|where|I|we)(?!\w))"
    rf"|^(?<one>(?<label>{CAPITALISED}))(?=: ?[\"“\p{{L}}]))",
    regex.MULTILINE,
)
NAME: Final = r"(?:\p{Lu}\p{Ll}[\p{L}'-]*(?: \p{Lu}\.)?(?: \p{Lu}\p{Ll}[\p{L}'-]*){0,2})"
BEFORE_LAST: Final = r",? (?:and|or|&|und|et|y|e|en) "
LISTING: Final = regex.compile(
    rf"(?<![\w.])(?<one>{NAME})(?:, (?<one>{NAME})){{0,12}}{BEFORE_LAST}(?<one>{NAME})(?!\w)"
)
LISTING_ENDS: Final = regex.compile(rf"[\p{{L}}.'-]{BEFORE_LAST}\p{{Lu}}\p{{Ll}}")


KEYWORDS: Final = frozenset(["elif"])
"""Words of programming languages that are first names with a capital."""

ALSO_THINGS: Final = frozenset(
    [
        "darwin",
        "tesla",
        "pascal",
        "kelvin",
        "newton",
        "joule",
        "gauss",
        "curie",
        "hertz",
        "faraday",
        "watt",
        "volta",
        "fermi",
    ]
)
"""Names of people that, in small letters, are systems, languages and units."""


class FirstNameRecognizer(LocalRecognizer):
    """Finds first names with the surnames behind them, and names listed beside these."""

    def __init__(self) -> None:
        super().__init__(supported_entities=[v.PERSON], name="first_names", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the lists are read on first use."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Give the names that begin with a known first name."""
        return self.read(Reading(text)) if v.PERSON in entities else []

    def read(self, reading: Reading) -> list[RecognizerResult]:
        """Give them in a text that other recognisers read too."""
        text = reading.text
        found = [result(v.PERSON, start, end, SCORE, REASON) for start, end in _first_names(reading)]
        found += [result(v.PERSON, start, end, SCORE, WELL_KNOWN) for start, end in _well_known(reading)]
        if reading.language == ENGLISH:
            if NO_FIRST_WORD.search(text):
                found += [
                    result(
                        v.PERSON, start, end, GUESS, UNHEARD if _ends_as_surnames_do(text[start:end]) else UNHEARD_OF
                    )
                    for start, end in _unheard(PAIR, text)
                ]
            found += [result(v.PERSON, start, end, GUESS, UNHEARD_SPEAKS) for start, end in _unheard(SINGLE, text)]
        return found


def is_namesake(text: str, end: int) -> bool:
    """Say whether the name that ends at `end` is part of a thing's: an award, a school, a law of nature."""
    return text[end : end + 1] in BEHIND_A_NAMESAKE and NAMESAKE.match(text, end) is not None


def is_asteroid(text: str, start: int, end: int) -> bool:
    """Say whether a name of one word is that of a numbered asteroid: `87 Sylvia`, where asteroids are spoken of."""
    if " " in text[start:end] or not NUMBERED.search(text[max(0, start - 8) : start]):
        return False
    return CELESTIAL.search(text[max(0, start - AROUND) : end + AROUND]) is not None


def beside(text: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Give the names in a list ("A, B and C") of which one begins at one of `places`, but those that are there whole."""
    known = set(places)
    starts = {start for start, _ in known}
    if not starts or not LISTING_ENDS.search(text):  # a column of thousands of names would be read from each name on
        return
    for listing in LISTING.finditer(text):
        spans = listing.spans("one")
        if any(first in starts for first, _ in spans):
            yield from (span for span in spans if span not in known and _may_be_name(text[span[0] : span[1]]))


def _may_be_name(name: str) -> bool:
    return all(_is_open(part.lower()) for part in regex.findall(r"\p{L}{2,}", name))


def _is_open(word: str) -> bool:
    is_word = word in words.common() or word in words.allowed() or kinds.is_made_abroad(word)
    return not is_word and len(word) > 1


def _unheard(pattern: regex.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Give the places where every capitalised word is in no dictionary."""
    for match in pattern.finditer(text):
        if "label" in pattern.groupindex and match["label"] and _is_heading(match["label"].lower()):
            continue
        if all(_is_unheard(word.lower()) or word.lower() in words.first_names() for word in match.captures("one")):
            yield match.start("one") if len(match.captures("one")) == 1 else match.start(), match.end()


def _ends_as_surnames_do(name: str) -> bool:
    return SURNAME.fullmatch(name.rpartition(" ")[2].lower()) is not None


def _is_heading(word: str) -> bool:
    """Say whether a word before a colon rather names what follows than who speaks."""
    return word not in words.first_names() and (word in words.labels() or words.is_made_of_words(word))


def _is_unheard(word: str) -> bool:
    known = words.dictionary()
    if len(word) < SHORTEST_LOWER_SURNAME or word in known or word in words.allowed() or word in words.places():
        return False
    if word.removesuffix("s") in known or ("-" in word and any(part in known for part in word.split("-"))):
        return False
    return BRITISH.sub(r"iz\1", word) not in known and not DRAWN_OUT.search(word) and not _is_of_the_trade(word)


MADE: Final = regex.compile(r"\p{L}{4,}(?:ism|ists?|ations?|ness|i[sz]er|ifier|ology|ability|less|ware|ly)")
PREFIXED: Final = regex.compile(
    r"(?:multi|micro|meta|hyper|nano|neuro|bio|geo|photo|electro|thermo|hydro|auto|anti)(\p{L}{4,})"
)
DOUBLED: Final = regex.compile(r"(\p{L}{2,}(\p{L}))\2ing")


def _is_of_the_trade(word: str) -> bool:
    """Say whether a word is made of one in the dictionary in a way that names are not: `generalist`, `splatting`."""
    doubled = DOUBLED.fullmatch(word)
    if doubled is not None and doubled[1] in words.dictionary():
        return True
    prefixed = PREFIXED.fullmatch(word)
    if prefixed is not None and prefixed[1] in words.dictionary():
        return True
    return MADE.fullmatch(word) is not None and words.is_made_of_words(word)


def _well_known(reading: Reading) -> Iterator[tuple[int, int]]:
    """Give the names of people whom everybody knows; one that is a word too only with a capital."""
    for word in words.well_known_names().intersection(reading.words):
        for place in reading.words[word]:
            is_side = BESIDE_A_SIDE.search(reading.text, max(0, place - 6), place) is not None
            match = (JOINED if is_side else WORD).match(reading.text, place)
            is_thing = word in words.dictionary() or word in ALSO_THINGS
            if match and match[0].lower() == word and (match[0][0].isupper() or not is_thing):
                yield match.start(), match.end()


def _first_names(reading: Reading) -> Iterator[tuple[int, int]]:
    sure, also_words = words.first_names(), words.first_names_also_words()
    listed = (*sure.intersection(reading.words), *also_words.intersection(reading.words))
    places = sorted({place for word in listed for place in reading.words[word]})
    text, position = reading.text, 0
    for place in places:
        match = WORD.match(text, place) if place >= position else None
        if match is None or (match[0].islower() and reading.language != ENGLISH) or match[0] in KEYWORDS:
            continue
        word = match[0].lower()
        is_sure = word in sure
        if not (is_sure or word in also_words):
            continue
        end = _end_of_surnames(text, match.end(), is_lower=match[0].islower())
        is_thing = end == match.end() and BEFORE_A_THING.search(text, max(0, place - 8), place) is not None
        if is_thing or is_namesake(text, end):
            position = end
        elif end > match.end() or is_sure:
            yield match.start(), end
            position = end


def _end_of_surnames(text: str, end: int, *, is_lower: bool) -> int:
    """Take in what follows while it is written like the first name and is no common word."""
    for _ in range(1 if is_lower else MOST_SURNAMES):
        following = NEXT.match(text, end)
        if following is None:
            return end
        word = following[2]
        is_alike = word.islower() if is_lower else word[0].isupper()
        if not is_alike or not _is_open(word.lower()) or (is_lower and not _is_unheard(word)):
            return end
        end = following.end(2)
    return end
