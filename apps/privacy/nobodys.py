"""
What guesses take for a person or an address and is nobody's: substances, genes, celestial bodies, journals, dates, methods, programs.

Only guesses are judged here, by the name itself and by what stands around it; what a rule or a check digit says stays.
"""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

from apps.privacy import kinds, things, words
from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding
from apps.privacy.overlaps import STRONG
from apps.privacy.tagger.tokens import DENSE_CHARACTER

AROUND: Final = 80
SHORTEST_ALPHABET: Final = 5
"""Letters that follow the alphabet and are no name: `abcdef`."""

LONGEST: Final = 60

SUBSTANCE: Final = re.compile(
    r"(?i)\b\w{2,24}(?:amide|kinase|ylase|ctase|idase|thase|ptase|mycin|cillin|azole|oxide|chloride|sulfate|sulphate|phosphate|nitrate|acetate|peptide|globulin|steroid|saccharide|ribose|glycine|methane|benzene|phenol|virus|bacteria|coccus|bacillus|saurus|aceae|idae|viridae)\b"
)
"""How words for substances, enzymes and families of living things end, and no name does."""

MAYBE_SUBSTANCE: Final = re.compile(r"(?i)\b\w{2,24}(?:erase|lase|idine|ylene|ium|osis|itis|emia)\b")
"""Endings of substances and illnesses that names have too (*Politis*, *Marylene*): a word of a laboratory must be near."""

LABORATORY: Final = re.compile(
    r"\b(?:proteins?|genes?|kinases?|receptors?|enzymes?|inhibitors?|pathways?|signal(?:l?ing)|mutants?|transcription|antibod(?:y|ies)|cytokines?|ligands?|polymerase|mRNA|RNA|DNA|ATP|GTP|peptides?|amino acids?|species|genus|subspecies|bacteri(?:a|um)|fung(?:i|us)|taxon|strain|cell lines?|in vitro|in vivo|phosphorylat\w+|myosin|actin|hepatic|plasma|isotopes?|minerals?|lanthanides?|oxides?)\b"
    r"|\b[A-Z][A-Za-z]{1,4}\d{1,2}[A-Za-z]?\d?\b|\b[A-Z]{2,5}-?\d{1,3}\b"
)
"""Words of a laboratory, and codes as genes have: `Oct4`, `CCL11`."""

CODE_BESIDE: Final = re.compile(r"(?:,| and| or|/|-|,? and) ?[A-Z][A-Za-z]{0,4}-?\d{1,2}[A-Za-z]?\b")
CODE_BEFORE: Final = re.compile(r"\b[A-Z][A-Za-z]{0,4}-?\d{1,2}[A-Za-z]?(?:, | and | or |/|-|, and )$")
"""Codes of genes in one list with the name: one is listed with its like. A surname among words of a laboratory is somebody's."""

SAID_TO_BE_A_THING: Final = re.compile(
    r" \([^)]{0,30}(?:minor planet|provisional designation)"
    r"|,? is (?:also )?(?:an?|the|one of the) (?:(?!(?:of|in|from|at|for|by|on|with|and|who|that|which|to)\b)[\w-]{1,30} ){0,4}"
    r"(?:asteroids?|comets?|[Mm]ars-cross\w*|dwarf planet|minor planet|centaur|moons?|craters?|genus|species|protein|enzyme|gene|hormone|polymer|inhibitor|receptor|antibiotic|mineral|compound|software|library|framework|brand|programming language|film|movie|album|song|novel|river|village|town|municipality)"
    r"(?=[.,;:)]|$| (?:of|in|that|which|from|for|by|used|with|located|found|on|discovered|directed|starring|released|written|produced|developed|owned|asteroid)\b)"
)
"""What a name is said to be just behind it; not what somebody has to do with (*is a river pilot*, *is from the village*)."""

JOURNAL_BEFORE: Final = re.compile(
    r"\b(?:journals?|magazine|newspaper|periodical)(?: (?:of|the|called))? [\"'\u201c\u2018]?$"
)
OF_A_COUNTRY: Final = re.compile(r"\b(?:U\.S\.|U\.K\.|EU) \Z")
"""Before a word of a contract or a tax law: `such Non-U.S. Holder`."""

