"""
Which acts of the vocabulary the code behind a door can record, read from the code itself.

From a function it follows every name that leads to a function or class of ours, through modules, closures and
decorators, and methods by their name; on the way it collects the actions that are named, and whether an exchange is
written. It follows too much rather than too little, so it proves that a door *can* record an act, and turns red where
somebody takes the record out. That a door really does is shown by driving it.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import inspect
import io
import logging
import socket
import sys
import textwrap
from collections import defaultdict
from collections.abc import Iterator
from threading import Event, Thread
from types import FunctionType
from typing import Any

from django.core.management import BaseCommand
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, QuerySet
from django.forms import Form
from django.http import HttpRequest
from django.test import Client

from apps.ledger import records
from apps.ledger.vocabulary import Action
from tests.completeness.doors import OURS

EXCHANGE = "an exchange"
ACTIONS = frozenset(Action.values)  # the property makes its list anew each time
WRITERS = {records.write_intent, records.record_refusal}
THEIRS = (
    str, dict, list, set, QuerySet, Model, HttpRequest, Form, Field, Client, BaseCommand, Thread, Event, logging.Logger,
    socket.socket, io.StringIO, BaseDatabaseWrapper, asyncio.Queue, asyncio.Task,
)  # fmt: skip
STOPS = {"apps.ledger.vocabulary", "apps.ledger.models"}


def reached_from(code: Any) -> frozenset[str]:
    """Collect the names of the actions that `code` can record, and `EXCHANGE` where it can write an intent."""
    seen: set[Any] = set()
    waiting, found = [code], set[str]()
    while waiting:
        one = _bare(waiting.pop())
        if one in seen or not _is_ours(one):
            continue
        seen.add(one)
        if one in WRITERS:
            found.add(EXCHANGE)
        actions, onward = _read(one)
        found |= actions
        waiting += onward
        if getattr(one, "__wrapped__", None) is not None:
            waiting.append(one.__wrapped__)
        waiting += [cell.cell_contents for cell in getattr(one, "__closure__", None) or () if _is_code(cell)]
    return frozenset(found)


def _is_code(cell: Any) -> bool:
    try:
        return callable(cell.cell_contents)
    except ValueError:
        return False


def _bare(one: Any) -> Any:
    if isinstance(one, functools.partial):
        return _bare(one.func)
    return getattr(one, "__func__", one)


def _is_ours(one: Any) -> bool:
    if not isinstance(one, FunctionType | type):
        return False
    module = one.__module__ or ""
    return module.startswith(OURS) and module not in STOPS and ".migrations" not in module


@functools.cache
def _read(one: Any) -> tuple[frozenset[str], tuple[Any, ...]]:
    """Read one function or class: the actions it names, and what it leads to."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(one)))
    except (OSError, TypeError, SyntaxError):
        return frozenset(), ()
    space = vars(sys.modules[one.__module__])
    actions: set[str] = set()
    onward: list[Any] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            owner = _resolved(node.value, space)
            if owner is Action:
                actions.add(node.attr)
            elif owner is None:
                onward += _methods_called().get(node.attr, ())
            else:
                led_to = getattr(owner, node.attr, None)
                onward.append(None if isinstance(led_to, type) else led_to)
        elif isinstance(node, ast.Name):
            named = space.get(node.id)
            onward.append(None if isinstance(named, type) else named)
        elif isinstance(node, ast.Call):
            made = _resolved(node.func, space)
            onward.append(made if isinstance(made, type) and not issubclass(made, Model) else None)
        elif isinstance(node, ast.Constant) and node.value in ACTIONS:
            actions.add(str(node.value))
    return frozenset(actions), tuple(_unpacked(onward))


def _unpacked(found: list[Any]) -> Iterator[Any]:
    """A table of functions leads to each of them."""
    for one in found:
        if isinstance(one, dict):
            yield from (each for each in one.values() if callable(each))
        elif isinstance(one, FunctionType | type | functools.partial) or inspect.ismethod(one):
            yield one


def _resolved(node: ast.AST, space: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return space.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _resolved(node.value, space)
        return None if owner is None else getattr(owner, node.attr, None)
    return None


@functools.cache
def _methods_called() -> dict[str, tuple[Any, ...]]:
    """
    Methods of our classes by name, where at most four share it: what a call on an unknown object may mean.

    Names that Python's and Django's own objects answer to mean those.
    """
    named: defaultdict[str, set[Any]] = defaultdict(set)
    for name, module in list(sys.modules.items()):
        if not name.startswith(OURS):
            continue
        for one in list(vars(module).values()):
            if isinstance(one, type) and one.__module__ == name:
                for attribute, value in vars(one).items():
                    if isinstance(_bare(value), FunctionType):
                        named[attribute].add(_bare(value))
    theirs = set().union(*map(dir, THEIRS))
    return {name: tuple(found) for name, found in named.items() if len(found) <= 4 and name not in theirs}
