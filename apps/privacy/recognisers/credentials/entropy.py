"""Random strings: beside a vendor's name, beside words such as key, or so random that they need no word."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from typing import Final

import regex

from apps.privacy import vocabulary as v
from apps.privacy.openings import opens_with
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.recognisers.credentials.nearby import VendorBefore
from apps.privacy.rules import Rule, at_codes, pattern

BESIDE: Final = re.compile(
    r"(?:key|secret|token|password|passwd|pat|private|access|auth|credential|signature|api|client|cookie|session|webhook|licen[cs]e)s?(?![^\W_])",
    re.IGNORECASE,
)
"""A word that ends so, whatever stands before it: `STRIPE_KEY`, `apikey`."""

BESIDE_A_VENDOR: Final = VendorBefore()

NO_KEY: Final = regex.compile(
    r"(?:sha\d{1,3}|md5|nonce)[:-]|[a-z]{2,20}/\d{1,3}(?:\.\d{1,5}){1,3}$|[a-z][a-z0-9]*(?:-[a-z0-9]+)*-[a-f0-9]{8,10}-[a-z0-9]{5}$",
    regex.IGNORECASE,
)
"""A hash that says so, a program with its version (`Mozilla/5.0`), and the name of a pod of Kubernetes."""


def is_vendors_value(text: str) -> bool:
    """Say whether a value beside a vendor's name may be a key of it: an identifier of a machine, no word, no address."""
    return (
        len(text) >= 10
        and not NO_KEY.match(text)
        and not (text.endswith("=") and shapes.CONSTANT.fullmatch(text))
        and shapes.is_machine_made(text)
        and (shapes.HAS_DIGIT.search(text) is not None or len(text) >= 20)
    )


HASH_BEFORE: Final = r"""(?<!(?i:pub(?:lic)?[_-]?(?:key[_-]?)?(?:key|token)|md5|h1|(?:content|nar|file|source|vendor)_?hash|sha-?\d{{1,3}}|checksum|chksum|digest|integrity|etag|fingerprint|commit|revision|version|access_id|trace[_-]?id|request[_-]?id|option_?id)["']?\s{{0,3}}[=:]\s{{0,3}}["']?|(?i:commit|revision|checkout|recv-keys?|key[_ -]?id|fingerprint|digest|checksum)[ ])"""
FIRST_DIGIT: Final = rf"[0-9](?<=(?=(?P<value>{{value}}))(?<![{{before}}]){HASH_BEFORE}[{{letters}}]{{{{0,60}}}}[0-9])"
"""
A run of characters with a digit in it, found by its first digit: a scan for digits costs a tenth of a scan for runs.

`value` is what is taken from the run's beginning on, `letters` what may stand before the digit, `before` what may not
stand before the run.
"""


def _with_a_digit(value: str, *, letters: str, before: str) -> regex.Pattern[str]:
    return pattern(FIRST_DIGIT.format(value=value, letters=letters, before=before))


RULES: Final = (
    Rule(
        v.SECRET,
        "A value assigned to a vendor's name",
        _with_a_digit(
            r"[A-Za-z0-9_=~@.+/%:-]{10,400}+(?=[\"'`\s;<,)\\&\]}]|$)", letters=r"A-Za-z_~@.+/%-", before=r"A-Za-z0-9_~@.+/%-"
        ),
        0.84,
        is_vendors_value,
        BESIDE_A_VENDOR,
        place=at_codes(before=2, after=2, longest=10),
    ),
    Rule(
        v.SECRET,
        "A long value after a word such as key or secret",
        pattern(
            r"(?:key|token|secret|access|private|password)[ \t:=-]{1,4}(?P<value>[A-Za-z0-9][A-Za-z0-9_+/.-]{15,8000}+={0,2})",
            is_any_case=True,
        ),
        0.83,
        lambda text: shapes.is_machine_made(text) and not shapes.CONSTANT.fullmatch(text),
        needs=("key", "token", "secret", "access", "private", "password"),
        opens=opens_with("key", "token", "secret", "access", "private", "password"),
    ),
    Rule(
        v.SECRET,
        "A random string beside words such as key or secret",
        _with_a_digit(r"[A-Za-z0-9][A-Za-z0-9_+/.~-]{15,600}+={0,2}(?![\w=])", letters="A-Za-z_+/.~-", before="A-Za-z0-9/+._~-"),
        0.82,
        shapes.is_long_random,
        BESIDE,
        place=at_codes(before=2, after=2, longest=16),
        prefilter=re.compile(r"[A-Za-z0-9_+/.~-]{16}"),
        needs=("key", "secret", "token", "passw", "pat", "private", "access", "auth", "credential", "signature", "api", "client", "cookie", "session", "webhook", "licen"),
    ),
    Rule(
        v.SECRET,
        "A random string",
        _with_a_digit(
            r"(?!sha\d{3}-|nonce-)(?<!base64,)[A-Za-z0-9][A-Za-z0-9_-]{23,600}+(?:\.[A-Za-z0-9_-]{16,600}+)*={0,2}(?![\w./])", letters="A-Za-z_-", before=r"A-Za-z0-9_/+.=%-"
        ),
        0.81,
        shapes.stands_out,
        place=at_codes(before=2, after=2, longest=24),
        prefilter=re.compile(r"[A-Za-z0-9_-]{24}"),
    ),
)  # fmt: skip