ARTICLE_BEFORE: Final = re.compile(r"(?:^|[\s(\"'\u201c])(?:[Aa]ny|[Ee]ach|[Ee]very|[Ss]uch|[Nn]o) $")
JOURNAL_BEHIND: Final = re.compile(
    r" (?:Sciences?|Physics|Chem\w*|Biol\w*|Med\w*|Phys|Math\w*|Res|Soc|Lett|Eng\w*|Rev\w*)\b"
)
THING_AT_ITS_END: Final = re.compile(
    r" (?:Array|Games|Agreement|Protocol|Framework|Engine|Suite|Edition|Series|Model|Method|Index|Score|Scale|Test|Program(?:me)?|Project|Mission|Survey|Catalogue|Awards?|County|Elementary|High School|Middle School|Primary School|Academy|Parish|Borough)$"
)
GENE: Final = re.compile(r"[A-Z][A-Za-z]{1,4}-?\d{1,2}[A-Za-z]?")
MONTH: Final = re.compile(
    r"(?i)(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|janv|févr|avr|juin|juil|août|ene|abr|ago|dic|gen|giu|lug|set|ott|mrt|mei|fev|out)\.?"
)
WEEKDAY: Final = re.compile(
    r"(?i)(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)(?: (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))?"
)
DATE_BEHIND: Final = re.compile(
    r",? {1,2}(?:\d{1,2}(?!\w)|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6} )"
)
"""What stands behind a weekday in logs and mails: `Thu, 04 Jun`, `Fri Jan 5`."""

BROKEN_BEFORE: Final = re.compile(r"([A-Za-z]{2,20})-\n[ \t]{0,40}$")
"""The first half of a word that the end of a line breaks."""

LEGAL_FORM: Final = re.compile(r"(?:^|.* )(?:Inc|Corp|Ltd|LLC|LLP|GmbH|PLC|Pty|Co|Limited|Corporation)\.?")
HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
HANDLE: Final = re.compile(r"(?m)(?:\S[ (]|^\.?)@[A-Za-z]\w{1,30}(?=[ :,)])")
"""A handle in a post, and no annotation of a program."""

ASSIGNED: Final = re.compile(r"(?:: ?[\w.\[\]]{1,40})? ?=")
CODED: Final = re.compile(
    r"(?!\w{1,3}-[A-Z]{4,}\Z|[A-Z]{4,}(?:-[A-Z]{4,})+\Z)(?:[\w]+-)+(?:[A-Z]{1,}|[A-Z]{2,}\w*|[A-Z]?\d+\w*)|(?:\w{2,30} )?[A-Z]{2,8}s"
)
"""
A name with an abbreviation behind a dash, and the plural of an abbreviation: `Flow-GRPO`, `LRNNs`.

Not a double surname in capitals, nor one with its particle: `HALVORSEN-OKORO`, `AL-RASHIDI`.
"""

SHORTEST_PIECE: Final = 4
FEWEST_PIECES: Final = 2
MANY_PIECES: Final = 4
"""So many words of the dictionary in one are a class in a program, even if one of them is a name as well."""

BEFORE_HUMPS: Final = "mc mac de la le du di da del des do dos van von fitz st san ben al el o lo ter ten"
BEFORE_A_HUMP: Final = frozenset(BEFORE_HUMPS.split())
"""With what surnames begin that have a capital in their middle: `DeLong`, `McHale`."""

DAY_BEHIND: Final = re.compile(r"[ ]{1,2}\d{1,2}(?!\w)")
LISTED_CODES: Final = re.compile(r"\b[A-Z]{2,5}\d{1,3}\b")
NUMBERS_LABEL: Final = re.compile(
    r"(?i)[^\W\d_]*(?:nummer|number|numéro|número|numero|nr)|[^\W\d_]* ?\b(?:KW|DIN|EN|ISO) ?\d{1,6}"
)
"""What a number is called, or a week or a norm with its number, which a model takes for a piece of an address."""

