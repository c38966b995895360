"""List every door of the product, from the code that opens it: pages, programs' addresses, sockets, tasks, commands."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management import BaseCommand, get_commands, load_command_class
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic.base import RedirectView, View

from apps.api import door as programs
from apps.chat.lifecycle import Runner
from portal import errors
from portal.celery import app
from portal.lifespan import Lifespan

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
OURS = ("apps.", "portal.")


@dataclass(frozen=True, order=True)
class Door:
    """A way in, by the name that docs/recorded.md gives it, and the code behind it."""

    name: str
    code: Any


def every_door() -> list[Door]:
    """List all of them, by name."""
    found = [*pages(), *addresses_of_programs(), *socket_messages(), *tasks(), *commands(), *the_portal_itself()]
    return sorted(found, key=lambda door: door.name)


def pages() -> Iterator[Door]:
    """Each address and method of the URLconf; a view that refuses no method is asked with GET and POST."""
    for name, view in _views(get_resolver().url_patterns, ""):
        for method in sorted(_methods(view) - {"HEAD"}):
            yield Door(f"{method} {name}", view)


def addresses_of_programs() -> Iterator[Door]:
    """What the door for programs answers beside the URLconf."""
    for address in programs.ADDRESSES:
        yield Door(f"{address.method} {address.pattern}", address.answer)


def socket_messages() -> Iterator[Door]:
    """What each socket takes: the connection, and each message a page may send."""
    for config in apps.get_app_configs():
        routing = f"{config.name}.routing"
        if not config.name.startswith(OURS) or importlib.util.find_spec(routing) is None:
            continue
        for route in getattr(importlib.import_module(routing), "websocket_urlpatterns", ()):
            yield from _messages(route)


def _messages(route: URLPattern) -> Iterator[Door]:
    consumer = getattr(route.callback, "consumer_class", None)
    if consumer is not None:
        for taken in ("connect", "receive_json"):
            if taken in vars(consumer):
                yield Door(f"SOCKET /{route.pattern} {taken}", getattr(consumer, taken))


def tasks() -> Iterator[Door]:
    """Every task of ours that a worker takes."""
    app.loader.import_default_modules()
    for name, task in app.tasks.items():
        if not name.startswith("celery."):
            yield Door(f"TASK {name}", task.run)


def commands() -> Iterator[Door]:
    """Every command of ours, and each of its sub-commands."""
    for name, package in get_commands().items():
        if not str(package).startswith(("apps", "portal")):
            continue
        command = load_command_class(str(package), name)
        for part in _parts(command, name) or [""]:
            own = getattr(type(command), f"_{part.partition('-')[0]}", type(command)) if part else type(command)
            yield Door(f"COMMAND {name} {part}".strip(), own)


def the_portal_itself() -> Iterator[Door]:
    """What happens without anybody asking: start and end, sweeping, refusals by the framework."""
    yield Door("PORTAL starts and stops", Lifespan.__call__)
    yield Door("PORTAL sweeps up after a dead process", Runner._sweep)
    yield Door("PORTAL refuses a page", errors.permission_denied)
    yield Door("PORTAL refuses a form", errors.csrf_failure)


def _views(patterns: Iterable[URLPattern | URLResolver], space: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif pattern.callback is not None:
            yield f"{space}{pattern.name or str(pattern.pattern) or 'root'}", pattern.callback


def _methods(view: Callable[..., Any]) -> set[str]:
    """Read which methods the decorators of a view let through: their list is in a closure around it."""
    view_class = getattr(view, "view_class", None)
    if view_class is not None and issubclass(view_class, RedirectView):
        return {"GET"}  # whatever the method, it leads to another door
    if view_class is not None and issubclass(view_class, View):
        return {name.upper() for name in view_class.http_method_names if hasattr(view_class, name)} & METHODS
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            held = cell.cell_contents
            if isinstance(held, list | tuple) and held and set(held) <= METHODS:
                return set(held)
        view = getattr(view, "__wrapped__", None)  # type: ignore[assignment]
    return {"GET", "POST"}


def _parts(command: BaseCommand, name: str) -> list[str]:
    parser = command.create_parser("manage.py", name)
    chosen = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return [part for action in chosen for part in action.choices]
