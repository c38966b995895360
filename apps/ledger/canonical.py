"""
Canonical JSON (RFC 8785), written twice: `encode` is the plain reading of the RFC, `of_text` the fast way for rows.

One extension, so that every JSON that PostgreSQL holds has a form: an integer that a double cannot hold exactly is
written with all its digits, where the RFC would round it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from apps.ledger.facts import Json

_SMALLEST_PLAIN, _LARGEST_PLAIN = 1e-4, 1e15
_TO_BE_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class NotCanonical(ValueError):
    """This is no JSON that has a canonical form: NaN, an infinity, a lone surrogate, or a key twice."""


class _NeedsThePlainWay(Exception):
    """A number whose shortest digits Python and ECMAScript write differently."""


def encode(value: Json) -> bytes:
    """
    Write `value` in canonical form, by the letter of RFC 8785.

    :raises NotCanonical: for NaN, infinities and lone surrogates.
    """
    try:
        return _written(value).encode()
    except UnicodeEncodeError:
        raise NotCanonical("A lone surrogate has no canonical form.") from None


def decode(text: str | bytes) -> Any:
    """
    Read JSON strictly.

    :raises NotCanonical: for a key that occurs twice, NaN, or what is not JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_distinct, parse_constant=_refuse_constant)
    except ValueError as error:
        raise NotCanonical("This is not JSON, or one of its keys occurs twice.") from error


@lru_cache(maxsize=4096)
def of_text(text: str) -> str:
    """Bring JSON that PostgreSQL wrote (`jsonb::text`) into canonical form: what `encode` writes, five times faster."""
    if text in ("[]", "{}"):
        return text
    try:
        value = json.loads(text, parse_float=_plain_number)
        written = _fast.encode(value)
    except _NeedsThePlainWay:
        return encode(json.loads(text)).decode()
    return written if written.isascii() or max(written) <= "\ud7ff" else encode(json.loads(text)).decode()


def string(text: str) -> str:
    """Write one string in canonical form, fast."""
    return encode_basestring(text)


_fast = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def _plain_number(digits: str) -> float | int:
    number = float(digits)
    if number.is_integer() and abs(number) < _LARGEST_PLAIN:
        return int(number)
    if _SMALLEST_PLAIN <= abs(number) < _LARGEST_PLAIN:
        return number
    raise _NeedsThePlainWay


def _written(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        ordered = sorted(value, key=_code_units)
        return "{" + ",".join(f"{_string(key)}:{_written(value[key])}" for key in ordered) + "}"
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return "[" + ",".join(map(_written, value)) + "]"
    raise NotCanonical(f"{type(value).__name__} is not JSON.")


@lru_cache(maxsize=1024)
def _code_units(key: str) -> bytes:
    """Give what keys are ordered by. The names of columns come again with every record."""
    return key.encode("utf-16-be", "surrogatepass")


def _string(text: str) -> str:
    if _TO_BE_ESCAPED.search(text) is None:
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(sign) or (f"\\u{ord(sign):04x}" if sign < " " else sign) for sign in text) + '"'


def _number(number: float) -> str:
    """Write a double as ECMAScript's Number::toString does: shortest digits, plain from 1e-6 up to 1e21."""
    if not math.isfinite(number):
        raise NotCanonical("NaN and infinities have no canonical form.")
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, exponent = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0") or "0"
    return sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Place the decimal point: the value is 0.digits times ten to the power of `point`."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    exponent = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return (f"{digits[0]}.{digits[1:]}" if count > 1 else digits) + exponent


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("A key occurs twice.")
    return found


def _refuse_constant(name: str) -> None:
    raise NotCanonical(f"{name} is not JSON.")