SHORT_END: Final = re.compile(r"(?:\A|[ .])[A-Z]{1,3}\Z")
AMOUNT_BEHIND: Final = re.compile(r"[.,]\d\d(?!\d)")
NUMBER_BEHIND: Final = re.compile(r"[ :.#]{1,3}[\w-]{0,6}\d")
STANDINGS: Final = re.compile(r"[^\W\d_][^\d,.\n]{1,30} \d{1,3}(?:, [^\W\d_][^\d,.\n]{1,30} \d{1,3}){3,20}")
"""A table of a league or of counts in a line: `Rangers 31, Celtic 29`."""

FEW_DIGITS: Final = re.compile(r"\d{1,3}")
"""A number so short is the amount or the count beside what the model took for an address."""

WITH_A_CAPITAL: Final = frozenset(["Will"])
"""First names that stand on no list: in small letters they are in every other sentence."""

YEAR_AND_WORD: Final = re.compile(r"(?:1[89]|20)\d\d [^\W\d_]+")


def is_nobodys(text: str, finding: Finding) -> bool:
    """Say whether a guess is a substance, a gene, a body of the sky, a journal, a month or a word of forms."""
    name = text[finding.start : finding.end]
    if finding.type == v.ADDRESS:
        if not any(map(str.isdigit, name)) and not any(map(str.isupper, name)):
            return True
        if FEW_DIGITS.fullmatch(name) and AMOUNT_BEHIND.match(text, finding.end):
            return True
        if STANDINGS.fullmatch(name):
            return True
        is_label = NUMBERS_LABEL.fullmatch(name) is not None
        return is_label or len(LISTED_CODES.findall(name)) > 1 or YEAR_AND_WORD.fullmatch(name) is not None
    if finding.type != v.PERSON:
        return False
    if len(name) > LONGEST:
        return name.isalnum() and name.isascii()
    if len(name) >= SHORTEST_ALPHABET and name.lower() in string.ascii_lowercase:
        return True
    before, behind = text[max(0, finding.start - AROUND) : finding.start], text[finding.end : finding.end + AROUND]
    if MONTH.fullmatch(name) and DAY_BEHIND.match(behind):
        return True
    if WEEKDAY.fullmatch(name) and DATE_BEHIND.match(behind):
        return True
    if LEGAL_FORM.fullmatch(name) or (name.isupper() and " " not in name and things.is_called_a_thing(text, name)):
        return True
    if _is_expanded_before(name, before, behind) or THING_AT_ITS_END.search(name):
        return True
    if sum(map(str.isalnum, name)) == 1 and "." not in name and not DENSE_CHARACTER.match(name):
        return True
    is_of_a_code = name.isupper() and ("_" in name or behind[:1] == "_")
    if is_of_a_code or (behind[:1].isdigit() and SHORT_END.search(name)):  # half of a constant or of a code
        return True
    if kinds.is_of_a_kind(text, finding.start, finding.end):
        return True
    if " " not in name and _is_broken_word(name, before):
        return True
    if _has_first_name(name) or name in WITH_A_CAPITAL:
        return SAID_TO_BE_A_THING.match(behind) is not None and " " not in name
    return _is_thing(text, name, before, behind)


def is_left_over(text: str, finding: Finding) -> bool:
    """
    Say whether a piece of a guess, of which a surer finding took the rest, is what a number is called, or an amount.

    A model's address that ran over a label and its number leaves the label: `rodné číslo`, `rekening`, `IBAN`.
    """
    name = text[finding.start : finding.end]
    if finding.score >= STRONG or finding.type not in {v.PERSON, v.ADDRESS}:
        return False
    if FEW_DIGITS.fullmatch(name):
        return AMOUNT_BEHIND.match(text, finding.end) is not None
    is_label = finding.type == v.ADDRESS and name[0] not in "-/" and NUMBER_BEHIND.match(text, finding.end) is not None
    parts = re.findall(r"\w+", name)
    if not is_label:
        return all(kinds.is_made_abroad(part) or _plain(part) in words.of_offices() for part in parts)
    return not any(map(str.isdigit, name)) and all(part.islower() or part.isupper() for part in parts)


