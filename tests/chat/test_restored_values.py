"""What was masked comes back to its owner alone, as the text it was, and survives another writer of the vault."""

from __future__ import annotations

import re
from html import unescape

import pytest

from apps.chat import pipeline, story
from apps.privacy.findings import Finding
from apps.privacy.models import VaultEntry
from apps.privacy.vault import Vault
from tests.chat.test_asking import answer_of

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "Xk9*tR2*vQ7_mL4_pZ8"


def test_a_password_full_of_markdown_is_shown_as_it_was_written(maya, provider):
    provider.will_answer("The password is <SECRET_1>, *keep* it.")

    turn = maya.ask(f"My password is: {PASSWORD}")

    assert PASSWORD not in provider.everything.decode()
    assert answer_of(turn) == f"The password is {PASSWORD}, *keep* it."
    page = maya.page(turn)
    assert f"The password is {PASSWORD}, keep it." in unescape(re.sub("<[^>]+>", "", page))
    assert "<em>keep</em>" in page


def test_two_people_with_the_same_value_share_no_key_and_no_placeholder(maya, provider, make_person, sign_in):
    noah = make_person("noah", teams=("Sales",))
    provider.will_answer("<PERSON_1>, <PERSON_2>")
    provider.will_answer("<PERSON_1>, <PERSON_2>")

    mine = maya.ask("Please greet Alan Turing and Grace Hopper")
    maya.person, maya.client = noah, sign_in(noah)
    theirs = maya.ask("Please greet Grace Hopper")

    assert answer_of(mine) == "Alan Turing, Grace Hopper"
    assert answer_of(theirs) == "Grace Hopper, <PERSON_2>"
    rows = [(row.conversation_id, bytes(row.digest), bytes(row.sealed_value)) for row in VaultEntry.objects.all()]
    assert {row[0] for row in rows} == {mine.conversation_id, theirs.conversation_id}
    assert len({row[1] for row in rows}) == len({row[2] for row in rows}) == 3


def test_a_turn_whose_placeholder_was_given_away_meanwhile_is_scrubbed_again(maya, provider, monkeypatch):
    provider.will_answer("Hello <PERSON_2>, not <PERSON_1>.")
    scrub, times = story.scrub, []

    async def beaten_to_it(drafts, *, vault, **named):
        prompt = await scrub(drafts, vault=vault, **named)
        if not times:
            await pipeline.in_database(give_away, vault.conversation_id)
        times.append(prompt)
        return prompt

    monkeypatch.setattr(story, "scrub", beaten_to_it)

    turn = maya.ask("Please greet Grace Hopper")

    assert (turn.outcome, len(times)) == ("ANSWERED", 2)
    assert provider.received == ["Please greet <PERSON_2>"]
    assert answer_of(turn) == "Hello Grace Hopper, not Bob."


def test_a_turn_that_is_beaten_every_time_is_refused_and_sends_nothing(maya, provider, monkeypatch):
    scrub = story.scrub
    names = iter(["Ann", "Bob", "Cy", "Dan", "Eve", "Flo"])

    async def beaten_to_it(drafts, *, vault, **named):
        prompt = await scrub(drafts, vault=vault, **named)
        await pipeline.in_database(give_away, vault.conversation_id, next(names))
        return prompt

    monkeypatch.setattr(story, "scrub", beaten_to_it)

    turn = maya.ask("Please greet Grace Hopper")

    assert (turn.outcome, turn.reason) == ("REFUSED", "SCRUBBER_UNAVAILABLE")
    assert not provider.requests


def give_away(conversation_id, name="Bob"):
    """Mask a name as another message of the conversation would, and save it first."""
    vault = Vault.open(conversation_id)
    vault.mask(name, [Finding("PERSON", 0, len(name), 1.0, "")])
    vault.save()
