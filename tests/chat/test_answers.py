"""Answers with tool calls and forms: restored wherever the pieces end."""

from __future__ import annotations

import json
import uuid

import pytest

from apps.chat.answers import Answer
from apps.gateway.upstream import CallPiece
from apps.privacy import keys, scrub
from apps.privacy.positions import Draft, Form, Surroundings, Tool
from apps.privacy.vault import Vault

ARGUMENTS = '{"to": "<PERSON_1>\\n", "about": "<person_1>\'s \\u003cPERSON_1\\u003e", "n": 1}'
MEANT = {"to": 'Grace "G" Hopper\n', "about": 'Grace "G" Hopper\'s Grace "G" Hopper', "n": 1}


def heard(surroundings: Surroundings) -> tuple[Answer, list[str], list[CallPiece]]:
    """Give an answer that is awaited, and what is heard of it."""
    vault = Vault(keys.ConversationKey(uuid.uuid4(), bytes(32)))
    vault.placeholder_for("PERSON", 'Grace "G" Hopper')
    around = [()] * (len(surroundings.tools) + bool(surroundings.form))
    plan = scrub.Plan([Draft("user", "Hello")], surroundings)
    prompt = scrub._masked([Draft("user", "Hello")], [(), *around], vault, plan=plan)
    words: list[str] = []
    calls: list[CallPiece] = []
    answer = Answer(words.append, calls.append)
    answer.expect(prompt, vault)
    return answer, words, calls


def test_arguments_are_restored_wherever_they_are_cut() -> None:
    tools = Surroundings(tools=(Tool("send"),))

    for cut in range(len(ARGUMENTS) + 1):
        answer, _, calls = heard(tools)
        pieces = [CallPiece(0, "call_1", "send"), CallPiece(0, arguments=ARGUMENTS[:cut])]
        for piece in [*pieces, CallPiece(0, arguments=ARGUMENTS[cut:])]:
            answer.receive_call(piece)
        answer.complete()

        assert json.loads("".join(call.arguments for call in calls)) == MEANT, cut
        assert (calls[0].id, calls[0].name) == ("call_1", "send")
        assert "Grace" not in answer.as_received


def test_two_calls_that_are_mixed_are_restored_apart() -> None:
    answer, _, calls = heard(Surroundings(tools=(Tool("send"),)))

    for at in range(len(ARGUMENTS)):
        for index in (0, 1):
            answer.receive_call(CallPiece(index, arguments=ARGUMENTS[at]))
    answer.complete()

    for index in (0, 1):
        assert json.loads("".join(call.arguments for call in calls if call.index == index)) == MEANT


@pytest.mark.parametrize("text", [ARGUMENTS, f"  \n{ARGUMENTS}", "No JSON: <PERSON_1>."])
def test_an_answer_in_a_form_is_restored_as_what_it_is(text: str) -> None:
    form = Surroundings(form=Form("json_object"))

    for cut in range(len(text) + 1):
        answer, words, _ = heard(form)
        answer.receive(text[:cut])
        answer.receive(text[cut:])
        answer.complete()

        said = "".join(words)
        assert said == 'No JSON: Grace "G" Hopper.' if "No" in text else json.loads(said) == MEANT, cut


def test_calls_that_nobody_asked_for_are_not_heard() -> None:
    answer, _, calls = heard(Surroundings())

    answer.receive_call(CallPiece(0, "x", "y", "{}"))

    assert not calls
    assert answer.is_empty
