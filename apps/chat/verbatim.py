"""
Values that are shown letter for letter, whatever Markdown would make of their characters.

A password with asterisks, an address of two lines or a name with a tag in it was text before it was masked, and must
be text again. Before Markdown is read, one character stands in for such a value; in the finished HTML, before it is
sanitised, the value takes its place again, escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import Final
from urllib.parse import quote, unquote

FIRST_STAND_IN: Final = 0xF0000
MOST_VALUES: Final = 0xFFF0
SHORTEST: Final = 2
PLAIN: Final = re.compile(r"(?!\d+[.)]\s)(?:\+(?=\d))?[^\W_](?:[^\W_]|[,'\u2019@./:-]| (?! ))*|[\W_]*")
STAND_IN: Final = re.compile("[\U000f0000-\U000fffff]")
ENCODED_STAND_IN: Final = re.compile("%F3%B[0-9A-F]%[89AB][0-9A-F]%[89AB][0-9A-F]")
SAFE_IN_ADDRESS: Final = "/:?#[]@!$&'()*+,;=%~"


class Verbatim:
    """
    Protects values in a Markdown text. A text in which none of them stands is not touched.

    Where Markdown cannot change a value, as in most names, it needs no protection and costs nothing; signs without a
    letter or digit are the model's own.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        at_risk = {value.replace("\r\n", "\n").replace("\r", "\n") for value in values if not PLAIN.fullmatch(value)}
        longest_first = sorted(at_risk, key=lambda value: (-len(value), value))[:MOST_VALUES]
        self._stand_ins = {
            value: chr(FIRST_STAND_IN + place) for place, value in enumerate(longest_first) if len(value) >= SHORTEST
        }
        self._values = {stand_in: value for value, stand_in in self._stand_ins.items()}

    def protected(self, text: str) -> str:
        """Put a character of its own in the place of each value."""
        if not self._stand_ins:
            return text
        text = STAND_IN.sub("\N{REPLACEMENT CHARACTER}", text)
        text = ENCODED_STAND_IN.sub(lambda match: match[0].lower(), text)
        present = [value for value in self._stand_ins if value in text]
        if not present:
            return text
        return re.sub("|".join(map(re.escape, present)), lambda match: self._stand_ins[match[0]], text)

    def as_text(self, text: str) -> str:
        """Put the values back into text that will be escaped later."""
        return STAND_IN.sub(self._value_of, text) if self._values else text

    def as_html(self, html: str) -> str:
        """Put the values back into HTML: escaped, and percent-encoded within addresses."""
        if not self._values:
            return html
        html = ENCODED_STAND_IN.sub(self._address_of, html)
        return STAND_IN.sub(lambda match: escape(self._value_of(match)), html)

    def _value_of(self, match: re.Match[str]) -> str:
        return self._values.get(match[0], match[0])

    def _address_of(self, match: re.Match[str]) -> str:
        value = self._values.get(unquote(match[0]))
        if value is None:
            return match[0]
        return escape(quote(value.encode("utf-8", "surrogatepass"), safe=SAFE_IN_ADDRESS))
