"""What a word or a number is made of, and whether it could be a value of some kind at all."""

# ruff: noqa: RUF001 - people write curly quotes

from __future__ import annotations

import re
from typing import Final

from apps.privacy import words
from apps.privacy.judged import labels
from apps.privacy.judged.labels import folded, kinds_of
from apps.privacy.recognisers.contact import NO_USER
from apps.privacy.recognisers.credentials import made_up, shapes
from apps.privacy.recognisers.logins import ROLES
from apps.privacy.recognisers.references import PUBLIC
from apps.privacy.tagger.tokens import DENSE_CHARACTER

WORD: Final = re.compile(r"[^\W\d_]+")
PARTS: Final = re.compile(r"[A-Z]?[a-z\u00df-\u00ff]+|[A-Z]+(?![a-z])|\d+")
HARD_DIGITS: Final = re.compile(r"\d{2}")
DATED: Final = re.compile(
    r"\d+(?:\.\d+)?[smhdwykKM]|\d+(?:ms|min|[kmg]b)|v?\d{1,4}(?:[./:-]\d{1,4}){1,3}(?:\.x)?|\d{4}-\d\d-\d\dT.*|(?:19|20)\d\d"
)
SWITCH: Final = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
MOST_SWITCHES: Final = 3
OF_MACHINES: Final = frozenset(["token", "key", "secret", "licence"])
"""Labels of what machines draw: never a number alone, never words."""

YEAR: Final = re.compile(r"[A-Za-z]+[_ -]?(?:19|20)\d\d")
DIGEST: Final = re.compile(r"(?i)(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{12,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FEWEST_DIGITS: Final = 4
LONGEST_NUMBER: Final = 40
SHORTEST_SECRET: Final = 3
VERSION: Final = re.compile(r"v\d.*")
DOTTED: Final = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z0-9]+){1,2}")
PATH: Final = re.compile(r"[a-z_.-]+(?:[/:][\w_.-]+)+")


def may_be(kind: str, group: str, value: str) -> bool:
    """Say whether a value could be of a kind at all: numbers have digits, users letters, keys are no numbers."""
    digits = sum(one.isdigit() for one in value)
    if kind == "ID":
        is_sentence = " " in value and any(one.islower() for one in value)
        is_public = (
            YEAR.fullmatch(value) is not None
            or DIGEST.fullmatch(value) is not None
            or PUBLIC.fullmatch(value) is not None
        )
        return digits >= FEWEST_DIGITS and len(value) <= LONGEST_NUMBER and not is_sentence and not is_public
    if kind == "USERNAME":
        plain = value.lower()
        is_word = (value.isupper() or shape_of(value) == "camel-known") and words.is_made_of_words(plain)
        shape = shape_of(value)
        is_drawn = len(SWITCH.findall(value)) > MOST_SWITCHES or shape in {"random", "upper-mixed"}
        is_topic = shape == "camel-known" or (group == "account" and value.isalpha())
        is_nobody = is_drawn or is_topic or is_word or plain in NO_USER or plain in ROLES
        is_written_so = value[0].isalpha() and value[-1].isalnum() and not any(one in "/:" for one in value)
        return is_written_so and len(value) > 2 and VERSION.fullmatch(value) is None and not is_nobody
    if group in OF_MACHINES and (digits == len(value) or " " in value or shape_of(value).endswith("-known")):
        return False
    return len(value) > SHORTEST_SECRET and PATH.fullmatch(value) is None and not made_up.is_crossed_out(value)


def cannot_be(text: str, start: int, end: int, *, is_user: bool = False) -> bool:
    """
    Say whether words are no value of anything: a label, a date, a file, a piece of code, what stands for a value.

    What the sentence calls a user may be dotted like a field of something.
    """
    value = text[start:end]
    before, after = text[max(0, start - 2) : start], text[end : end + 3].lstrip("\"'`")
    if value[0] == "-" or before[-1:] in {"<", "-", "$", "/"} or before == "</":
        return True
    if text.startswith(("...", "…"), end) or plain_none(value):
        return True
    is_followed = after[:1] in {"(", "[", "{", "="} and not DENSE_CHARACTER.match(after, 1)
    if is_followed or after[:2] == " =":
        return True
    if after[:1] == ":" and not after[1:2].isalnum():
        return True
    plain = folded(value)
    if kinds_of(plain) or (" " in plain and any(kinds_of(one) for one in WORD.findall(plain))):
        return True
    if (
        ("_" in value or ("-" in value and value.islower()))
        and any(kinds_of(folded(one)) for one in PARTS.findall(value))
        and not HARD_DIGITS.search(value)
    ):
        return True
    return (
        shapes.is_placeholder(value)
        or (shapes.is_code(value) and not (is_user and _is_dotted_user(value)))
        or shapes.is_placeholder(plain)
        or ("@" not in value and "." in value and value.rpartition(".")[2] in labels.FILES)
        or DATED.fullmatch(value) is not None
        or plain in labels.SMALL
    )


def _is_dotted_user(value: str) -> bool:
    """Say whether a word among dots is an initial or a name: `c.maciel`, and not `request.user` and `np.float32`."""
    parts = [part.rstrip("0123456789") for part in value.split(".")]
    is_named = any(len(part) != 2 and not words.is_made_of_words(part) for part in parts)
    return DOTTED.fullmatch(value) is not None and is_named


def plain_none(value: str) -> bool:
    """Say whether a word says that there is nothing."""
    return folded(value) in labels.NOTHING


def shape_of(value: str) -> str:
    """Say what a value is made of."""
    letters = [one for one in value if one.isalpha()]
    digits = sum(one.isdigit() for one in value)
    if " " in value:
        known = [folded(one) for one in WORD.findall(value)]
        return "phrase-digits" if digits else f"phrase{min(len(known), 5)}"
    if not letters:
        return f"digits{min(digits, 9)}" if digits == len(value) else f"digits-signs{min(digits, 9) // 3}"
    if not digits:
        if value.isalpha():
            plain = folded(value)
            is_known = words.is_made_of_words(plain) or plain in words.common() or plain in words.beside_users()
            return f"{_case(value)}-{'known' if is_known else 'new'}"
        if all(one.isalpha() or one in "._-'’" for one in value):
            pieces = WORD.findall(value)
            is_known = all(words.is_made_of_words(folded(piece)) for piece in pieces)
            return f"joined-{'known' if is_known else 'new'}-{'lower' if value.islower() else 'mixed'}"
        return "letters-signs"
    if len(value) >= 16 and shapes.is_long_random(value):
        return "random"
    if any(one in "!#$%&*+?^~" for one in value):
        return "mixed-signs"
    if re.fullmatch(r"[A-Za-z]{1,4}[-/_.]?\d{3,}(?:[-/.]\d+)*", value):
        return "prefix-digits"
    if re.fullmatch(r"[^\W\d_]+\d{1,4}", value):
        return f"word-digits-{_case(value).replace('camel', 'title')}"
    if re.fullmatch(r"[A-Z0-9]+", value):
        return "upper-mixed"
    if all(one.isalnum() for one in value):
        return "mixed"
    return "mixed-joined"


def _case(value: str) -> str:
    if value.islower():
        return "lower"
    if value.isupper():
        return "upper"
    return "title" if value.istitle() else "camel"
