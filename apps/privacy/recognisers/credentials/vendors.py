"""Keys in the formats of vendors, read from two lists: our own and the one made from a public rule set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import Rule, pattern

SCORE: Final = 0.98
BEFORE: Final = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
"""No letter or digit, except the letter of an escaped end of line."""


def _formats(name: str) -> Iterator[Rule]:
    for line in (words.FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            reason, needs, source = line.split("\t")
            whole = rf"{BEFORE}(?:{source})(?![A-Za-z0-9])"
            yield Rule(v.SECRET, reason, pattern(whole), SCORE, shapes.is_varied, None, tuple(needs.split()))


RULES: Final = (*_formats("vendor_keys.tsv"), *_formats("secret_formats.tsv"))
