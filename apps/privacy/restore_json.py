"""Put the words back into JSON that arrives in pieces, such as the arguments of a tool call."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import regex

from apps.privacy.restore import Restorer

IN_A_STRING: Final = regex.compile(
    r"""(?P<plain>[^"\\]+)|(?P<end>")|\\u(?P<code>[0-9A-Fa-f]{4})|\\(?P<simple>["\\/bfnrt])"""
    r"""|(?P<begun>\\(?:u[0-9A-Fa-f]{0,3})?)\Z|(?P<wrong>\\)"""
)
SIMPLE: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class JsonRestorer:
    """
    Restores one JSON text. Feed the fragments in order, then finish once.

    Each string, names of members included, is taken out of its escapes, restored as a text of its own, and escaped
    again, whatever the value holds: valid JSON stays valid and means what it meant, with the words in it, and so does
    JSON that is such a string. Escapes may be spelled differently afterwards. What stands outside of strings passes.
    """

    def __init__(self, placeholders: Mapping[str, str]) -> None:
        self._placeholders = placeholders
        self._string = Restorer(placeholders)
        self._is_inside = False
        self._begun = ""

    def feed(self, fragment: str) -> str:
        """Take the next fragment; give the JSON that no later one can change."""
        if not self._placeholders:
            return fragment
        text, self._begun = self._begun + fragment, ""
        parts: list[str] = []
        position = 0
        while position < len(text):
            if self._is_inside:
                position = self._in_string(text, position, parts)
            else:
                position = self._between_strings(text, position, parts)
        return "".join(parts)

    def finish(self) -> str:
        """Give what was held back: nothing, unless the JSON broke off within a string."""
        rest, self._begun = self._string.feed(self._begun) + self._string.finish(), ""
        return _escaped(rest)

    def _between_strings(self, text: str, position: int, parts: list[str]) -> int:
        quote = text.find('"', position)
        self._is_inside = quote >= 0
        end = quote + 1 if self._is_inside else len(text)
        parts.append(text[position:end])
        return end

    def _in_string(self, text: str, position: int, parts: list[str]) -> int:
        match = IN_A_STRING.match(text, position)
        if match["begun"]:
            self._begun = match["begun"]
        elif match["end"]:
            self._is_inside = False
            parts.append(_escaped(self._string.finish()) + '"')
        else:
            parts.append(_escaped(self._string.feed(_meant(match))))
        return int(match.end())


def _meant(match: regex.Match[str]) -> str:
    """Give the characters that a part of a JSON string means; a broken escape means itself."""
    if match["code"]:
        return chr(int(match["code"], 16))
    if match["simple"]:
        return SIMPLE[match["simple"]]
    return str(match[0])


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def restored_json(text: str, placeholders: Mapping[str, str]) -> str:
    """Restore a whole JSON text at once."""
    restorer = JsonRestorer(placeholders)
    return restorer.feed(text) + restorer.finish()