def _is_thing(text: str, name: str, before: str, behind: str) -> bool:
    """Judge what has no first name in it."""
    if SUBSTANCE.search(name) or SAID_TO_BE_A_THING.match(behind) or JOURNAL_BEFORE.search(before):
        return True
    signs = len(LABORATORY.findall(before)) + len(LABORATORY.findall(behind))
    if MAYBE_SUBSTANCE.search(name) and signs:
        return True
    if re.fullmatch(r"J\. \w+", name) and JOURNAL_BEHIND.match(behind):
        return True
    if CODED.fullmatch(name):
        return True
    if " " in name:  # as in "Neue Anschrift"
        return all(part in words.of_offices() for part in _plain(name).split())
    if (_is_run_together(name) and not _is_called_upon(text, name, before, behind)) or things.is_called_a_thing(
        text, name
    ):
        return True
    if OF_A_COUNTRY.search(before) and name.lower() in words.dictionary():
        return True
    if len(name) < SHORTEST_PIECE and name[0].isupper() and behind[:1].isdigit():
        return True
    if ARTICLE_BEFORE.search(before):
        return name.lower() in words.dictionary()
    is_code = GENE.fullmatch(name) is not None and not name.isalpha() and ("-" in name or signs > 0)
    return (
        is_code
        or _plain(name) in words.beside_users()
        or _plain(name).strip(".") in words.of_offices()
        or _is_listed_with_codes(before, behind, signs)
    )


def _is_broken_word(name: str, before: str) -> bool:
    """Say whether a guess is the second half of a word that the end of a line breaks: `omit-⏎ ted`."""
    half = BROKEN_BEFORE.search(before)
    return half is not None and (half[1] + name).lower() in words.dictionary()


def _is_run_together(name: str) -> bool:
    """Say whether a name is words run together, as methods and classes are called: `LayerSync`, `FlyAware`."""
    pieces = HUMPS.findall(name) if name.isascii() and name.isalpha() else []
    plain = [piece.lower() for piece in pieces if len(piece) >= SHORTEST_PIECE]
    known = [piece in words.dictionary() for piece in plain]
    if sum(known) >= MANY_PIECES:
        return True
    is_somebodys = any(words.is_part_of_names(piece) for piece in plain)
    if len(pieces) < FEWEST_PIECES or is_somebodys or len(pieces[0]) == 1 or pieces[0].lower() in BEFORE_A_HUMP:
        return False
    return any(known)


def _is_called_upon(text: str, name: str, before: str, behind: str) -> bool:
    """Say whether a word stands where people call each other by names of their own making: in posts and logs of chats."""
    is_first = before[-1:] in {"", "\n", "@", "#"} and ASSIGNED.match(behind) is None
    if before[-1:] == "#" and all(piece.lower() in words.dictionary() for piece in HUMPS.findall(name)):
        return False
    is_addressed = before.endswith(": ") and behind.startswith(":")
    return is_first or is_addressed or HANDLE.search(text) is not None


def _is_listed_with_codes(before: str, behind: str, signs: int) -> bool:
    return signs > 0 and (CODE_BESIDE.match(behind) is not None or CODE_BEFORE.search(before) is not None)


def _is_expanded_before(name: str, before: str, behind: str) -> bool:
    """Say whether capitals in parentheses are the initials of the words before them: `Large Array (LA)`."""
    if not (name.isupper() and name.isalpha() and before.endswith("(") and behind.startswith(")")):
        return False
    initials = "".join(word[0] for word in re.findall(r"[A-Z][\w]*", before))
    return len(name) > 1 and name[-2:] in initials


def _has_first_name(name: str) -> bool:
    parts = [part.lower() for part in re.findall(r"[^\W\d_]+", name)]
    return any(map(words.is_first_name, parts))


def _plain(name: str) -> str:
    """Give a word in small letters without accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(one))
