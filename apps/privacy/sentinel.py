"""
A second, much simpler look: what even a few patterns see must be among the engine's findings.

It guards against an engine that answers nonsense, not against one that overlooks a name. Where it is in doubt it says
nothing: what it calls overlooked cannot be sent by anybody, so a documentation's key must never be among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from apps.privacy.findings import Finding
from apps.privacy.recognisers import check_digits

EMAIL: Final = re.compile(
    r"(?<![\w.+%-])(?!git@)[A-Za-z0-9][A-Za-z0-9._+-]{0,40}[A-Za-z0-9]@[A-Za-z0-9-]{1,60}\.(?:com|org|net|de|fr|uk|io|eu)"
    r"(?![\w.@-])",
    re.ASCII,
)
"""The account that all share at code hosts is nobody's address."""
CARD: Final = re.compile(r"(?<![\w.-])4\d{3}([ -]?)\d{4}\1\d{4}\1\d{4}(?![\w.-])", re.ASCII)
IBAN: Final = re.compile(r"(?<![\w-])(?:DE|FR|GB|ES|IT|NL)\d{2}[A-Z0-9]{11,27}(?![\w-])", re.ASCII)
KEY: Final = re.compile(
    r"""(?<![\w.-])(?:A[KS]IA[A-Z2-7]{16}|AIza[\w-]{35}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{82}|glpat-[\w-]{20}
    |xox[bp]-[0-9A-Za-z-]{20,80}|[sr]k_live_[A-Za-z0-9]{24,99}|npm_[A-Za-z0-9]{36}|pypi-AgEIcHlwaS5vcmc[\w-]{50,300}
    |sk-(?:proj|ant-api03)-[\w-]{40,200}|hf_[A-Za-z]{34}|shp(?:at|ss)_[0-9a-f]{32}|do[opr]_v1_[0-9a-f]{64}
    |glsa_[A-Za-z0-9]{32}(?:_[0-9a-f]{8})?|SG\.[\w-]{22}\.[\w-]{43}|hvs\.[\w-]{90,120}
    |-----BEGIN[ ](?:(?:RSA|EC|DSA|OPENSSH|ENCRYPTED)[ ])?PRIVATE[ ]KEY-----\r?\n[A-Za-z0-9+/]{40,76})(?![\w=-])""",
    re.ASCII | re.VERBOSE,
)

REPEATED: Final = re.compile(r"(.)\1{3}", re.DOTALL)
WORDS: Final = re.compile(r"[A-Za-z]{1,12}(?:[-_.][A-Za-z]{1,12})+(?:[-_.]?\d{1,3})?")
KINDS_IN_A_DRAWN_KEY: Final = 7
"""Fewer different characters among sixteen that were drawn come up once in some hundreds of keys in hexadecimal."""


def overlooked(text: str, findings: Iterable[Finding]) -> bool:
    """Say whether something obvious in `text` is not covered by any finding."""
    covered = bytearray(len(text))
    for finding in findings:
        covered[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
    return any(0 in covered[start:end] for start, end in _obvious(text))


def _obvious(text: str) -> Iterator[tuple[int, int]]:
    for pattern, is_valid in ((EMAIL, None), (CARD, check_digits.card), (IBAN, check_digits.iban), (KEY, _is_drawn)):
        for match in pattern.finditer(text):
            if is_valid is None or is_valid(match[0]):
                yield match.span()


def _is_drawn(key: str) -> bool:
    """Say whether a key was surely drawn: nothing crossed out or repeated in it, no words, not a vendor's example."""
    is_block = key.startswith("-----")
    if (REPEATED.search(key) and not is_block) or "example" in key.lower() or WORDS.fullmatch(key):
        return False
    return len(set(key[-16:].lower())) >= KINDS_IN_A_DRAWN_KEY
