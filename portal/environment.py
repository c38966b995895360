"""
Typed readers for environment variables.

Every variable the product reads is declared by one call of a reader below, with the sentence that explains it;
``docs/settings.md`` is generated from the declarations (``manage.py settings_page``), so a setting cannot exist
without its documentation.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from django.core.exceptions import ImproperlyConfigured

Shape = Literal["embedded", "production"]


@dataclass(frozen=True, slots=True)
class Declared:
    """One environment variable: its name, what it accepts, its default as shown to people, and what it does."""

    name: str
    kind: str
    default: str
    purpose: str


declared: list[Declared] = []


def _raw(name: str, kind: str, default: str, purpose: str) -> str | None:
    declared.append(Declared(name, kind, default, purpose))
    value = os.environ.get(name, "").strip()
    return value or None


def text(name: str, *, default: str, purpose: str, shown_default: str | None = None) -> str:
    """Read a string. An empty variable counts as absent."""
    value = _raw(name, "text", shown_default if shown_default is not None else default, purpose)
    return default if value is None else value


def secret(name: str, *, default: str, purpose: str) -> str:
    """
    Read a secret: from the variable itself, or from the file that the variable with `_FILE` behind its name points to.

    :raises ImproperlyConfigured: if both are set, or the file cannot be read.
    """
    value = _raw(name, f"text; or {name}_FILE: a file that holds it", default, purpose)
    file = os.environ.get(f"{name}_FILE", "").strip()
    if value and file:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set. Keep one of them.")
    if not file:
        return default if value is None else value
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE points to {file}, which cannot be read ({error.strerror}).") from error


def number(name: str, *, default: int, purpose: str, shown_default: str | None = None) -> int:
    """
    Read a whole number.

    :raises ImproperlyConfigured: if the value is not a whole number.
    """
    value = _raw(name, "whole number", str(default) if shown_default is None else shown_default, purpose)
    if value is None:
        return default
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, but is {value!r}.") from error


def seconds(name: str, *, default: float, purpose: str) -> float:
    """
    Read a duration in seconds.

    :raises ImproperlyConfigured: if the value is not a positive number.
    """
    value = _raw(name, "seconds", f"{default:g}", purpose)
    if value is None:
        return default
    try:
        duration = float(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number of seconds, but is {value!r}.") from error
    if duration <= 0:
        raise ImproperlyConfigured(f"{name} must be more than 0 seconds, but is {value!r}.")
    return duration


def switch(name: str, *, default: bool, purpose: str) -> bool:
    """
    Read yes or no.

    :raises ImproperlyConfigured: if the value is neither.
    """
    value = _raw(name, "yes or no", "yes" if default else "no", purpose)
    if value is None:
        return default
    if value.lower() in {"1", "true", "yes", "on"}:
        return True
    if value.lower() in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, but is {value!r}.")


def names(name: str, *, default: str, purpose: str) -> list[str]:
    """Read a list separated by commas."""
    value = _raw(name, "list, comma separated", default, purpose)
    return [part.strip() for part in (default if value is None else value).split(",") if part.strip()]


def pairs(name: str, *, purpose: str) -> list[tuple[str, str]]:
    """
    Read a list of ``left=right`` separated by semicolons; the last ``=`` of each divides it.

    :raises ImproperlyConfigured: if one has no ``=``, or nothing on one side of it.
    """
    value = _raw(name, "list of GROUP=ROLE, semicolon separated", "", purpose)
    found = [part.strip().rpartition("=") for part in (value or "").split(";") if part.strip()]
    if not all(left.strip() and right.strip() for left, _, right in found):
        raise ImproperlyConfigured(f"{name} must be a list such as portal-auditors=AUDITOR; portal-admins=ADMIN.")
    return [(left.strip(), right.strip()) for left, _, right in found]


def folder(name: str, *, default: Path, purpose: str, shown_default: str) -> Path:
    """Read a folder's path; ``~`` is expanded."""
    value = _raw(name, "folder", shown_default, purpose)
    return default if value is None else Path(value).expanduser()


def shape(name: str, *, purpose: str) -> Shape:
    """
    Read which of the two ways to run is meant.

    :raises ImproperlyConfigured: if the value is neither.
    """
    value = _raw(name, "embedded or production", "production", purpose) or "production"
    if value not in {"embedded", "production"}:
        raise ImproperlyConfigured(f"{name} must be 'embedded' or 'production', but is {value!r}.")
    return cast(Shape, value)
