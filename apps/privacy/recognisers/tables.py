"""Cells of a table by the name of their column: comma- or tab-separated lines, Markdown tables, INSERT statements."""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from presidio_analyzer import LocalRecognizer, RecognizerResult

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.reading import Reading
from apps.privacy.recognisers.credentials import shapes
from apps.privacy.rules import LANGUAGE, result

Cell: TypeAlias = tuple[int, int]

SCORE: Final = 0.83
REASON: Final = "A cell under a column that holds such values"


def _columns() -> dict[str, str]:
    lines = (words.FOLDER / "columns.tsv").read_text(encoding="utf-8").splitlines()
    kinds = (line.split("\t") for line in lines if line and line[0] != "#")
    return {name: kind for kind, names in kinds for name in names.split()}


COLUMNS: Final = _columns()
OF_PASSWORDS: Final = frozenset("password passwort kennwort passwd pwd pw pass passphrase apikey wachtwoord contraseña mdp senha pincode pin token secret".split())  # fmt: skip  # noqa: E501, SIM905 - a list is read whole
OF_USERS: Final = frozenset("user username login benutzer usuario utilisateur utente gebruiker account uname".split())  # noqa: SIM905 - likewise
OF_ACCESS: Final = frozenset("pickup door gate alarm access unlock safe entry lock voicemail backup recovery".split())  # noqa: SIM905 - likewise
OF_NUMBERS: Final = frozenset("no nr number id ref num nummer code".split())  # noqa: SIM905 - likewise
OF_SOMEBODY: Final = frozenset("customer client patient employee emp staff personnel member policy claim case contract student child badge national tax passport social insurance account subscriber kunden personal mitglieds".split())  # fmt: skip  # noqa: E501, SIM905 - likewise
"""With which words the names of columns end, and what stands before: `temp pass`, `parent_login`, `child_ref`."""


def _by_last_word(name: str) -> str | None:
    """Say what a column holds whose name is of several words, by the last of them and the one before."""
    parts = re.findall(r"[^\W\d_]+", name.lower())
    if len(parts) < FEWEST_WORDS:
        return v.SECRET if parts and parts[0] in {"pw", "pass"} else None
    if parts[-1] in OF_PASSWORDS or (parts[-1] == "code" and parts[-2] in OF_ACCESS):
        return v.SECRET
    if parts[-1] in OF_USERS:
        return v.USERNAME
    return v.REFERENCE if parts[-1] in OF_NUMBERS and parts[-2] in OF_SOMEBODY else None


FEWEST_WORDS: Final = 2

JUST_NAME: Final = frozenset(["name", "nom", "nombre", "nome", "naam", "namen", "names", "owner", "driver", "contact"])
"""A column of names only if another one is about persons too: products have names as well."""

ALSO_PERSONAL: Final = frozenset(
    ["email", "mail", "emailaddress", "extension", "salary", "gehalt", "age", "gender", "title"]
)
HINTS: Final = (
    frozenset(COLUMNS)
    | JUST_NAME
    | frozenset(["pass", "pw", "code", "key", "mdp", "passe"])
    | frozenset(
        [
            "first",
            "last",
            "full",
            "given",
            "birth",
            "employee",
            "customer",
            "patient",
            "client",
            "member",
            "postal",
            "social",
        ]
    )
)
"""A line of column names holds one of these words."""

SEPARATORS: Final = (",", ";", "\t", "|")
SPLIT: Final = {
    mark: re.compile(rf'[ ]*(?:"(?P<quoted>[^"\n]*)"|(?P<plain>[^{re.escape(mark)}\n]*))[ ]*(?:{re.escape(mark)}|$)')
    for mark in SEPARATORS
}
LABEL: Final = re.compile(r"[^\W\d][\w ./()-]{0,39}")
RULER: Final = re.compile(r"[|:\s-]+")
INSERT: Final = re.compile(
    r"insert\s+into\s+[\w.\"`\[\]]{1,80}\s*\((?P<columns>[^()]{3,600})\)\s*values\s*", re.IGNORECASE
)
ROW: Final = re.compile(r"\s*\((?P<cells>(?:'[^'\n]*'|[^()'])*)\)\s*,?")
VALUE: Final = re.compile(r"\s*(?:'(?P<quoted>[^'\n]*)'|(?P<plain>[^,']*))\s*(?:,|$)")
EMPTY: Final = frozenset(
    ["", "null", "none", "nil", "n/a", "na", "-", "--", "true", "false", "yes", "no", "unknown", "default"]
)
MOST_COLUMNS: Final = 60


