"""
Make what was found whole: the town behind a street, the particle before a surname, the given name behind a comma.

A rule or the model finds the heart of a name or an address; what belongs to it stands beside it in a form that means
nothing anywhere else. Only beside a finding is it looked for, so nothing is found here that was not begun elsewhere.
"""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write dashes and curly quotes

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import regex

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.findings import Finding

AROUND: Final = 24
MOST_PARTS: Final = 6
NAME_PART: Final = r"\p{Lu}(?:\p{Ll}\p{M}?)+(?:['’-]\p{Lu}?(?:\p{Ll}\p{M}?)+)*"
PARTICLES_BEFORE: Final = regex.compile(
    r"(?<![\w'’.-])(?:(?:[Vv]on|[Vv]an) (?:der|den|de|dem|het|'t|und zu)|[Vv]an 't|[Uu]nd zu|(?<=[^.!?\n] )(?:Van|Von|De|Di|Del|Della|Lo|Du|Da|Dos|Ter|Ten|Te|Mac|Mc|Ní|Nic|Ó|Mag|Al|El|Bin|Ben|Ap))[ ]\Z"
)
"""Particles that stand before a surname alone, and those with a capital within a sentence: `von der Heyde`, `De Luca`."""

PARTICLES_BEHIND: Final = regex.compile(
    rf"[ ](?:(?:von|van)(?: (?:der|den|de|dem|het|und zu))?|de la|de los|del|della|dos|das|bin|binti|bint|ibn|ould|und zu|zu|ter|ten)[ ](?P<word>{NAME_PART})(?![\w@])"
)
HYPHENED: Final = regex.compile(rf"-(?P<word>\p{{Ll}}{{2,10}}|{NAME_PART})(?![\w@-])")
SYLLABLES: Final = frozenset(["won", "young", "sun", "min", "ran", "sung", "bin", "hee", "mi", "soon", "in"])
"""Second halves of Korean names that are English words: `Jae-won`."""

GIVEN_BEHIND: Final = regex.compile(
    rf",[ ](?P<word>{NAME_PART})(?:[ ](?:\p{{Lu}}\.|{NAME_PART}))?(?=[ ]*(?:[;,:)(\]|\n\t–—/]|-[ ]|\.(?:\s|\Z)|\Z)|[ ](?:\d|\p{{Lu}}{{2,}}\b))"
)
"""A given name behind a surname and a comma, before what ends a field."""

INITIALS_BEHIND: Final = regex.compile(r"[ ](?:\p{Lu}\.){1,3}(?!\w)")

UNIT: Final = (
    r"(?:apt|apto|apartment|appt|appartement|app|flat|unit|suite|ste|room|rm|floor|fl|box|bus|bte|boîte|lot|lote|block|blk|bloque|bloco|building|bldg|bat|bât|bâtiment|entrance|entrée|esc|escalera|escalier|stiege|top|tür|whg|wohnung|"
    r"piso|planta|puerta|pta|scala|int|interno|piano|casa|apartamento|sala|andar|quadra|conjunto|parcela|manzana|mz|kv|korp|dom|stan|lakás|em|door|house|plot|phase|sector|ward|km|no|nº|n°|nr)"
)
PART_OF_AN_ADDRESS: Final = regex.compile(
    rf"(?:,?[ ]|,?[ ]?\n[ ]{{0,8}})(?i:{UNIT})\.?[ ]?[#º°]?(?=\w{{0,4}}\d|[A-Z]\b)[\w/-]{{1,6}}(?![\w])"
    r"|,?[ ]\d{1,2}(?:\.|st|nd|rd|th|º|ª|°)?[ .]?(?:OG|UG|EG|DG|tv|th|mf|sal|etage|étage|floor|Stock|piso|andar|planta|esq|izq|izda|dcha|dta|dto|drt|fundos)(?!\w)\.?"
    r"|,?[ ](?:fundos|bajos?|sótano|sobreloja|rez-de-chaussée|hinterhaus|vorderhaus|rückgebäude|links|rechts|izq\.|dcha\.|esq\.|dir\.|\.tv|tv|th)(?!\w)\.?"
    r"|(?:,[ ]|[ ]?[–—-][ ]?|[ ])(?!(?:19|20)\d\d(?!\d))(?:[A-Z]{1,2}-)?\d{3}[ ]?\d{2,3}(?:-\d{3,4})?(?![\w-]|[.,]\d)"
    r"|,[ ]\d{5,6}[ ](?=\p{L})"
)
"""A flat, a floor, a door, a back house or a postal code behind an address."""

