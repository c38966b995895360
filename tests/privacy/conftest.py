"""What the privacy tests share: conversations, drafts, and an engine process that ends with the run."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from apps.privacy import dictionary_handover, engine
from apps.privacy.findings import Finding
from apps.privacy.vault import Vault


@pytest.fixture(scope="session", autouse=True)
def _engine_ends_with_the_run() -> Iterator[None]:
    yield
    engine.shut_down()


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    engine.forget()


@pytest.fixture(autouse=True)
def _without_the_companys_dictionary() -> Iterator[None]:
    """Tests of the engine need no database; those of the dictionary call `dictionary_handover.expire` first."""
    dictionary_handover.set_aside()
    yield
    dictionary_handover.expire()


@pytest.fixture
def vault(db: None) -> Vault:
    """An empty vault of a new conversation."""
    return Vault.open(uuid.uuid4())


@pytest.fixture
def place() -> Callable[..., Finding]:
    """Make the finding of the first (or `nth`) `value` in `text`."""

    def make(text: str, value: str, type_: str = "PERSON", *, nth: int = 0, score: float = 0.9) -> Finding:
        start = -1
        for _ in range(nth + 1):
            start = text.index(value, start + 1)
        return Finding(type_, start, start + len(value), score, "A test says so")

    return make
