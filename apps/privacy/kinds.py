"""
What the words around a name say that it names: a firm among firms, a brand on what is sold, a score, a case of law.

Only guesses are judged. Nothing here is asked about a name that has a title, a greeting or a label before it: those are
found by rules, which are no guesses.
"""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly quotes

from __future__ import annotations

import re
from typing import Final

from apps.privacy import words

AROUND: Final = 250
MOST_WORDS_OF_AN_ITEM: Final = 4
FEWEST_KNOWN: Final = 2
"""So many things that everybody knows in one list make the rest of it things too."""

TITLES: Final = words.group("beside_names.tsv", "titles")
"""A title alone tells nobody's name."""

KIND: Final = re.compile(
    r"(?i:\b(?:firms|brands?|compan(?:y|ies)|banks|platforms|competitors|(?:re)?insurers|retailers|shops|stores|fonts?|typefaces?|skus?|flavou?rs|manufacturers|carmakers|publishers|products|labels|designers|genes?|songs?|films?|movies?|"
    r"books?|novels?|albums?|dishes|cheeses?|wines?|stadiums?|universit(?:y|ies)|airlines|hotels?|chains|restaurants|cities|towns|villages|countries|rivers?|islands?|lakes?|mountains?|plants?|flowers|roses|trees|breeds?|species|"
    r"models|vendors|frameworks|libraries|databases|apps|ciphers|algorithms|theorems|cocktails|apples|potatoes|varieties|itinerary|playlist|ingredients|menu|recipes?|toppings|bands|instruments|storms?|hurricanes?|ships?|prizes|awards|scholarships)"
    r"(?:(?: [\w-]{1,15}){0,3} ?(?::|\()[ \n]{0,2}|,? (?:such as|like|including|includes?|are|were|is|e\.g\.|namely|as)[ \n]{1,2}))(?=[\"'“‘(]?[^\W\d_a-z]|\Z)"
)
"""
A word for things and what opens the list of them: `our brands are`, `firms:`, `fonts such as`.

Not what people are listed under as well (*teams*, *roles*, *projects*), and not *by*, behind which an author stands.
"""

BETWEEN_ITEMS: Final = re.compile(r",? (?:and|or|und|oder|et|ou|y|o|e|en|vs\.?|versus|plus) |, ?|/| & | \+ |; ")
SMALL_IN_AN_ITEM: Final = frozenset(
    ["of", "de", "la", "le", "du", "the", "&", "and", "et", "und", "van", "von", "der", "di", "da", "del"]
)
END_OF_AN_ITEM: Final = re.compile(r"[.:;?!)\n\"”]")

SOLD: Final = (
    r"(?:candles?|totes?|scar(?:f|ves)|robes?|handbags?|bags?|shirts?|polos?|belts?|lamps?|sofas?|jeans|dress(?:es)?|perfumes?|fragrances?|cologne|watch(?:es)?|shoes?|sneakers|trainers|boots|heels|jackets?|coats?|suits?|sunglasses|"
    r"shades|wallets?|purses?|lipsticks?|blenders?|mixers?|kettles?|toasters?|ovens?|fridges?|vacuums?|drills?|mowers?|chairs?|rugs?|mattress(?:es)?|guitars?|pianos?|pens|headphones|speakers?|jumpers?|sweaters?|hoodies|underwear|"
    r"range|collection|outlet|boutique|showroom|franchise|catalogue|voucher|gift card|knitwear|tableware|cookware|crockery|china|porcelain)"
)
SOLD_BEHIND: Final = re.compile(rf" (?:[\w-]{{2,15}} )?{SOLD}(?!\w)")
ARTICLE_BEFORE: Final = re.compile(
    r"(?i)(?:^|[\s(\"'“])(?:the|an?|this|that|these|those|our|new|every|each|two|three|\d{1,4}|x) \Z"
)

SHOP_BEHIND: Final = re.compile(r"['’]s(?=[.,;:)!?]|$|\n| (?:and|or) )")
"""A possessive that owns nothing, within a list: `Kroger, Lowe's, Boeing`."""

EPONYM_BEHIND: Final = re.compile(
    r"(?:['’]s?)? (?:score|scale|triad|boundar(?:y|ies)|factor|thyroiditis|criteria|taxonomy|questionnaire|classification|quotient|stain|catheter|manoeuvre|maneuver|curve|diagrams?|matrix|cycle|ratio|method|procedure|sequence|"
    r"statistics?|correction|filter|model|index|coefficient|test|stage|staging|formula|number|approximation|pyramid|reflex|sign|gland|tube|body|bodies|ligament|fracture|palsy|wort|interpolation|search|sort|tree|code|codes|cipher|triangle|"
    r"knot|clamp|burner|flask|dish|engine|motor|bolt|screw|wrench|key|cell|lens|prism|telescope|comet|belt|cloud|gap|plan|doctrine|rule|principle|clause|defen[cs]e|gambit|opening|attack)(?!\w)"
)
"""What bears the name of whoever found it."""

