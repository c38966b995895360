"""What the policy does to a conversation: refused, held, left in clear, released; and the preview of a message."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.approvals.deeds import Deed
from apps.chat import privacy_views
from apps.chat.models import Turn
from apps.chat.pace import Pace
from apps.ledger.models import Event, Intent
from apps.privacy import engine, policies
from apps.privacy.models import Release
from apps.privacy.policy import Rule, Treatment

pytestmark = pytest.mark.django_db(transaction=True)
BY_SCRIPT = {"X-Requested-With": "fetch"}


@pytest.fixture
def rule(make_person):
    """Put rules in force as an admin, for the company unless a team is named."""
    admin = make_person("david", roles=(Role.ADMIN,))

    def put(team=None, *, side="OUTSIDE", is_confirmed=False, **rules):
        policies.change(
            {type_: Rule(Treatment(treatment)) for type_, treatment in rules.items()},
            team=team,
            egress_class=side,
            based_on=policies.newest_number(),
            is_confirmed=is_confirmed,
            by=admin,
            now=timezone.now(),
        )

    return put


def left(asker, turn):
    return asker.client.get(f"/turns/{turn.pk}/left", headers=BY_SCRIPT).content.decode()


def say(asker, turn, deed, placeholder="<PERSON_1>"):
    return asker.client.post(f"/turns/{turn.pk}/{deed}", {"placeholder": placeholder}, headers=BY_SCRIPT)


def test_a_blocked_kind_refuses_the_message_and_keeps_it_for_editing(maya, provider, rule):
    rule(PERSON="BLOCK")

    turn = maya.ask("Please greet Grace Hopper")

    assert (turn.outcome, turn.reason) == ("REFUSED", "BLOCKED_BY_POLICY")
    assert "a name in your message" in turn.sentence
    assert "Hopper" not in turn.sentence
    assert provider.requests == []
    intent = Intent.objects.get(turn_id=turn.pk)
    assert "Hopper" not in intent.outcome.reason + intent.search.left_text
    assert ">Please greet Grace Hopper</textarea>" in maya.page(turn)


def test_a_held_message_goes_once_its_author_confirms_and_that_is_on_the_record(maya, provider, rule):
    rule(PERSON="WARN")
    held = maya.ask("Please greet Grace Hopper")
    assert (held.outcome, held.reason, held.held) == ("REFUSED", "HELD_BY_POLICY", ["<PERSON_1>"])
    assert provider.requests == []
    assert "Send it anyway" in maya.page(held)
    provider.will_answer("Hello Grace Hopper.")

    maya.client.post(f"/turns/{held.pk}/send-anyway", headers=BY_SCRIPT)
    sent = maya.closed(maya.newest())

    assert (sent.outcome, sent.retry_of_id) == ("ANSWERED", held.pk)
    assert provider.received == ["Please greet Grace Hopper"]
    event = Event.objects.get(action="WARNING_CONFIRMED")
    assert (event.actor_id, event.details["types"]) == (maya.person.pk, {"PERSON": 1})
    assert "Hopper" not in json.dumps(event.details)
    provider.will_answer("Again.")
    assert maya.ask("Please thank Grace Hopper", held.conversation_id).outcome == "ANSWERED"
    assert maya.client.post(f"/turns/{held.pk}/send-anyway", headers=BY_SCRIPT).status_code == 409


def test_only_a_held_turn_can_be_sent_anyway(maya, provider, rule):
    rule(PERSON="BLOCK")
    blocked = maya.ask("Please greet Grace Hopper")

    assert maya.client.post(f"/turns/{blocked.pk}/send-anyway", headers=BY_SCRIPT).status_code == 409
    assert not Release.objects.exists()


def test_what_the_policy_leaves_in_clear_is_still_not_readable_at_rest(maya, provider, rule, postgres):
    rule(PERSON="ALLOW")
    provider.will_answer("Hello Grace Hopper.")

    turn = maya.ask("Please greet Grace Hopper")

    assert provider.received == ["Please greet Grace Hopper"]
    intent = Intent.objects.get(turn_id=turn.pk)
    assert "<PERSON_1>" in intent.search.left_text
    assert intent.search.answer_text == "Hello <PERSON_1>."
    assert intent.policy_version == f"{engine.version()} policy-1"
    assert "Found and sent as it stands" in left(maya, turn)
    assert "Please greet Grace Hopper</pre>" in left(maya, turn)
    with psycopg.connect(postgres.url("postgres")) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            rows = connection.execute(f'SELECT row_to_json(t)::text FROM public."{table}" t').fetchall()  # noqa: S608
            assert not any("Hopper" in row[0] or b"Hopper".hex() in row[0] for row in rows), table


def test_an_officer_sees_masked_what_left_in_clear_until_they_give_a_reason(
    maya, provider, rule, make_person, sign_in, left_to_one
):
    rule(PERSON="ALLOW")
    left_to_one(Deed.UNMASK)
    provider.will_answer("Hello Grace Hopper.")
    turn = maya.ask("Please greet Grace Hopper")
    officer = sign_in(make_person("olga", roles=(Role.COMPLIANCE_OFFICER,)))

    page = officer.get(f"/audit/exchanges/{turn.intent_id}").content.decode()
    opened = officer.post(f"/audit/exchanges/{turn.intent_id}/original", {"reason": "Case 17 asks for it"})

    assert "Hopper" not in page
    assert "Left in clear" in page
    assert opened.content.decode().count("Grace Hopper") == 6  # typed, left and answered, each as text and formatted


def test_a_policy_of_another_team_or_side_changes_nothing(maya, provider, rule, make_team):
    rule(make_team("Engineering"), PERSON="ALLOW")
    rule(side="INSIDE", PERSON="ALLOW")
    provider.will_answer("Done.")

    maya.ask("Please greet Grace Hopper")

    assert provider.received == ["Please greet <PERSON_1>"]


def test_a_model_that_moves_outside_meanwhile_does_not_get_what_was_meant_for_inside(maya, provider, rule, monkeypatch):
    from apps.chat import pipeline, story

    rule(side="INSIDE", PERSON="ALLOW")
    place = maya.model.provider
    type(place).objects.update(egress_class="INSIDE")
    really_scrub = story.scrub

    async def scrub_and_move(*drafts, **named):
        prompt = await really_scrub(*drafts, **named)
        await pipeline.in_database(lambda: type(place).objects.update(egress_class="OUTSIDE"))
        return prompt

    monkeypatch.setattr(story, "scrub", scrub_and_move)

    turn = maya.ask("Please greet Grace Hopper")

    assert (turn.outcome, turn.reason) == ("REFUSED", "MOVED_OUTSIDE")
    assert provider.requests == []


def test_a_false_alarm_is_released_for_the_conversation_and_masked_again(maya, provider):
    provider.will_answer("One.")
    first = maya.ask("Please greet Grace Hopper")
    assert "This is not personal" in left(maya, first)

    said = say(maya, first, "release").content.decode()
    provider.will_answer("Two.")
    second = maya.ask("Please thank Grace Hopper", first.conversation_id)
    say(maya, second, "mask-again")
    provider.will_answer("Three.")
    maya.ask("And Grace Hopper once more", first.conversation_id)

    assert "sent as it stands from your next message" in said
    asked = [request["messages"][-1]["content"] for request in provider.requests]
    assert asked == ["Please greet <PERSON_1>", "Please thank Grace Hopper", "And <PERSON_1> once more"]
    assert [event.details for event in Event.objects.filter(action__startswith="VALUE_")] == [
        {"placeholder": "<PERSON_1>", "type": "PERSON"}
    ] * 2
    assert "Hopper" not in Intent.objects.get(turn_id=second.pk).search.left_text


def test_a_release_counts_in_its_own_conversation_only(maya, provider):
    provider.will_answer("One.")
    say(maya, maya.ask("Please greet Grace Hopper"), "release")
    provider.will_answer("Two.")

    maya.ask("Please greet Grace Hopper")

    assert provider.received[-1] == "Please greet <PERSON_1>"


@pytest.mark.parametrize("placeholder", ["<SECRET_1>", "<PERSON_7>", "", "x" * 500])
def test_what_may_not_be_released_is_not(maya, provider, placeholder):
    provider.will_answer("Done.")
    turn = maya.ask("The password is hunter2!Xyz-99")
    assert "This is not personal" not in left(maya, turn)

    assert say(maya, turn, "release", placeholder).status_code == 409
    assert not Release.objects.exists()


def test_a_preview_says_what_would_be_masked_and_keeps_nothing(maya, rule):
    rule(CARD="BLOCK")
    text = "😀 Mail grace.hopper@example.com about 4111 1111 1111 1111"
    form = {"text": text, "model": maya.model.pk, "team": maya.person.teams.get().pk}
    events = Event.objects.count()

    answer = maya.client.post("/c/preview", form).json()

    assert [(text[one["start"] : one["end"]], one["type"], one["action"]) for one in answer["spans"]] == [
        ("grace.hopper@example.com", "e-mail address", "MASK"),
        ("4111 1111 1111 1111", "card number", "BLOCK"),
    ]
    assert "cannot be sent to this model: it holds a card number." in answer["sentence"]
    assert "Will be masked: an e-mail address." in answer["sentence"]
    assert (Event.objects.count(), Turn.objects.count()) == (events, 0)


def test_a_preview_knows_what_the_conversation_knows(maya, provider):
    provider.will_answer("Hello.")
    turn = maya.ask("Please greet Grace Lindqvist")
    form = {"text": "and lindqvist again", "model": maya.model.pk}

    answer = maya.client.post(f"/c/{turn.conversation_id}/preview", form).json()

    assert answer["sentence"] == "Will be masked: a name."


def test_a_preview_is_refused_without_token_model_or_patience(maya, monkeypatch):
    team = maya.person.teams.get().pk
    good = {"text": "Hello", "model": maya.model.pk, "team": team}
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = maya.client.cookies

    assert strict.post("/c/preview", good).status_code == 403
    for bad in ({"model": uuid4()}, {"team": uuid4()}, {"text": ""}, {"text": "x" * 20_001}):
        assert maya.client.post("/c/preview", good | bad).status_code == 422
    monkeypatch.setattr(privacy_views, "PREVIEWS", Pace(at_once=2, a_second=0.001))
    assert [maya.client.post("/c/preview", good).status_code for _ in range(3)] == [200, 200, 429]


def test_a_pace_lets_so_many_through_at_once_and_then_so_many_a_second():
    pace, maya, tom = Pace(at_once=2, a_second=1), uuid4(), uuid4()

    assert [pace.allows(maya, seconds=at) for at in (0, 0, 0, 0.5, 1.5, 1.6)] == [True, True, False, False, True, False]
    assert pace.allows(tom, seconds=0)
