"""What a value looks like: a placeholder, a piece of code, words, or a run of characters that a machine drew."""

# ruff: noqa: E501, RUF001 - a pattern is read whole; people write curly apostrophes

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from functools import lru_cache
from typing import Final

from apps.privacy import words
from apps.privacy.recognisers.credentials import made_up

STANDS_FOR_A_VALUE: Final = re.compile(
    r"""(?ix)
    (?:[x*.•#_?-]|\\|\s)+ | (.)\1+ | <[^<>]*>? | &lt;.* | \[.* | \{.* | \\?\$.* | %(?:\(\w{1,40}\))?[sdr]? | %\w{1,60}% | %[{%].* | @\w+@ | \#\{.* | __\w+__ | :\w+ | ~.*
    | \\?["'] .* | (?:your|the|insert|enter|put|add|some)(?:[-_ ][a-z0-9]{1,16}){1,5} | [^\d]*(?:change|replace)[-_ ]?(?:me|this|it|with)[^\d]* | .*(?:your|put|insert|enter|add)[-_ ]?(?:own|real|actual)?[-_ ]?
      (?:api|access|secret|client|auth|db|database|new|strong)?[-_ ]?(?:pass|secret|token|key|pw|value|here|id|user|name).*
    | .*(?:placeholder|redacted|goes[-_ ]?here|example|sample[-_ ]).* | (?:my|some|the|a|any|this|super|very|new|old|test|fake|dummy|default|no)?
      [-_ ]?(?:api|access|auth|client|db|user)?[-_ ]?(?:password|passwd|passphrase|secret|token|key|apikey|pass|pwd|credentials?)(?:[-_ ]?(?:key|value|string|here))?
    | contrase[nñ]as? | pass?w[oö]r[td]+(?:er|en)? | kennw[oö]rt(?:er)? | mots?[ _-]de[ _-]passe | wachtwoord(?:en)? | senhas? | parola[ ]d['’]ordine
    | none | null | nil | true | false | undefined | empty | n/a | todo | tbd | foo | bar | baz | string | str | bytes | char | text | varchar.*
    | int(?:eger)? | bool(?:ean)? | number | any | object | optional | required | hidden | masked | dummy | fake | unset | disabled | enabled
    | yes | no | on | off | auto | default | invalid | expired? | wrong | incorrect | missing | unknown | prompt | encrypted | hash(?:ed)?
    | base64 | xargs | tee | jq | awk | grep | aws4-hmac-sha256 | bearer | basic | oauth2? | jwt | digest | off(?:line)? | sha\d+ | md5 | bcrypt | argon2\w* | void | inherit | self | this | function.* | lambda.*
    """
)
CODE: Final = re.compile(
    r"""(?x)
    \?[a-z_ ]{1,40}\}? | (?:await|new|return|typeof|not|function|async|lambda|if|else|new)\s.* | [\w.$>:!?&*-]{1,80}[(\[].* | \(.* | [=!<>|&+]{1,3}(?:[\s("'].*)?
    | [A-Za-z_$][\w$]{0,40}(?:(?:\??\.|->|::)[A-Za-z_$*][\w$*]{0,40})+[;,)]? | \.{0,2}/.* | \\\\.* | ~/.* | [A-Z]:\\.*
    | (?:file|env|fd):.* | !(?:[A-Za-z]+\b|\S*$) | [a-z][a-z0-9+.-]{1,20}://[^@\s]* | (?:process|import\.meta|os|sys|env|ENV|config|settings|secrets|vars|var|local|data|module)[.\[:].*
    """
)
HAS_DIGIT: Final = re.compile(r"[0-9]")
UUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
HEX: Final = re.compile(r"[0-9a-fA-F]+")
IDENTIFIER: Final = re.compile(r"[A-Za-z_$][A-Za-z_$-]*")
PIECES: Final = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])")
SECRETS_NAME: Final = re.compile(r"(?i)pass|pwd|secret|token|key|cred|auth|login|prompt|user")
REMEMBERED: Final = 16
"""So many values judged last are remembered: several rules ask about the same value of a text."""

