"""Read a program's JSON field by field; whatever nobody asked for is refused, so that no text slips past unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from apps.api.neutral import ApiError, ErrorKind, JsonObject

MOST_ITEMS: Final = 4096
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
FUNCTION_NAME: Final = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
CALL_ID: Final = re.compile(r"[A-Za-z0-9_.:|\-]{1,128}")
IMAGES_STAY_OUT: Final = (
    "Images, audio and files cannot be sent here: nothing looks for personal data in them. Send their text instead."
)


def wrong(sentence: str, *, parameter: str, code: str = "invalid_value") -> ApiError:
    """Make the error for a field that is wrong."""
    return ApiError(ErrorKind.BAD_REQUEST, sentence, code=code, parameter=parameter)


class Fields:
    """
    One JSON object of a request. Null counts as left out, as the programs that send it mean it.

    Each reader raises an `ApiError` that names the field. No error repeats a value: it may be anybody's text.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        if not isinstance(value, Mapping):
            raise wrong(f"{path or 'The body'} must be a JSON object.", parameter=path)
        self.path = path
        self._value = {name: inner for name, inner in value.items() if inner is not None}
        self._read: set[str] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._value

    def at(self, name: str) -> str:
        """Say where the field `name` of this object is, for an error."""
        return f"{self.path}.{name}" if self.path else name

    def raw(self, name: str) -> Any:
        """Give the field as it is, None if left out; the caller checks it."""
        self._read.add(name)
        return self._value.get(name)

    def need(self, name: str) -> Any:
        """Give the field as it is; it must be there."""
        value = self.raw(name)
        if value is None:
            raise wrong(
                f"The field {self.at(name)} is missing.", parameter=self.at(name), code="missing_required_parameter"
            )
        return value

    def text(self, name: str, *, is_needed: bool = False) -> str:
        """Give a text, empty if left out."""
        value = self.need(name) if is_needed else self.raw(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise wrong(f"{self.at(name)} must be a text.", parameter=self.at(name))
        return value

    def choice(self, name: str, *among: str, is_needed: bool = False) -> str:
        """Give one of some words, empty if left out."""
        value = self.text(name, is_needed=is_needed)
        if value and value not in among:
            known = ", ".join(among)
            raise wrong(f"{self.at(name)} must be one of: {known}.", parameter=self.at(name), code="unsupported_value")
        return value

    def function_name(self, name: str = "name") -> str:
        """Give the name of a function: letters, digits, `_`, `-` and `.`, 64 at most."""
        return self._like(FUNCTION_NAME, name, "1 to 64 letters, digits, `_`, `-` or `.`")

    def call_id(self, name: str) -> str:
        """Give the id of a tool call."""
        return self._like(CALL_ID, name, "1 to 128 letters, digits or `_-.:|`")

    def flag(self, name: str) -> bool | None:
        """Give true or false, None if left out."""
        value = self.raw(name)
        if value is not None and not isinstance(value, bool):
            raise wrong(f"{self.at(name)} must be true or false.", parameter=self.at(name))
        return value

    def whole(self, name: str, *, least: int, is_needed: bool = False) -> int | None:
        """Give a whole number, None if left out."""
        value = self.need(name) if is_needed else self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value < 2**63:
            raise wrong(f"{self.at(name)} must be a whole number of at least {least}.", parameter=self.at(name))
        return value

    def number(self, name: str, least: float, most: float) -> float | None:
        """Give a number between two others, None if left out."""
        value = self.raw(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise wrong(f"{self.at(name)} must be a number from {least:g} to {most:g}.", parameter=self.at(name))
        return float(value)

    def texts(self, name: str, *, most: int) -> tuple[str, ...]:
        """Give a list of texts, or the one text that stands for it; empty if left out."""
        value = self.raw(name)
        values = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(values, list) or len(values) > most or not all(isinstance(each, str) for each in values):
            raise wrong(f"{self.at(name)} must be a text or a list of at most {most} texts.", parameter=self.at(name))
        return tuple(values)

    def object(self, name: str) -> JsonObject:
        """Give a JSON object whose inside is not ours to read, such as a schema; empty if left out."""
        value = self.raw(name)
        if value is not None and not isinstance(value, dict):
            raise wrong(f"{self.at(name)} must be a JSON object.", parameter=self.at(name))
        return value or {}

    def inner(self, name: str) -> Fields | None:
        """Give the object in a field, None if left out."""
        value = self.raw(name)
        return None if value is None else Fields(value, self.at(name))

    def each(self, name: str, *, is_needed: bool = False) -> Iterator[Fields]:
        """Give the objects of a list one by one; nothing if left out."""
        value = self.need(name) if is_needed else self.raw(name)
        if value is None:
            return
        if not isinstance(value, list):
            raise wrong(f"{self.at(name)} must be a list of objects.", parameter=self.at(name))
        if len(value) > MOST_ITEMS or (is_needed and not value):
            sentence = f"{self.at(name)} must hold {'1 to' if is_needed else 'at most'} {MOST_ITEMS:,} objects."
            raise wrong(sentence, parameter=self.at(name))
        for number, inner in enumerate(value):
            yield Fields(inner, f"{self.at(name)}[{number}]")

    def ignore(self, *names: str) -> None:
        """Leave these fields out: known, without effect here, and never passed on."""
        self._read.update(names)

    def refuse(self, name: str, sentence: str, *, unless: tuple[Any, ...] = ()) -> None:
        """Refuse a field that is known and means something which cannot be had here, unless it asks for nothing."""
        if (value := self.raw(name)) is not None and not any(value is each or value == each for each in unless):
            raise wrong(sentence, parameter=self.at(name), code="unsupported_parameter")

    def end(self) -> None:
        """Refuse whatever was not read: a field that nobody knows is never passed on and never silently dropped."""
        for name in self._value.keys() - self._read:
            shown = self.at(name) if PLAIN_NAME.fullmatch(name) else f"A field of {self.path or 'the body'}"
            raise wrong(
                f"{shown} is not known here. Leave it out.",
                parameter=self.at(name) if PLAIN_NAME.fullmatch(name) else self.path,
                code="unknown_parameter",
            )

    def _like(self, pattern: re.Pattern[str], name: str, form: str) -> str:
        value = self.text(name, is_needed=True)
        if not pattern.fullmatch(value):
            raise wrong(f"{self.at(name)} must be {form}.", parameter=self.at(name))
        return value
