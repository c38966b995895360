"""Whatever goes wrong with the privacy engine: nothing leaves, the person is told, the turn is on the record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse

from apps.ledger.models import Intent
from apps.privacy import engine, worker
from apps.privacy.vault import Vault
from tests.privacy import faults

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 100
QUESTION = "Ask Grace Hopper, grace.h@example.com, card 4111 1111 1111 1111, about the invoice."
WORDS_OF_THE_QUESTION = ("Grace", "Hopper", "grace.h@example.com", "4111 1111", "41111111")
FAILED = "The check for personal data could not be completed, so nothing was sent."
LATE = "The check for personal data took too long, so nothing was sent."

ANSWERS_WRONGLY = [
    (faults.raises, FAILED),
    (faults.finds_nothing, FAILED),
    (faults.overlooks_the_card, FAILED),
    (faults.points_outside, FAILED),
    (faults.points_one_off, FAILED),
    (faults.points_before_the_text, FAILED),
    (faults.overlaps, FAILED),
    (faults.answers_another_question, FAILED),
    (faults.answers_nothing_at_all, FAILED),
    (faults.invents_a_type, FAILED),
    (faults.eats_memory, FAILED),
]
"""How a living engine answers, and what the person reads."""

ENDS = [(faults.dies, FAILED), (faults.hangs, LATE)]
"""How an engine ends while it is at work; a new one has to be started afterwards."""

CANNOT_START = [
    faults.starts_without_its_model,
    faults.starts_with_a_damaged_model,
    faults.starts_without_its_word_lists,
]
"""What is wrong with an installation whose engine never comes up."""


@pytest.fixture(autouse=True)
def _patience(settings: Any) -> None:
    """Remember nothing, and give a new engine the time that a busy machine needs to start it."""
    engine.forget()
    settings.SCRUB_SECONDS = PATIENCE


@pytest.fixture
def engine_of_its_own() -> Iterator[None]:
    """Start with no engine, and leave none that a fault has started."""
    engine.shut_down()
    yield
    engine.shut_down()


def ask(maya: Any) -> Any:
    """Ask the question at the browser's door and wait for the end."""
    assert maya.begin(QUESTION).status_code == 302
    return maya.closed(maya.newest(), PATIENCE)


def assert_refused(turn: Any, maya: Any, provider: Any, sentence: str, log: str) -> None:
    """Nothing has left, the person reads why, and the record says the same, without a word of the question."""
    assert provider.everything == b""
    assert (turn.outcome, turn.reason) == ("REFUSED", "SCRUBBER_UNAVAILABLE")
    assert turn.sentence.startswith(sentence)
    assert sentence in maya.page(turn)
    intent = Intent.objects.get(turn_id=turn.pk)
    assert intent.outcome.kind == "REFUSED"
    assert sentence in intent.outcome.reason
    assert not any(word in log + intent.outcome.reason for word in WORDS_OF_THE_QUESTION)


@pytest.mark.parametrize(("fault", "sentence"), [*ANSWERS_WRONGLY, *ENDS], ids=lambda row: getattr(row, "__name__", ""))
def test_an_engine_that_fails_sends_nothing(
    maya: Any, provider: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any, fault: Callable[..., Any], sentence: str
) -> None:
    monkeypatch.setattr(engine, "SECONDS_AT_LEAST", 1.0 if fault is faults.hangs else 30.0)
    monkeypatch.setattr(worker, "find", fault)

    turn = ask(maya)

    assert_refused(turn, maya, provider, sentence, caplog.text)


@pytest.mark.thorough  # each starts two engines
@pytest.mark.parametrize("fault", CANNOT_START, ids=lambda row: row.__name__)
def test_an_engine_that_cannot_start_sends_nothing(
    maya: Any,
    provider: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: Any,
    fault: Callable[[], None],
    engine_of_its_own: None,
) -> None:
    monkeypatch.setattr(worker, "load", fault)

    turn = ask(maya)

    assert_refused(turn, maya, provider, FAILED, caplog.text)


def test_a_value_that_is_still_there_after_masking_sends_nothing(
    maya: Any, provider: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(Vault, "mask", lambda self, text, findings: text)

    turn = ask(maya)

    assert_refused(turn, maya, provider, "The message could not be cleaned of personal data", caplog.text)


def test_after_a_fault_the_same_question_is_answered(maya: Any, provider: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(worker, "find", faults.raises)
        refused = ask(maya)
    provider.will_answer("Done.")

    maya.client.post(reverse("chat:retry", args=[refused.pk]))
    answered = maya.closed(maya.newest(), PATIENCE)

    assert answered.outcome == "ANSWERED"
    assert not any(word.encode() in provider.everything for word in WORDS_OF_THE_QUESTION)