MOST_LETTERS_READ: Final = 400
"""So much of a value is enough to judge it; keeps a long line cheap."""


@lru_cache(maxsize=REMEMBERED)
def is_placeholder(text: str) -> bool:
    """Say whether a value only holds a secret's place: asterisks, a variable, a type, "changeme", "<your token>"."""
    return STANDS_FOR_A_VALUE.fullmatch(text[:MOST_LETTERS_READ]) is not None


def is_code(text: str) -> bool:
    """Say whether a value is an expression that fetches a secret: a call, a path, a field of something."""
    return CODE.fullmatch(text[:MOST_LETTERS_READ]) is not None and not is_jwt_head(text)


def is_wordy(text: str) -> bool:
    """Say whether most letters of a text belong to dictionary words: a path, an identifier, a file's name."""
    text = text[:MOST_LETTERS_READ]
    letters = sum(character.isalpha() for character in text)
    known = sum(len(piece) for piece in PIECES.findall(text) if is_word(piece))
    return letters > 0 and known >= 0.6 * letters and letters >= 0.6 * len(text)


def is_word(piece: str) -> bool:
    """Say whether letters are a word of the dictionary, or two of them written together."""
    lower, dictionary = piece.lower(), words.dictionary()
    if lower in dictionary:
        return len(lower) > 2
    return any(lower[:at] in dictionary and lower[at:] in dictionary for at in range(3, len(lower) - 2))


def is_value(text: str) -> bool:
    """Say whether what stands after a password's name may be one: no placeholder, no code, no name of another value."""
    stripped = text.strip("\"'`,;)")
    if len(stripped) < 3 or is_placeholder(stripped) or is_code(stripped) or len(set(stripped)) < 3:
        return False
    if made_up.is_crossed_out(stripped):
        return False
    return not (IDENTIFIER.fullmatch(stripped) and is_reference(stripped))


def is_reference(identifier: str) -> bool:
    """Say whether an identifier rather names another value: ``userPassword``, ``new_secret``, ``DB_PASS``."""
    has_parts = "_" in identifier.strip("_") or re.search(r"[a-z][A-Z]", identifier) is not None
    return SECRETS_NAME.search(identifier) is not None or (has_parts and is_wordy(identifier))


def is_quoted_value(text: str) -> bool:
    """Say whether a quoted text after a password's name may be one: a phrase may, a sentence or a label may not."""
    stripped = text.strip()
    if len(stripped) < 4 or is_placeholder(stripped) or len(set(stripped)) < 3 or CODE_IN_QUOTES.search(stripped):
        return False
    if IDENTIFIER.fullmatch(stripped) and (SECRETS_NAME.search(stripped) or CONSTANT.fullmatch(stripped)):
        return len(stripped) >= SHORTEST_RUN_TOGETHER and stripped.islower() and stripped.isalpha()
    is_sentence = " " in stripped and (
        NAMES_A_PASSWORD.search(stripped) or (stripped[0].isupper() and is_wordy(stripped))
    )
    return stripped.count(" ") < 6 and not is_sentence


SHORTEST_RUN_TOGETHER: Final = 14
"""Letters of a password made of words without anything between: `thisismypassword`; shorter ones name a field."""

NAMES_A_PASSWORD: Final = re.compile(r"(?i)\b(?:passw\w+|kennw\w+|contrase\w+|mots? de passe|wachtwoord\w*|senhas?)\b")
CODE_IN_QUOTES: Final = re.compile(
    r"^(?:(?:cat|echo|printf|openssl|aws|az|gcloud|vault|kubectl|op|date|uuidgen|pwgen)\s|(?:file|env|fd):|[./#]|\$[({\w]|%[({]?\w+|https?://[^@]*$|\{)|[({<>]|:$|^[A-Za-z_-]+/[A-Za-z_/#-]+$|^[\w-]+\.[a-z]{2,4}$|^[a-z]+(?:\.[a-z]+)+\.[A-Z][A-Z_]{2,}$"
)


