"""What the model takes for a user name, a password or a number, inside Presidio: the whole of it, if it can be one."""

# ruff: noqa: TID251 - this room is one that uses Presidio

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.findings import Finding
from apps.privacy.judged.values import DIGEST, cannot_be, may_be
from apps.privacy.recognisers.credentials import made_up
from apps.privacy.recognisers.logins import LIBRARY
from apps.privacy.recognisers.references import PUBLIC
from apps.privacy.rules import LANGUAGE, result
from apps.privacy.tagger.labels import STATED
from apps.privacy.tagger.spans import Span
from apps.privacy.tagger.tokens import DENSE, MARKS

SCORE: Final = 0.7
REASONS: Final = {
    v.USERNAME: "A user name, recognised by the language model from the words around it",
    v.SECRET: "A password or key, recognised by the language model from the words around it",
    v.REFERENCE: "A number of a person or customer, recognised by the language model from the words around it",
    v.PHONE: "A phone number, recognised by the language model from the words around it",
}
EDGES: Final = re.compile(r"^[^\w+(#@/!$*-]+|[^\w)!$*#+%&=-]+$")
SPACED: Final = f"[^\\W{DENSE}]"
"""What words of scripts with blanks between words are made of: in the others everything is glued to everything."""

GLUED: Final = {
    v.USERNAME: re.compile(rf"(?:{SPACED}|[.-])*"),
    v.SECRET: re.compile(rf"(?:{SPACED}|[.!#$%&*+?^~-])*"),
    v.REFERENCE: re.compile(rf"(?:{SPACED}|-)*(?:[./]\d(?:{SPACED}|-)*)*"),
    v.PHONE: re.compile(r"(?:[./-]?\d)*"),
}
GLUED_BEFORE: Final = {
    **{kind: re.compile(rf"{pattern.pattern}\Z") for kind, pattern in GLUED.items()},
    v.REFERENCE: re.compile(rf"(?:(?:{SPACED}|-)*\d[./])*(?:{SPACED}|-)*\Z"),
    v.PHONE: re.compile(r"(?:\d[./-]?)*\Z"),
}
LONGEST_GLUED: Final = 64
CHECKSUM: Final = re.compile(r"(?i)sha(?:1|256|384|512)[-:].*")
DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:[-./][01]?\d(?:[-./][0-3]?\d(?:[T ]\d.*)?)?)?|[0-3]?\d[-./][01]?\d[-./](?:19|20)?\d\d"
    r"|[01]?\d[-./][0-3]?\d[-./](?:19|20)?\d\d|[0-2]?\d[:.][0-5]\d(?:\.\d\d?|:\d.*)?"
)
AMOUNT: Final = re.compile(
    r"(?:[^\W\d_]{1,3}|[$€£]) ?\d{1,3}(?:[.,' ]\d{3})*[.,]\d\d|\d{1,3}(?:[.,' ]\d{3})*[.,]\d\d|\d{1,3}(?:,\d{3})+"
)
"""What is drawn but nobody's secret, when something was, and what it cost."""

MEASURED: Final = re.compile(
    r"[+-]?\d+(?:\.\d+)?e[+-]?\d+|\d+(?:\.\d+)?[smhdwykKM]|\d+(?:ms|min|[kmg]b)|v?\d{1,2}(?:\.\d{1,5}){1,3}(?:\.x)?"
)
"""A number with an exponent, a time or size, and a version."""

YEARS: Final = re.compile(r"\W*(?:1\d|20)\d\d(?:\W+(?:1\d|20)\d\d)*\W*")
ALL_THE_SAME: Final = re.compile(r"\W*(\d)(?:\W*\1)+\W*")
WORDS: Final = re.compile(r"[^\W\d_]+(?:[- '’][^\W\d_]+)*[!?]?")  # noqa: RUF001 - people write curly apostrophes
FORMULA: Final = re.compile(r"(?=.{2,7}\Z)[A-Z][A-Za-z]{0,5}\d{1,2}[A-Za-z]{0,2}")
"""Words of any language, and substances and genes: the network must be certain that one is a password."""

CARBON: Final = re.compile(r"C\d{1,3}H\d{1,3}(?:[A-Z][a-z]?\d{0,3})*")
PACKAGE: Final = re.compile(r"[a-z]{2,}\d{1,2}(?:\.\d{1,2})+(?:-[a-z]+)+")
"""A compound (`C6H12O6`), and a program that is packaged by its version (`php8.3-fpm`)."""

CERTAIN: Final = 0.98
SERIAL: Final = re.compile(r"[A-Z]-?\d{4,}")
"""What `PUBLIC` takes for the number of a road or an additive, and is too long for one."""

NOBODYS: Final = (YEARS, ALL_THE_SAME, DIGEST, CHECKSUM, DATE, MEASURED, PUBLIC, CARBON, PACKAGE)
A_NAME_FOLLOWS: Final = re.compile(rf"=\w|/[\w.-]*/|[(\[](?![{DENSE}])")
IS_A_PATH: Final = re.compile(r"(?::/|/[\w.-]+|\w/)/\Z")
A_THINGS_NUMBER: Final = re.compile(
    r"(?i)(?:order|invoice|ticket|build|release|version|batch|sku|model|article|commit|pallet|container"
    r"|(?<![^\W\d_])(?:part|item|lot)|(?<!dis)charge|bestellung|auftrag|rechnung|artikel|commande|facture|pedido"
    r"|factura|ordine|fattura|articolo|bestelling|factuur|fatura|encomenda)s?\W{1,3}(?:(?:no|nr|nummer|number|id)\.?\W{0,2}|n[°º]\W{0,2})?\Z"
)
"""What stands before a thing's number, which is nobody's. Short words count whole: `Charlot 48213` is somebody's."""

