"""
Values inside tokens that are plainly an encoding: base64 or hexadecimal of a text that can be read.

Such a token is looked into; if it holds something personal or secret, all of it is masked.
"""

from __future__ import annotations

import base64
import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from apps.privacy.findings import Finding

Look: TypeAlias = Callable[[str], Iterator[Finding]]

TOKEN: Final = re.compile(r"(?<![\w+/=.-])[A-Za-z0-9+/_-]{14,}+={0,2}(?![\w+/=-])")
HEXADECIMAL: Final = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
BLANKS: Final = re.compile(r"[\n\r\t]+")
BETWEEN: Final = "\n\n"
SURE_ENOUGH: Final = 0.8
SCORE: Final = 0.9
MOST_LOOKED_AT: Final = 200_000
"""Characters of decoded text for each text: more is a file, and what it is made of shows in the beginning."""


def find(text: str, *, look: Look) -> Iterator[Finding]:
    """Find the tokens of `text` that hold something which `look` finds in them decoded. They are looked at together."""
    tokens: list[tuple[int, int, int]] = []
    parts: list[str] = []
    length = 0
    for match in TOKEN.finditer(text):
        inside = _decoded(match[0]) if length < MOST_LOOKED_AT else None
        if inside is not None:
            tokens.append((length, match.start(), match.end()))
            parts.append(inside + BETWEEN)
            length += len(parts[-1])
    begins = [begin for begin, _, _ in tokens]
    for finding in look("".join(parts)) if parts else ():
        if finding.score >= SURE_ENOUGH:
            _, start, end = tokens[bisect_right(begins, finding.start) - 1]
            yield Finding(finding.type, start, end, SCORE, f"Encoded. {finding.reason}")


def _decoded(token: str) -> str | None:
    """Give the text inside, or nothing if it is none."""
    try:
        if HEXADECIMAL.fullmatch(token):
            inside = bytes.fromhex(token).decode()
        else:
            bare = token.rstrip("=").replace("-", "+").replace("_", "/")
            inside = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return (
        inside
        if inside.isprintable() or inside.replace("\n", "").replace("\r", "").replace("\t", "").isprintable()
        else None
    )