@lru_cache(maxsize=REMEMBERED)
def is_machine_made(text: str) -> bool:
    """
    Say whether a value beside a name such as token or key may be one: eight characters or more, not made of words.

    Short ones need letters with digits, long ones only need not be words.
    """
    stripped = text.strip("\"'`,;")
    if len(stripped) < 8 or is_placeholder(stripped) or is_code(stripped) or len(set(stripped)) < 4:
        return False
    if made_up.is_crossed_out(stripped) or OPENED_LINK.match(stripped):
        return False
    if UUID.fullmatch(stripped):
        return True
    if (
        is_wordy(stripped)
        or CAMEL.fullmatch(stripped)
        or NAMES_WITH_NUMBERS.fullmatch(stripped)
        or VERSION_OR_DATE.match(stripped)
    ):
        return False
    if not HAS_DIGIT.search(stripped) and (CONSTANT.fullmatch(stripped) or PATH.fullmatch(stripped)):
        return False
    has_digit = HAS_DIGIT.search(stripped) is not None
    has_letter = any(character.isalpha() for character in stripped)
    return (has_digit and has_letter and len(stripped) >= 10) or len(stripped) >= 16


OPENED_LINK: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{1,30}://(?:[^\s/:@\"'<>]{0,80}:[^\s/@\"'<>]{2,200}|[0-9a-f]{20,64}|[A-Za-z0-9_-]{30,255})@[\w.-]+"
)
"""A link of which only the user and the password, or the token, are secret: the rules for links take those."""

CAMEL_PIECE: Final = r"[A-Z]++(?:[a-z]{2,}+\d?+|(?<=[A-Z]{2})\d?+(?=[A-Z]|$))"
CAMEL: Final = re.compile(
    rf"_{{0,2}}(?=\w*[A-Z][a-z]{{3}})(?:[a-z]{{3,}}+\d?+)?(?:(?:{CAMEL_PIECE}){{2,}}+|[A-Z]{{2,}}+[a-z]{{2,}}+\d?)"
)
"""A name in a program, of words and abbreviations run together: `OAuth2Client`, `URLSafeSerializer`."""

PATH: Final = re.compile(r"[\w.-]+(?:/[\w.-]+)+")
NAMES_WITH_NUMBERS: Final = re.compile(
    r"[A-Za-z]+-\d+(?:\.\d+)+|[A-Za-z]{1,20}(?:[_.-][A-Za-z]{1,20})*[_.-]?\d{1,3}(?:[_.-][A-Za-z]{2,20})*"
)
VERSION_OR_DATE: Final = re.compile(
    r"v?\d{1,4}(?:[.-]\d{1,4}){2,3}(?![\w])|\d+(?:\.\d+)?\s?(?:[kKMG]?B|ms|s|px|em|rem|%)$"
)


def is_long_random(text: str) -> bool:
    """Say whether a run of 16 characters or more has letters and digits and is not made of words."""
    if len(text) < 16 or len(set(text)) < 6 or is_wordy(text) or is_placeholder(text) or CONSTANT.fullmatch(text):
        return False
    if is_name_like(text) or CAMEL.fullmatch(text) or ("/" in text and not is_base64_like(text)):
        return False
    holds_both = HAS_DIGIT.search(text) is not None and any(character.isalpha() for character in text)
    is_mixed = not text.islower() and not text.isupper() and entropy(text) > 3.8
    return holds_both or (len(text) >= 20 and is_mixed)