class TableRecognizer(LocalRecognizer):
    """Finds values by the name of the column in which they stand."""

    def __init__(self) -> None:
        super().__init__(supported_entities=sorted(set(COLUMNS.values())), name="tables", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: Any = None) -> list[RecognizerResult]:
        """Give the cells whose kind is asked for."""
        wanted = frozenset(entities)
        return [found for found in self.read(Reading(text)) if found.entity_type in wanted]

    def read(self, reading: Reading) -> list[RecognizerResult]:
        """Give the cells of a text that other recognisers read too. Linear in the text."""
        hints = HINTS.intersection(reading.words)
        if not hints:
            return []
        found: list[tuple[str, int, int]] = []
        if "\n" in reading.text:
            found += _lines(reading.text, sorted(place for hint in hints for place in reading.words[hint]))
        if "insert" in reading.words:
            found += _statements(reading.text)
        return [result(type_, start, end, SCORE, REASON) for type_, start, end in found]


def _lines(text: str, hints: Iterable[int]) -> Iterator[tuple[str, int, int]]:
    """Give the cells below lines of names, while lines have as many cells. `hints` are places in such lines."""
    done = 0
    for hint in hints:
        if hint < done:
            continue
        start, done = text.rfind("\n", 0, hint) + 1, _line_end(text, hint)
        mark, kinds = _heading(text[start:done])
        while kinds and done < len(text):
            start, end = done, _line_end(text, done)
            line = text[start:end]
            if not RULER.fullmatch(line):
                cells = _cells(line, start, mark)
                if len(cells) != len(kinds):
                    break
                yield from _personal(text, kinds, cells)
            done = end


def _line_end(text: str, place: int) -> int:
    """Give where the next line begins."""
    return text.find("\n", place) + 1 or len(text)


def _heading(line: str) -> tuple[str, Sequence[str | None]]:
    """Say by what a line of column names is separated, and what each column holds; nothing if it is none."""
    for mark in SEPARATORS:
        if 1 <= line.count(mark) <= MOST_COLUMNS:
            kinds = kinds_of([line[start:end] for start, end in _cells(line, 0, mark)])
            if any(kinds):
                return mark, kinds
    return "", ()


def kinds_of(names: Sequence[str]) -> Sequence[str | None]:
    """Say what columns of these names hold; nothing for any of them if one is no name of a column."""
    if not all(LABEL.fullmatch(name) for name in names if name):
        return ()
    plain = [re.sub(r"[\W_]+", "", name.lower()) for name in names]
    kinds = [COLUMNS.get(short) or _by_last_word(name) for short, name in zip(plain, names, strict=True)]
    if v.SECRET in kinds:
        kinds = [v.USERNAME if short == "admin" else kind for short, kind in zip(plain, kinds, strict=True)]
    if any(kinds) or any(name in ALSO_PERSONAL for name in plain):
        kinds = [v.PERSON if name in JUST_NAME else kind for name, kind in zip(plain, kinds, strict=True)]
    return kinds


def _cells(line: str, start: int, mark: str) -> Sequence[Cell]:
    """Give the places of a line's cells without their quotes; the bars at both ends of a Markdown row are none."""
    body = line.rstrip("\r\n ")
    if mark == "|":
        first = len(body) - len(body.lstrip(" |"))
        start, body = start + first, body[first:].rstrip("| ")
    spans: list[Cell] = []
    for match in SPLIT[mark].finditer(body):
        if match.end() == match.start() and spans and not body.endswith(mark):
            break
        group = "quoted" if match["quoted"] is not None else "plain"
        spans.append((start + match.start(group), start + match.end(group)))
        if match.end() == len(body) and not body.endswith(mark):
            break
    return spans


def _statements(text: str) -> Iterator[tuple[str, int, int]]:
    """Give the values that INSERT statements put into such columns."""
    for statement in INSERT.finditer(text):
        kinds = kinds_of([name.strip(' "`[]\r\n\t') for name in statement["columns"].split(",")])
        row = ROW.match(text, statement.end()) if any(kinds) else None
        while row is not None:
            cells = []
            for value in VALUE.finditer(text, *row.span("cells")):
                group = "quoted" if value["quoted"] is not None else "plain"
                cells.append(value.span(group))
            yield from _personal(text, kinds, cells[: len(kinds)])
            row = ROW.match(text, row.end())


def _personal(text: str, kinds: Sequence[str | None], cells: Sequence[Cell]) -> Iterator[tuple[str, int, int]]:
    for kind, (start, end) in zip(kinds, cells, strict=False):
        value = text[start:end]
        stripped = value.strip()
        if kind is not None and _may_be(kind, stripped):
            begin = start + value.index(stripped)
            yield kind, begin, begin + len(stripped)


def _may_be(kind: str, value: str) -> bool:
    """Say whether a cell holds a value of its column's kind and not that there is none."""
    if len(value) < 2 or len(value) > 120 or value.lower() in EMPTY or shapes.is_placeholder(value):
        return False
    if kind == v.PERSON:
        return value[0].isalpha() and not any(character.isdigit() for character in value)
    if kind in {v.USERNAME, v.ADDRESS, v.SECRET}:
        return any(character.isalnum() for character in value)
    return any(character.isdigit() for character in value)