HOUSE_AROUND: Final = 48
HOUSE_BEFORE: Final = regex.compile(
    r"(?<![\w-])(?:(?i:flat|unit|apt\.?|apartment|suite|shop|room|rm|hotel|pension|gasthof|residence|résidence|residenza|residencial|edificio|edif\.|villa|block|blk|bldg|bât\.|plot|door no|d\.no\.|top flat|ground floor|first floor|wohnung|whg\.?|old no\.?|new no\.?)"
    r"(?:[ ](?:(?:de|des|du|la|le|of|the)[ ])?[\p{Lu}\d][\w'’/-]{0,16}){0,3}|\d{1,2}/F|(?:\p{Lu}\p{L}{1,16}[ ]){1,3}(?:Mansion|House|Court|Tower|Towers|Building|Apartments|Heights|Lodge|Flats)),[ ]?\n?\Z"
)

TOWN: Final = regex.compile(
    r"(?:,[ ]?|[ ]?[–—-][ ]|,?[ ]?\n[ ]{0,8})(?P<word>\p{Lu}(?:[\p{L}'’-]{2,24}|\p{L}{1,3}\.)(?:[ ](?:(?:de|del|la|le|upon|on|sur|am|an der|di|do|da|dos)[ ])?\p{Lu}[\p{L}'’-]{1,24}){0,3})(?=[ ]*(?:[,;)\n|\]\"”»–—(]|\.(?:\s|\Z)|\Z)|[ ]\d{3,6}\b)"
)
"""A town, a quarter, a county or a country behind an address and a comma, before what ends it."""

SMALL_TOWN: Final = regex.compile(r"(?<=\d{4,5})[ ](?P<word>\p{L}[\p{L}'’-]{2,24})(?=[ ]*(?:[,;)\n|\]\"”».]|\Z))")
"""A town behind its postal code where everything is written small."""


def grown(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Give the findings that are larger than they were found, to be settled with the rest. Linear in their number."""
    for finding in findings:
        if finding.type == v.PERSON:
            start, end = _name(text, finding.start, finding.end)
        elif finding.type == v.ADDRESS:
            start = _begun(text, finding.start)
            end = _without_stop(text, finding.end, _address(text, finding.start, finding.end))
        else:
            continue
        if (start, end) != (finding.start, finding.end):
            yield replace(finding, start=start, end=end)


def _name(text: str, start: int, end: int) -> tuple[int, int]:
    name = text[start:end]
    if not name[:1].isupper():
        return start, end
    before = PARTICLES_BEFORE.search(text, max(0, start - AROUND), start)
    start = before.start() if before is not None else start
    hyphened = HYPHENED.match(text, end)
    if hyphened is not None and (hyphened["word"] in SYLLABLES or not _is_known_word(hyphened["word"])):
        end = hyphened.end()
    behind = PARTICLES_BEHIND.match(text, end)
    if behind is not None and not _is_known_word(behind["word"]):
        end = behind.end()
    if " " in name and not before:
        return start, end
    given = GIVEN_BEHIND.match(text, end)
    if (
        given is not None
        and words.is_first_name(given["word"].split("-")[0].lower())
        and not words.is_first_name(name.lower())
    ):
        return start, given.end()
    initials = INITIALS_BEHIND.match(text, end)
    return start, initials.end() if initials is not None else end


def _begun(text: str, start: int) -> int:
    """Take in the flat, the house or the hotel that stands before a street: `Flat B, 7/F, Hoi Sing Mansion, `."""
    for _ in range(MOST_PARTS):
        before = HOUSE_BEFORE.search(text, max(0, start - HOUSE_AROUND), start)
        if before is None:
            return start
        start = before.start()
    return start


def _is_known_word(word: str) -> bool:
    plain = word.lower()
    return plain in words.dictionary() or plain in words.places() or plain in words.allowed()


def _address(text: str, start: int, end: int) -> int:
    if not any(map(str.isdigit, text[start:end])):
        return end
    for _ in range(MOST_PARTS):
        part = PART_OF_AN_ADDRESS.match(text, end)
        if part is None:
            part = TOWN.match(text, end) or SMALL_TOWN.match(text, end, endpos=min(len(text), end + 2 * AROUND))
            if part is None or not _may_be_a_town(part["word"]):
                return end
        end = part.end()
        while text[end - 1].isspace():
            end -= 1
    return end


def _without_stop(text: str, found_until: int, end: int) -> int:
    """Leave the full stop of a sentence to it: an address is the same with one behind it and without."""
    return end - 1 if end > found_until and text[end - 1] == "." else end


def _may_be_a_town(name: str) -> bool:
    """Say whether words behind an address may be a place: one that is known, or in no dictionary and no first name."""
    parts = [part.lower() for part in regex.findall(r"\p{L}{2,}", name)]
    if name.lower() in words.places():
        return True
    if words.is_first_name(parts[0]) or parts[0] in words.allowed():
        return False
    return any(
        part not in words.dictionary() and part not in words.labels() and part not in words.of_offices()
        for part in parts
    )