def is_name_like(text: str) -> bool:
    """Say whether a text with separators is rather the name of a model, a file or a function than drawn: few digits."""
    return any(one in text for one in "._/-") and len(DIGITS_BESIDE_LETTERS.findall(text)) <= max(3, len(text) // 12)


DIGITS_BESIDE_LETTERS: Final = re.compile(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])")
CONSTANT: Final = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)+=*")


def is_base64_like(text: str) -> bool:
    """Say whether a text with slashes is rather base64 than a path: digits and both cases in most of its pieces."""
    pieces = [piece for piece in text.split("/") if len(piece) > 3]
    return bool(pieces) and sum(class_count(piece) == 3 for piece in pieces) * 2 >= len(pieces)


def class_count(text: str) -> int:
    """Count which of lower case, upper case and digits a text holds."""
    return sum(bool(re.search(one, text)) for one in ("[a-z]", "[A-Z]", "[0-9]"))


def stands_out(text: str) -> bool:
    """
    Say whether a run of characters is so random that it needs no word beside it.

    Three classes of characters or a vendor's kind of prefix, no words, no plain hash, high entropy for its length.
    """
    text = text[:MOST_LETTERS_READ]
    has_prefix = re.match(r"[a-z]{1,10}\d?[_-](?=[A-Za-z0-9_-]{20,}$)", text) is not None
    if class_count(text) < (2 if has_prefix else 3) or HEX.fullmatch(text.replace("-", "")):
        return False
    digits = len(HAS_DIGIT.findall(text))
    if made_up.is_crossed_out(text) or (made_up.is_counted(text) and not has_prefix):
        return False
    return digits >= 2 and entropy(text) > 3.9 and not is_wordy(text) and switches(text) >= len(text) / 8


def switches(text: str) -> int:
    """Count how often a text goes from letters to digits or back, or from one case into the other inside a word."""
    return len(
        re.findall(r"(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|(?<=[a-z])(?=[A-Z])|(?<=[A-Z]{2})(?=[a-z])", text)
    )


def is_varied(text: str) -> bool:
    """Say whether a text in a vendor's format is a key, not the format's description with one letter repeated."""
    if len(set(text[-32:].lower())) < 6 or text.endswith("EXAMPLE") or made_up.is_crossed_out(text):
        return False
    return not (NO_KEY_IN_WORDS.fullmatch(text) and is_wordy(text))


NO_KEY_IN_WORDS: Final = re.compile(r"[a-z]+(?:[-_.][a-z]+)+(?:[-_.]\d{1,3})?")
"""Words with dashes or underscores between them, as in a test's name that begins like a key."""


def is_said_password(text: str) -> bool:
    """Say whether a word after "password is" is one: not a plain word."""
    stripped = text.rstrip(".,;:!?\"')»”")
    if len(stripped) < 4 or is_placeholder(stripped) or is_code(stripped) or PARTS.search(stripped):
        return False
    if made_up.is_crossed_out(stripped) or VARIABLE.fullmatch(stripped):
        return False
    return not re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", stripped) or looks_typed(stripped)


VARIABLE: Final = re.compile(r"(?i)[a-z]{2,20}_(?:password|passwd|pwd|secret|token|key)")
PARTS: Final = re.compile(r"^\d+/\d+$|&\w+=")


def looks_typed(letters: str) -> bool:
    """Say whether letters alone are rather a password than a word: cases mixed inside."""
    return not letters.islower() and not letters.istitle() and not letters.isupper() and letters.isascii()


def entropy(text: str) -> float:
    """Give Shannon's entropy in bits per character."""
    counts = Counter(text)
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts.values())


def is_basic(text: str) -> bool:
    """Say whether base64 holds "user:password", as in HTTP Basic."""
    try:
        return b":" in base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def is_jwt_head(text: str) -> bool:
    """Say whether a token begins with a JSON object in base64."""
    head = text.split(".")[0][:MOST_LETTERS_READ]
    if not head.startswith("ey"):
        return False
    try:
        return isinstance(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))), dict)
    except (binascii.Error, ValueError):
        return False
