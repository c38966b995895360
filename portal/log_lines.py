"""
One line for each record of any logger, which never quotes what somebody wrote.

Our own loggers keep to the rule of the house: ids and codes. What a library says is taken apart: its words are kept if
they stand in its own code, its arguments if they are numbers, ids or known names, an exception as its type and place.
"""

from __future__ import annotations

import logging
import re
import sys
import sysconfig
import traceback
from collections.abc import Iterator, Mapping
from http import HTTPMethod, HTTPStatus
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from celery import current_app

OURS = ("apps", "portal")
WITHHELD = "…"
MOST_FRAMES = 12
MOST_CAUSES = 4
MOST_CALLERS = 3  # Django's log_response is given its template
ROOTS = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), str(Path(__file__).resolve().parents[1]))
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_METHODS = {method.value for method in HTTPMethod}
_PHRASES = {status.phrase for status in HTTPStatus}


class TypeAndPlace(logging.Formatter):
    """Write time, level, logger, what was said, the route of the request, and exceptions by type and place."""

    def format(self, record: logging.LogRecord) -> str:
        """Make one line; a record that cannot be written is told by its place, never by an error that quotes it."""
        said = record.getMessage() if _is_ours(record.name) else said_by_library(record)
        parts = [self.formatTime(record), record.levelname, record.name, said.strip(), *_route(record)]
        if record.exc_info and record.exc_info[1]:
            parts += [f"[{each}]" for each in dict.fromkeys(types_and_places(record.exc_info[1]))]
        line = " ".join(parts)
        if line.isprintable():
            return line
        return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in line)


def said_by_library(record: logging.LogRecord) -> str:
    """Return a library's message if it is a constant of its code, with harmless arguments; else the place alone."""
    template = record.msg
    if isinstance(template, str) and _is_constant(template, record):
        try:
            return template % _harmless(record.args) if record.args else template
        except (TypeError, ValueError, KeyError):
            pass  # told by its place, as below
    return f"said something at {_short(record.pathname)}:{record.lineno}"


def types_and_places(error: BaseException) -> Iterator[str]:
    """Name an exception and what caused it by type and by the lines it passed, innermost last. No text of any."""
    seen: BaseException | None = error
    for _ in range(MOST_CAUSES):
        if seen is None:
            return
        frames = traceback.extract_tb(seen.__traceback__)[-MOST_FRAMES:]
        places = " > ".join(f"{_short(frame.filename)}:{frame.lineno}" for frame in frames) or "an unknown place"
        code = getattr(seen, "sqlstate", None)
        yield f"{type(seen).__name__}{f' {code}' if code else ''} at {places}"
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)


def tell_types_and_places() -> None:
    """Make this process report what nobody caught in the same way, except a setting that somebody has to cure."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management.base import SystemCheckError

    def tell(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        if isinstance(error, ImproperlyConfigured | SystemCheckError | KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            logging.getLogger("portal").critical("Nobody caught this.", exc_info=(kind, error, trace))

    sys.excepthook = tell


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def _is_constant(template: str, record: logging.LogRecord) -> bool:
    """Whether a template is written in the function that logs it or one that called this one, or in its module."""
    frame = _logging_frame(record)
    for _ in range(MOST_CALLERS):
        if frame is None:
            return False
        if template in _constants(frame.f_code) or any(value is template for value in frame.f_globals.values()):
            return True
        frame = frame.f_back
    return False


def _logging_frame(record: logging.LogRecord) -> FrameType | None:
    """Find the function that made the record: handlers run while it waits."""
    frame: FrameType | None = sys._getframe(1)
    while frame and (frame.f_lineno != record.lineno or frame.f_code.co_filename != record.pathname):
        frame = frame.f_back
    return frame


def _constants(code: CodeType) -> set[str]:
    return {each for each in code.co_consts if isinstance(each, str)}


def _harmless(arguments: Any) -> Any:
    if isinstance(arguments, Mapping):
        return {name: _harmless_value(value) for name, value in arguments.items()}
    return tuple(_harmless_value(value) for value in arguments)


def _harmless_value(value: object) -> object:
    if isinstance(value, int | float):
        return value
    text = value if isinstance(value, str) else ""
    is_known = text in _PHRASES or text in current_app.tasks or _ID.fullmatch(text)
    return text if is_known else WITHHELD


def _route(record: logging.LogRecord) -> list[str]:
    """The method and the pattern of the address that a request matched; never its path, nor an invented method."""
    request = getattr(record, "request", None)
    match = getattr(request, "resolver_match", None)
    if request is None or match is None:
        return []
    return [f"({request.method if request.method in _METHODS else WITHHELD} {match.route})"]


def _short(path: str) -> str:
    root = next((root for root in ROOTS if path.startswith(root)), "")
    return path[len(root) :].lstrip("/") or path
