"""Names that the words around them give away: titles, salutations, signatures, labels, introductions."""

# ruff: noqa: E501, S105 - a pattern is read whole; a token here is a word

from __future__ import annotations

from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.rules import Rule, pattern

PARTICLE: Final = (
    r"(?:van|von|der|den|de|del|della|di|da|dos|das|do|la|le|el|al|bin|bint|ibn|ben|ter|ten|zu|y|e|san|st\.?|mac|mc|o')"
)
TOKEN: Final = r"(?:(?:d|l|o|mc|mac|de|la)?['-]?\p{Lu}(?:\p{Ll}\p{M}?)+(?:['-]?\p{Lu}?(?:\p{Ll}\p{M}?)+)*|\p{Lu}\.(?:-?\p{Lu}\.)*|\p{Lu}{2,})"
NAME: Final = rf"{TOKEN}(?:[ ](?:{PARTICLE}[ ]){{0,2}}{TOKEN}){{0,3}}"
TITLE: Final = r"""(?:mr|mrs|ms|miss|mx|dr|prof|professor|doctor|sir|dame|lord|lady|madam|madame|mme|mlle|monsieur|herr|herrn|frau|
    señor|señora|sr|sra|srta|don|doña|signor|signora|sig|dott|dottore|mevrouw|meneer|dhr|mw|captain|capt|colonel|col|sergeant|sgt|
    lieutenant|lt|major|maj|general|gen|judge|justice|officer|inspector|detective|nurse|pastor|father|sister|brother|rev|reverend|rabbi|imam)"""
LABEL: Final = r"""(?:full|first|last|middle|given|family|maiden|legal|contact|customer|client|patient|employee|applicant|candidate|user|account[ ]holder|
    cardholder|card[ ]holder|beneficiary|sender|recipient|payee|guest|member|tenant|author|signatory|guardian|spouse|emergency[ ]contact)[ _-]?names?
    |(?:billing|shipping|mailing|delivery|home|postal)[ ]address|names?|surname|forename|vorname|nachname|nom|prénom|nombre|apellidos?|nome|cognome|naam|achternaam|attn|attention|c/o|signed[ ]by|reported[ ]by|
    assigned[ ]to|assignee|reporter|approved[ ]by|prepared[ ]by|written[ ]by|reviewed[ ]by|requested[ ]by|created[ ]by|owner|from|to|cc|bcc|contact|
    customer|client|patient|employee|applicant|candidate|tenant|borrower|lender|buyer|seller|plaintiff|defendant|witness|claimant|manager|supervisor|
    beneficiary|cardholder|account[ ]holder|policyholder|insured|interviewer|interviewee|attendees?|participants?|caller|agent"""


def is_name(text: str) -> bool:
    """Say whether capitalised words may be a name: at least one of them is neither a common word nor a known term."""
    tokens = [token for token in text.replace("-", " ").split() if len(token.strip(".'")) > 1]
    return any(token.lower() not in words.common() and token.lower() not in words.allowed() for token in tokens)


RULES: Final = (
    Rule(
        v.PERSON,
        "A name after a title",
        pattern(rf"(?<![\w-])(?i:{TITLE})\.?[ ](?:(?i:{TITLE})\.?[ ])?(?P<value>(?:{PARTICLE}[ ]){{0,2}}{NAME})"),
        0.85,
        is_name,
    ),
    Rule(
        v.PERSON,
        "A name after a salutation",
        pattern(
            rf"(?<!\w)(?i:dear|hello|hi|hey|hallo|liebe[rs]?|sehr[ ]geehrte[rs]?|bonjour|chère?|cher|hola|estimad[oa]|querid[oa]|caro|cara|gentile|ciao|beste|geachte|prezad[oa]|olá)[ ](?P<value>{NAME})(?=[ ]?(?:[,!:.;\n-]|$|and[ ]))"
        ),
        0.85,
        is_name,
    ),
    Rule(
        v.PERSON,
        "A name under a closing",
        pattern(
            rf"(?i:regards|sincerely|cheers|thanks|thank[ ]you|best|wishes|yours|grüßen|grüße|gruß|cordialement|saludos|saluti|groeten|atenciosamente|love),?[ ]*\n{{1,2}}[ ]*(?:--?[ ]*)?(?P<value>{NAME})[ ]*(?=\n|$|,|\|)"
        ),
        0.85,
        is_name,
    ),
    Rule(
        v.PERSON,
        "A name that introduces itself",
        pattern(
            rf"(?<!\w)(?i:my[ ]name[ ]is|my[ ]name's|i[ ]am|i'm|this[ ]is|name[ ]is|named|called|ich[ ]heiße|mein[ ]name[ ]ist|je[ ]m'appelle|me[ ]llamo|mi[ ]chiamo|ik[ ]heet|chamo-me|meu[ ]nome[ ]é)[ ](?P<value>{NAME})"
        ),
        0.82,
        is_name,
    ),
    Rule(
        v.PERSON,
        "A name after its label",
        pattern(
            rf"(?<![\w-])[\"'`]?(?i:{LABEL})[\"'`]?[ ]{{0,2}}(?::|=|\|)[ ]{{0,2}}[\"'`]?(?:(?i:{TITLE})\.?[ ])?(?P<value>{NAME})(?=[ ]*(?:[\"'`,;|<(\n]|$))"
        ),
        0.82,
        is_name,
    ),
    Rule(
        v.PERSON,
        "A name before an e-mail address",
        pattern(rf"(?P<value>{NAME})[ ]?[\"']?[ ]?[<(\[](?=[\w.+-]+@)"),
        0.85,
        is_name,
        needs=("@",),
    ),
)