IN_A_LINK: Final = re.compile(r"://[^\s\"'<>]*\Z")
OF_AN_ADDRESS: Final = re.compile(r"[^\s(\[\"'>:]@\Z")
LONG: Final = 20
NEAR: Final = 30
MOSTLY_SEEN: Final = 4
"""A value is taken if the network saw a quarter of its letters at least."""

LETTERS_AND_MARKS: Final = f"(?:[^\\W\\d_][{MARKS}]*){{2,}}"
WORDS_BEFORE: Final = re.compile(rf"{LETTERS_AND_MARKS}[^\w\n]{{1,6}}\Z|{LETTERS_AND_MARKS}[^\w]{{1,3}}\n\s*\Z")

FEWEST_DIGITS: Final = 3


class StatedRecognizer(LocalRecognizer):
    """Turns what the model saw into results, without what cannot be a value."""

    def __init__(self) -> None:
        super().__init__(supported_entities=sorted(REASONS), name="model_stated", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the model belongs to the engine."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any) -> list[RecognizerResult]:
        """Give the values the model saw."""
        wanted = frozenset(entities) & frozenset(STATED)
        spans: list[Span] = nlp_artifacts.entities
        return [
            result(span.kind, start, end, SCORE, REASONS[span.kind])
            for span in spans
            if span.kind in wanted
            for start, end in [_whole(text, span)]
            if MOSTLY_SEEN * (span.end - span.start) >= end - start and is_possible(text, span.kind, start, end)
            if span.odds >= CERTAIN or not _is_wordy(text[start:end], span.kind)
        ]


def _whole(text: str, span: Span) -> tuple[int, int]:
    """Take in what is glued to a value, and leave the signs of the sentence."""
    start, end = span.start, span.end
    behind = GLUED[span.kind].match(text, end, min(len(text), end + LONGEST_GLUED))
    end = behind.end() if behind is not None else end
    before = GLUED_BEFORE[span.kind].search(text, max(0, start - LONGEST_GLUED), start)
    start = before.start() if before is not None else start
    while (edge := EDGES.search(text[start:end])) and start < end:
        start, end = (start + edge.end(), end) if edge.start() == 0 else (start, start + edge.start())
    is_cried = text[end - 1 : end] == "!" and text[start : end - 1].isalpha()
    is_handle = span.kind == v.USERNAME and text.startswith("@", start, end)
    return start + is_handle, end - is_cried


def is_possible(text: str, kind: str, start: int, end: int) -> bool:
    """Say whether words can be a value of a kind at all."""
    value = text[start:end]
    is_nobodys = SERIAL.fullmatch(value) is None and any(form.fullmatch(value) for form in NOBODYS)
    if is_nobodys or made_up.is_counted(value) or is_named(text, start, end):
        return False
    digits = sum(map(str.isdigit, value))
    if kind in {v.REFERENCE, v.PHONE}:
        is_of_a_thing = A_THINGS_NUMBER.search(text, max(0, start - NEAR), start) is not None
        return digits >= FEWEST_DIGITS and AMOUNT.fullmatch(value) is None and not is_of_a_thing
    if not any(map(str.isalnum, value)) or cannot_be(text, start, end, is_user=kind == v.USERNAME):
        return False
    if kind == v.USERNAME:
        is_no_user = value.lower() in words.common() or _is_a_constant(value) or LIBRARY.fullmatch(value) is not None
        return (
            may_be("USERNAME", "", value)
            and not is_no_user
            and not OF_AN_ADDRESS.search(text, max(0, start - 2), start)
        )
    return may_be("SECRET", "", value)


def _is_wordy(value: str, kind: str) -> bool:
    """Say whether a password or a user name is words of the language, or a word no list knows, or a gene's name."""
    if kind not in {v.SECRET, v.USERNAME}:
        return False
    return WORDS.fullmatch(value) is not None or FORMULA.fullmatch(value) is not None


def is_named(text: str, start: int, end: int) -> bool:
    """Say whether words name something of a program: a folder, a function, what is set to a value."""
    value = text[start:end]
    if A_NAME_FOLLOWS.match(text, end) or (value[-1:] == "=" and text[end : end + 1].isalnum()):
        return True
    if (
        "//" in value
        or IS_A_PATH.search(text, max(0, start - 3), start)
        or IN_A_LINK.search(text, max(0, start - 200), start)
    ):
        return True
    return (
        len(value) >= LONG
        and " " not in value
        and not value.isdecimal()
        and not WORDS_BEFORE.search(text, max(0, start - 60), start)
    )


def is_left_over(text: str, finding: Finding) -> bool:
    """Say whether a piece of what the model saw, of which a surer finding took the rest, is no value by itself."""
    if finding.reason not in REASONS.values():
        return False
    value = text[finding.start : finding.end]
    is_word = value.isalpha() or not value[0].isalnum()
    return is_word or not is_possible(text, finding.type, finding.start, finding.end)


def _is_a_constant(value: str) -> bool:
    return value.isupper() and "_" in value
