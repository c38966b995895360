"""docs/life-of-a-message.md stays true."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from apps.chat import pipeline, story, turns

PAGE = Path(__file__).resolve().parents[2] / "docs" / "life-of-a-message.md"
STEPS = ["search", "compose", "scrub", "admit", "vault.as_write", "intent_along", "stream", "close_turn"]
LONGER_WAY = ["search", "compose", "scrub", "vault.save", "admit", "write_intent", "stream", "close_turn"]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(apps(?:\.\w+)+)`", PAGE.read_text()))))
def test_every_function_named_in_the_page_exists(name):
    parts = name.split(".")
    module_length = next(n for n in range(len(parts), 0, -1) if _is_module(".".join(parts[:n])))
    found = importlib.import_module(".".join(parts[:module_length]))

    for part in parts[module_length:]:
        found = getattr(found, part)

    assert callable(found)


@pytest.fixture
def happened(monkeypatch):
    """The steps that happen, by the names of their functions."""
    names: list[str] = []

    def note(place, attribute, name):
        original = getattr(place, attribute)

        def noted(*arguments, **named):
            names.append(name)
            return original(*arguments, **named)

        monkeypatch.setattr(place, attribute, noted)

    note(pipeline.search, "search", "search")
    note(pipeline.composition, "compose", "compose")
    note(story, "scrub", "scrub")
    note(pipeline.Vault, "save", "vault.save")
    note(pipeline.Vault, "as_write", "vault.as_write")
    note(turns, "admit", "admit")
    note(turns.records, "write_intent", "write_intent")
    note(turns.records, "intent_along", "intent_along")
    note(story.client, "stream", "stream")
    note(pipeline.plain_turns, "close_turn", "close_turn")
    return names


@pytest.mark.django_db(transaction=True)
def test_the_steps_happen_in_the_order_of_the_page(maya, provider, happened):
    provider.will_answer("Yes.")

    maya.ask("Hello?", uses_documents="on")

    assert happened == STEPS


@pytest.mark.django_db(transaction=True)
def test_they_happen_in_its_order_too_where_another_model_may_answer(maya, second, provider, happened):
    provider.will_answer("Yes.")

    maya.ask("Hello?", uses_documents="on")

    assert happened == LONGER_WAY


def _is_module(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True
