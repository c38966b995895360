"""Whether a vendor's name stands before a value, with nothing between that says what else the value is."""

# ruff: noqa: E501 - a pattern is read whole

from __future__ import annotations

import re
from functools import cache
from typing import Final

from apps.privacy import words

BETWEEN: Final = re.compile(
    r"""(?ix)(?![ \t\w.-]{0,24}(?:commit|revision|checkout|digest|checksum|version|image|build|volume|container|layer|blob))
    (?![ \t\w.-]{0,20}\b(?:incident|issue|ticket|ray|release|monitor|dashboard|channel|run|job|error|trace|request)s?\b)
    [ \t\w.-]{0,28}["'\s\])\\]{0,4}(?:["']?,?\s{0,20}["']?value["']?)?(?:=>|:{1,3}=?|\?=|\|?={1,2}|\|{1,2}|<-|->|>|,|\()?[`"'\s=\\]{0,5}"""
)
"""What may stand between the name and the value."""

BEGINNING: Final = re.compile(r"(?<![A-Za-z])[A-Za-z]|(?<=[a-z])[A-Z]")
"""The first letter of a word, or of a hump in one."""

SHORTEST_HEAD: Final = 3


class VendorBefore:
    """
    Looks for a vendor's name where a word begins, or a hump in one: `stripe_key`, `myStripeKey`.

    A look-up for each beginning costs the same however many names there are.
    """

    def search(self, text: str) -> bool:
        """Say whether such a name stands in the text and what follows it, to the end, may stand before a value."""
        if len(lower := text.lower()) != len(text):
            lower = "".join(one.lower()[0] for one in text)
        known = vendors()
        for beginning in BEGINNING.finditer(text):
            start = beginning.start()
            for name in known.get(lower[start : start + SHORTEST_HEAD], ()):
                if lower.startswith(name, start):
                    if BETWEEN.fullmatch(text, start + len(name)):
                        return True
                    break
        return False


@cache
def vendors() -> dict[str, tuple[str, ...]]:
    """Give the names of both lists in lower case by their first letters, the longest first."""
    by_head: dict[str, tuple[str, ...]] = {}
    for name in sorted(_names(), key=len, reverse=True):
        head = name[:SHORTEST_HEAD]
        by_head[head] = (*by_head.get(head, ()), name)
    return by_head


@cache
def _names() -> frozenset[str]:
    lists = [(words.FOLDER / name).read_text(encoding="utf-8") for name in ("secret_vendors.txt", "vendors.txt")]
    return frozenset(line for text in lists for line in text.splitlines() if line and line[0] != "#")
