"""Search bytes for planted values in every form in which they could leave."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

SHORTEST = 6
"""Characters: anything shorter would be found by chance."""
NO_SPACE = re.compile(rb"[^0-9a-z\x80-\xff]+")


@dataclass(frozen=True)
class Found:
    """A planted value in what left, and the form it had."""

    value: str
    form: str


class Searcher:
    """Looks for many values at once: by the first bytes of each form, so that bytes are walked once."""

    def __init__(self, values: Iterable[str]) -> None:
        self._plain: dict[bytes, list[tuple[bytes, Found]]] = {}
        self._exact: dict[bytes, list[tuple[bytes, Found]]] = {}
        self._squeezed: dict[bytes, list[tuple[bytes, Found]]] = {}
        for value in values:
            self._add(value)

    def search(self, data: bytes, texts: Iterable[str] = ()) -> set[Found]:
        """
        Give what is found in `data` as sent, and in `texts`: the strings of the JSON in it, put together.

        Looked through are the bytes, the bytes without percent-encoding, HTML and JSON escapes, and all of these
        without anything but letters and digits, for values with other separators or split over strings.
        """
        views = [data, unquote_to_bytes(data), _unescaped(data), *(text.encode("utf-8", "replace") for text in texts)]
        found: set[Found] = set()
        for view in dict.fromkeys(views):
            lower = view.decode("utf-8", "surrogateescape").lower().encode("utf-8", "surrogateescape")
            found |= _walk(view, self._exact)
            found |= _walk(lower, self._plain)
            found |= _walk(NO_SPACE.sub(b"", lower), self._squeezed)
        return found

    def _add(self, value: str) -> None:
        assert len(value) >= SHORTEST, "too short to search for"
        lower = value.lower()
        plain = {
            "clear": lower.encode(),
            "reversed": lower[::-1].encode(),
            "hexadecimal": value.encode().hex().encode(),
            "hexadecimal, lower case": lower.encode().hex().encode(),
            "hexadecimal, upper case": value.upper().encode().hex().encode(),
            "UTF-16": lower.encode("utf-16-le"),
        }
        for form, needle in plain.items():
            _put(self._plain, needle, Found(value, form))
        for written in dict.fromkeys((value, lower, value.upper())):
            for needle in _base64_forms(written.encode()):
                _put(self._exact, needle, Found(value, "base64"))
        squeezed = NO_SPACE.sub(b"", lower.encode())
        for form, needle in {"split": squeezed, "split, reversed": squeezed[::-1]}.items():
            _put(self._squeezed, needle, Found(value, form))


def strings_of(document: Any) -> Iterator[str]:
    """Give every string of a JSON document in its order, the names of fields too."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, list):
        for each in document:
            yield from strings_of(each)
    elif isinstance(document, dict):
        for name, each in document.items():
            yield name
            yield from strings_of(each)


def texts_of(body: bytes) -> list[str]:
    """
    Give what a JSON body says: all its strings put together, and those of each field name put together.

    :raises ValueError: if it is no JSON.
    """
    document = json.loads(body)
    by_field: dict[str, list[str]] = {}
    _collect(document, "", by_field)
    return ["".join(strings_of(document)), *("".join(parts) for parts in by_field.values())]


def _collect(document: Any, field: str, by_field: dict[str, list[str]]) -> None:
    if isinstance(document, str):
        by_field.setdefault(field, []).append(document)
    elif isinstance(document, list):
        for each in document:
            _collect(each, field, by_field)
    elif isinstance(document, dict):
        for name, each in document.items():
            _collect(each, name, by_field)


def _put(table: dict[bytes, list[tuple[bytes, Found]]], needle: bytes, found: Found) -> None:
    if len(needle) >= SHORTEST:
        table.setdefault(needle[:SHORTEST], []).append((needle, found))


def _walk(view: bytes, table: dict[bytes, list[tuple[bytes, Found]]]) -> set[Found]:
    found = set()
    for start in range(len(view) - SHORTEST + 1):
        for needle, hit in table.get(view[start : start + SHORTEST], ()):
            if view.startswith(needle, start):
                found.add(hit)
    return found


def _base64_forms(value: bytes) -> Iterator[bytes]:
    """Give the part of the value's base64 that does not depend on its neighbours, for each way it can be aligned."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + value)
        first, last = -(-before * 8 // 6), (before + len(value)) * 8 // 6
        core = encoded[first:last]
        yield core
        yield core.translate(bytes.maketrans(b"+/", b"-_"))


def _unescaped(data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text).replace("\\n", "\n")
    return html.unescape(text).encode("utf-8", "replace")