CASE_BESIDE: Final = re.compile(
    r"(?:\b(?:rule|doctrine|principle|test|decision|judgment|holding|approach|ratio|exception|defence|case)s? (?:in|of|from) (?:[A-Z][\w'’.-]{1,20} (?:v\.?|vs\.?) )?|\b[A-Z][\w'’.-]{1,20} v\.? )\Z"
)
CASE_BEHIND: Final = re.compile(
    r"(?: v\.? [A-Z][\w'’& .-]{1,60}?)?(?:,? (?:\[(?:18|19|20)\d\d\]|\((?:18|19|20)\d\d\)|\d{1,4} (?:U\.S\.|F\.\dd|S\. ?Ct\.|Cal\.|N\.E\.|P\.\dd)))"
)
RULE_BEFORE: Final = re.compile(
    r"\b(?:rule|doctrine|principle|test|decision|exception|ratio)s? (?:in|of|from) (?:[A-Z][\w'’.-]{1,20} v\.? )?\Z"
)
VERSUS: Final = re.compile(r" v\.? [A-Z]")
AMPERSAND_BEHIND: Final = re.compile(r" & ([A-Z][\w'’-]{1,20})(?! [A-Z][a-z])")
AMPERSAND_BEFORE: Final = re.compile(r"(?<![\w.] )(?<!\w)([A-Z][\w'’-]{1,20}) & \Z")
ABBREVIATED: Final = re.compile(r"[ge]\. ?[A-Z]")
BOOKS: Final = words.group("beside_names.tsv", "books")
CHAPTERS: Final = re.compile(rf"\b(?:{'|'.join(sorted(BOOKS))}) \d{{1,3}}\b")
CHAPTER_BEHIND: Final = re.compile(r" \d{1,3}(?![\w/-]|\.\d)")
VERSE_BEHIND: Final = re.compile(r" \d{1,3}:\d{1,3}")
QUOTES: Final = frozenset("\"“”'‘’«»")
WORKS: Final = re.compile(
    r"(?i)\b(?:playlist|songs?|tracks?|choir|album|hymns?|films?|movies?|musicals?|operas?|books?|novels?|poems?|plays?|series|episodes?|party)\b"
)
ALSO_BRANDS: Final = words.group("beside_names.tsv", "also_brands")
"""First names and surnames that are brands beside brands: `Ford, Ferrari and Porsche`."""

MADE_ABROAD: Final = re.compile(
    r"(?i)\w{2,20}(?:kosten|nummern?|ungen|schaften|schaft|keiten|keit|heiten|wesen|stellen?|leiter(?:in)?|leitung|bearbeiter(?:in)?|rechnung(?:en)?|verträge?|vertrag|verwaltung|abteilung|verzeichnis|ergebnis(?:se)?|verhältnis|"
    r"versicherung(?:en)?|prüfung(?:en)?|meldung(?:en)?|tretung(?:en)?|führung|sicherung|planung|lieferung(?:en)?|forderung(?:en)?|holung(?:en)?|angebote?|aufstellung|übersicht|zahlung(?:en)?|buchung(?:en)?|stellung(?:en)?|ordnung(?:en)?|bedingungen|pflichten?|gebühr(?:en)?|"
    r"kreditor(?:en)?|debitor(?:en)?|termine?|liste|listen|konten|konto|anträge?|antrag|formulare?|unterlagen|beitrag|beiträge|betrag|steuer|kasse|tarif|zeitraum|"
    r"ciones|ción|ções|ção|idade|idades|miento|mientos|zione|zioni|ità|tés|tions|issement|ements|heden|lijkheid|nemer|nemers|gever|gevers|kantoor)"
)
"""How nouns of offices end in six languages, and hardly any name."""

SHORTEST_MADE: Final = 8


def is_made_abroad(word: str) -> bool:
    """Say whether a word is a noun of German, Spanish, Portuguese, Italian, French or Dutch offices by its ending."""
    return len(word) >= SHORTEST_MADE and MADE_ABROAD.fullmatch(word) is not None


