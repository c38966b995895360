"""Telephone numbers: with a country code, in national forms, beside words that say so, or spoken digit by digit."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with_words
from apps.privacy.rules import Rule, at_numbers, at_words, near, pattern

CALLED: Final = near(
    "phone", "telephone", "tel", "mobile", "mob", "cell", "cellphone", "fax", "call", "called", "calls", "calling",
    "callback", "dial", "ring", "text", "texted", "sms", "whatsapp", "signal", "number", "no", "contact", "reach",
    "reached", "reachable", "hotline", "extension", "ext", "office", "desk", "direct", "landline", "pager", "viber",
    "telefon", "telefonnummer", "handy", "handynummer", "mobil", "mobilnummer", "rufnummer", "festnetz", "durchwahl",
    "anrufen", "erreichbar", "téléphone", "portable", "fixe", "appeler", "appelez", "joindre", "teléfono", "móvil",
    "llamar", "llame", "llámame", "telefono", "cellulare", "chiamare", "telefoon", "mobiel", "telefoonnummer", "bellen",
    "bel", "gsm", "telefone", "celular", "telemóvel", "ligar", "ligue", "tfno", "tlf", "tél", "ph", r"(?<!%)[ptmf](?=[.:] ?[+(\d])",
)  # fmt: skip
EXTENSION: Final = r"(?:[ ,]{0,2}(?:x|ext\.?|extn\.?|extension|durchwahl|poste|\#)[ ]?\d{1,6})?"
NO_LABEL: Final = r"(?<!(?i:tel|fon|fax|mob|phone|ph))"
"""What may stand before a dot or a colon that a number follows at once."""

ENDS: Final = r"(?!\w|-\d)"
TAIL: Final = re.compile(r"(?i)[ ,]*(?:x|ext\.?|extn\.?|extension|durchwahl|poste|#)[ ]?\d{1,6}$")
DATE: Final = re.compile(
    r"(?:19|20)\d\d[-./ ](?:0?[1-9]|1[0-2])[-./ ](?:0?[1-9]|[12]\d|3[01])(?:[ T]\d{1,2})?"
    r"|(?:0?[1-9]|[12]\d|3[01])[-./ ](?:0?[1-9]|[12]\d|3[01])[-./ ](?:19|20)\d\d"
    r"|\d\d([-./])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?:[ T]\d{1,2})?"
)
AMOUNT: Final = re.compile(r"\d+\.\d{1,2}|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|\d{1,3}(?:[ .]000)+")
DIGIT_WORDS: Final = (
    "zero oh one two three four five six seven eight nine double triple null eins zwei drei vier fünf sechs sieben acht "
    "neun zwo cero uno dos tres cuatro cinco seis siete ocho nueve zéro un deux trois quatre cinq six sept huit neuf due "
    "tre quattro cinque sei sette otto nove nul een twee drie vijf zes zeven negen um dois três quatro sete oito"
)
PAIRS: Final = (
    "zéro|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante"
    "|septante|huitante|nonante"
)
"""The words of which numbers under a hundred are made in French, where phone numbers are said in pairs."""


def is_phone(number: str) -> bool:
    """Say whether digits in the shape of a phone number may be one: 7 to 15 digits, not all alike, no date, no amount."""
    number = TAIL.sub("", number.strip())
    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    return not (DATE.fullmatch(number) or AMOUNT.fullmatch(number))


RULES: Final = (
    Rule(
        v.PHONE,
        "A phone number with its country code",
        pattern(
            rf"(?<![\w+/=-])(?:\+[ ]?|00[ -]?|\(\+)\d{{1,3}}\)?(?:[ ./-]{{0,3}}(?:\(0?\d{{1,4}}\)|\d{{1,5}})){{2,7}}{EXTENSION}{ENDS}",
            is_any_case=True,
        ),
        0.9,
        is_phone,
        needs=("+", "00"),
        place=at_numbers(7, before=5, after=16),
    ),
    Rule(
        v.PHONE,
        "A phone number",
        pattern(
            rf"""(?<![\w./+=:-])(?:\+?1[ .-]?)?(?:\([2-9]\d\d\)[. ]{{0,2}}\d{{3}}[ .-]?\d{{4}}
            |[2-9]\d\d[ ]?([.-])[ ]?\d{{3}}[ ]?\1[ ]?\d{{4}}|[2-9]\d\d[ .-][2-9]\d\d[ .-]\d{{4}})
            {EXTENSION}{ENDS}""",
            is_any_case=True,
        ),
        0.85,
        is_phone,
        place=at_numbers(10, before=3, after=16),
    ),
    Rule(
        v.PHONE,
        "A phone number with its area code",
        pattern(
            rf"(?<![\w/+=-])(?<!{NO_LABEL}[.:])(?:\(0?\d{{1,5}}\)[ ]?(?:9[ ])?\d{{2,5}}(?:[ .-]\d{{2,5}}){{1,3}}|0\d{{1,5}}[ ]?(?:[/.-][ ]?|[ ])\d{{2,8}}(?:[ .-]?\d{{2,4}}){{0,4}}){EXTENSION}{ENDS}",
            is_any_case=True,
        ),
        0.82,
        is_phone,
        place=at_numbers(7, before=3, after=16),
    ),
    Rule(
        v.PHONE,
        "Digits beside words such as phone or call",
        pattern(
            rf"(?<![\w,/=-])(?<!{NO_LABEL}\.)\+?\(?\d{{1,5}}\)?(?:[ ./-]{{0,2}}\(?\d{{2,5}}\)?){{1,6}}{EXTENSION}{ENDS}",
            is_any_case=True,
        ),
        0.8,
        is_phone,
        CALLED,
        place=at_numbers(7, before=3, after=16),
    ),
    Rule(
        v.PHONE,
        "Pairs of digits under which somebody is reached",
        pattern(
            r"(?<=(?<!\w)(?:on|at|under|unter|sur|au|al|op|via|no|nr|nº|n°)[ ])\d{2}(?:[ .]\d{2}){3,4}(?![ .-]?\d|[\w%€$£])",
            is_any_case=True,
        ),
        0.8,
        is_phone,
        place=at_numbers(8, before=8, after=8),
    ),
    Rule(
        v.PHONE,
        "An extension",
        pattern(
            r"(?<!\w)(?:ext(?:ension|n)?\.?|durchwahl|toestel|ramal|anexo|bleep|pager|dect|interno)[ ]?[:#-]?[ ]?-?(?P<value>\d{3,6})(?![\w-]|[.,]\d)",
            is_any_case=True,
        ),
        0.82,
        place=at_words("ext extn extension durchwahl toestel ramal anexo bleep pager dect interno", after=24),
    ),
    Rule(
        v.PHONE,
        "A number spoken digit by digit",
        pattern(
            rf"(?<!\w)(?:plus[ ,]+)?(?:{'|'.join(DIGIT_WORDS.split())})(?:[ ,-]{{1,3}}(?:and[ ])?(?:{'|'.join(DIGIT_WORDS.split())}|\d)){{6,24}}(?!\w)",
            is_any_case=True,
        ),
        0.85,
        lambda number: len(set(number.lower().split())) > 2,
        place=at_words(DIGIT_WORDS, before=6, after=240),
        opens=opens_with_words("plus " + DIGIT_WORDS),
    ),
    Rule(
        v.PHONE,
        "A number spoken in pairs",
        pattern(
            rf"(?<!\w)(?:plus[ ]trente-trois|zéro)[ ,-]{{1,2}}(?:{PAIRS})(?:[ ,-]{{1,2}}(?:et[ ])?(?:{PAIRS})){{3,14}}(?!\w)",
            is_any_case=True,
        ),
        0.85,
        place=at_words("zéro plus", before=2, after=240),
    ),
)
