"""
Take JSON text apart into what it says, and put it together again with some of that replaced.

Values are looked for in the words, not in their escapes, and everything between the words (spaces, order, members that
come twice) stays as it was. A number that must not leave becomes a string with its placeholder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

TOKEN: Final = re.compile(r'(?P<string>"(?:[^"\\]|\\.)*")(?P<colon>\s*:)?|(?P<number>-?[0-9][0-9.eE+-]*)')
SCHEMA_WORDS: Final = frozenset({
    "$defs", "$id", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "array", "boolean", "const",
    "default", "definitions", "description", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format",
    "items", "integer", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "null", "number",
    "object", "oneOf", "pattern", "prefixItems", "properties", "required", "string", "title", "type", "uniqueItems",
    "date", "date-time", "email", "uri", "uuid",
})  # fmt: skip
"""Words of JSON Schema itself. Standing alone they say nothing about anybody."""


class Leaf(NamedTuple):
    """One string (its meaning, without escapes) or number, and where its token stands."""

    text: str
    start: int
    end: int
    ends_with: str


@dataclass(frozen=True, slots=True)
class JsonText:
    """
    A JSON text with its strings, names of members included, and its numbers.

    `said` is all of them as lines of plain text, with the names before their values as a reader would see them, and
    `spans` says where each leaf stands in it.
    """

    text: str
    leaves: tuple[Leaf, ...]
    said: str
    spans: tuple[tuple[int, int], ...]

    def with_leaves(self, texts: Sequence[str]) -> str:
        """Give the JSON text with each leaf as in `texts`; leaves that did not change keep their spelling."""
        parts, position = [], 0
        for leaf, text in zip(self.leaves, texts, strict=True):
            if text != leaf.text:
                parts += [self.text[position : leaf.start], _quoted(text)]
                position = leaf.end
        return "".join([*parts, self.text[position:]])


def read(text: str, *, without: Collection[str] = ()) -> JsonText | None:
    """Take a text apart if it is a JSON object or list; strings in `without` are left alone. None for other text."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return None
    leaves = tuple(leaf for match in TOKEN.finditer(text) if (leaf := _leaf(match)).text not in without)
    said, spans = [], []
    position = 0
    for leaf in leaves:
        spans.append((position, position + len(leaf.text)))
        said += [leaf.text, leaf.ends_with]
        position += len(leaf.text) + len(leaf.ends_with)
    return JsonText(text, leaves, "".join(said), tuple(spans))


def _leaf(match: re.Match[str]) -> Leaf:
    if match["number"]:
        return Leaf(match["number"], match.start("number"), match.end("number"), "\n")
    meant = str(json.loads(match["string"], strict=False))
    return Leaf(meant, match.start("string"), match.end("string"), ": " if match["colon"] else "\n")


def _quoted(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(text)
    return json.dumps(text, ensure_ascii=False)
