"""Where in a text the end of what was seen lies: inside a string of JSON, be it a fenced block or the whole text."""

from __future__ import annotations

import json
import re
from typing import Final

FENCE: Final = re.compile(r"[ \t>]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<info>[^\s`]*)")
JSON_NAMES: Final = frozenset({"json", "jsonc", "json5", "jsonl", "ndjson", "geojson", "ipynb"})
LONGEST_FENCE_LINE: Final = 80
OPENINGS: Final = frozenset({'{"', '["', "[{", "[["})
"""The first two signs of a text that is JSON and has strings in it. Prose begins so hardly ever."""


class JsonFence:
    """
    Follows a Markdown text piece by piece; what it knows does not depend on where the pieces end.

    A string of JSON does not go past the end of its line. Costs a fraction of a microsecond a piece outside of JSON.
    """

    def __init__(self) -> None:
        self.is_in_json_string = False
        self._is_escaped = False
        self._is_json = False
        self._marks = ""
        self._line = ""
        self._opening: str | None = ""

    def see(self, text: str) -> None:
        """Take the next piece of the text."""
        if "\n" not in text:
            self._go_on(text)
            return
        first, *lines = text.split("\n")
        self._go_on(first)
        for line in lines:
            self._end_line()
            self._go_on(line)

    def _go_on(self, text: str) -> None:
        if len(self._line) < LONGEST_FENCE_LINE:
            self._line = (self._line + text)[:LONGEST_FENCE_LINE]
        if self._opening is not None:
            text = self._open(self._opening + text)
        if self._is_json:
            self._look_for_strings(text)

    def _open(self, text: str) -> str:
        """Decide by the beginning of the whole text whether it is JSON; give what is to be looked at for strings."""
        signs = "".join(text.split())[:2]
        self._opening = None if len(signs) == 2 else signs
        self._is_json = signs in OPENINGS
        return text if self._is_json else ""

    def _look_for_strings(self, text: str) -> None:
        for character in text:
            if self._is_escaped:
                self._is_escaped = False
            elif character == "\\":
                self._is_escaped = self.is_in_json_string
            elif character == '"':
                self.is_in_json_string = not self.is_in_json_string

    def _end_line(self) -> None:
        fence = FENCE.match(self._line)
        if fence is not None and not self._marks:
            self._marks = fence["marks"]
            self._is_json = fence["info"].lower() in JSON_NAMES
        elif fence is not None and fence["marks"].startswith(self._marks) and not fence["info"]:
            self._marks = ""
            self._is_json = False
        self._line = ""
        self.is_in_json_string = self._is_escaped = False


def inside_json(value: str) -> str:
    """
    Write `value` as a part of a string of JSON.

    What is valid there already stays letter for letter: it may have come out of JSON with its escapes.
    """
    try:
        json.loads(f'"{value}"')
    except ValueError:
        return json.dumps(value, ensure_ascii=False)[1:-1]
    return value