def _is_in_the_bible(text: str, name: str, behind: str) -> bool:
    """Say whether a name is that of a book of the Bible before a chapter, in a text that names two such places."""
    book = re.fullmatch(r"(?:[123] )?([A-Z][a-z]+)(?: \d{1,3})?", name)
    if book is None or book[1] not in BOOKS or not (name[-1].isdigit() or CHAPTER_BEHIND.match(behind)):
        return False
    return len(CHAPTERS.findall(text)) > 1 or VERSE_BEHIND.match(behind) is not None


def _is_title_in_a_list(before: str, behind: str) -> bool:
    """Say whether a name stands in quotation marks among songs, films or books: `"Jolene", "Layla"`."""
    return before[-1:] in QUOTES and behind[:1] in QUOTES and WORKS.search(before) is not None


def is_of_a_kind(text: str, start: int, end: int) -> bool:
    """Say whether what stands around a name of persons says that it is no person's here."""
    name = text[start:end]
    before, behind = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    if name.strip(".").lower() in TITLES or all(map(is_made_abroad, re.findall(r"[^\W\d_]+", name))):
        return True
    if ABBREVIATED.match(name) and before[-2:] in {"e.", "i."}:  # what is left of "e.g. Ford"
        return True
    if _is_in_the_bible(text, name, behind) or _is_title_in_a_list(before, behind):
        return True
    if SHOP_BEHIND.match(behind) and before.endswith((", ", "; ")):
        return True
    if ARTICLE_BEFORE.search(before[-20:]) and SOLD_BEHIND.match(behind):
        return True
    if _is_of_law(before, behind):
        return True
    is_single = " " not in name
    if is_single and (name.lower() in ALSO_BRANDS or not words.is_first_name(name.lower())):
        if EPONYM_BEHIND.match(behind) or _is_beside_an_ampersand(before, behind):
            return True
        if _is_listed_with_things(before, name, behind):
            return True
    return _is_in_a_list_of_things(before, name, behind)


def _is_of_law(before: str, behind: str) -> bool:
    if RULE_BEFORE.search(before[-80:]) and (VERSUS.match(behind) or before.endswith((" v ", " v. "))):
        return True
    is_party = VERSUS.match(behind) is not None or CASE_BESIDE.search(before[-60:]) is not None
    return is_party and CASE_BEHIND.match(behind) is not None


def _is_beside_an_ampersand(before: str, behind: str) -> bool:
    """Say whether a surname stands beside another one as in a firm's name: `Allen & Overy`."""
    other = AMPERSAND_BEHIND.match(behind) or AMPERSAND_BEFORE.search(before[-30:])
    return other is not None and not words.is_first_name(other[1].lower())


def _is_in_a_list_of_things(before: str, name: str, behind: str) -> bool:
    """Say whether a list that a word for things opens holds the name, and nothing but capitalised items before it."""
    head = None
    for head in KIND.finditer(before):  # noqa: B007 - the last one counts
        pass
    if head is None:
        return False
    items, rest = _items(before[head.end() :], name, behind)
    return all(map(_is_item, items)) and _is_item(rest)


def _is_listed_with_things(before: str, name: str, behind: str) -> bool:
    """Say whether a list holds the name and two things that everybody knows and nobody is called."""
    first = max(before.rfind(mark) for mark in ".:;?!(\n") + 1
    stop = END_OF_AN_ITEM.search(behind)
    listed = before[first:] + name + behind[: stop.start() if stop else len(behind)]
    items = [item.strip().lower() for item in BETWEEN_ITEMS.split(listed)]
    return len(items) > FEWEST_KNOWN and sum(map(_is_known_thing, items)) >= FEWEST_KNOWN


def _is_known_thing(item: str) -> bool:
    first, *_, last = item.split(" ") if " " in item else (item, item)
    is_known = any(
        one in words.allowed() and not words.is_part_of_names(one) and one not in words.dictionary()
        for one in (item, first, last)
    )
    return is_known or item in words.allowed_phrases()


def _items(listed: str, name: str, behind: str) -> tuple[list[str], str]:
    """Give the items of a list before the one that holds the name, and that one."""
    *items, opened = BETWEEN_ITEMS.split(listed)
    stop = END_OF_AN_ITEM.search(behind)
    following = BETWEEN_ITEMS.split(behind[: stop.start() if stop else len(behind)])[0]
    return items, opened + name + following


def _is_item(item: str) -> bool:
    found = item.split()
    if not 0 < len(found) <= MOST_WORDS_OF_AN_ITEM or END_OF_AN_ITEM.search(item):
        return False
    return all(word[0].isupper() or not word[0].isalpha() or word in SMALL_IN_AN_ITEM for word in found)
