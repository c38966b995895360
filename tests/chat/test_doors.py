"""The ladder for every door of the chat: owner, colleague, stranger, signed out, wrong method, bad input."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.models import Role
from apps.chat.models import Conversation, Turn
from tests.chat.conftest import Asker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def turn(maya: Asker, provider) -> Turn:
    provider.will_answer("Yes.")
    return maya.ask("Hello?")


DOORS = [
    ("get", "/c/{conversation}/"),
    ("post", "/c/{conversation}/turns"),
    ("post", "/c/{conversation}/rename"),
    ("post", "/c/{conversation}/delete"),
    ("post", "/turns/{turn}/stop"),
    ("post", "/turns/{turn}/retry"),
    ("get", "/turns/{turn}/left"),
    ("post", "/turns/{turn}/release"),
    ("post", "/turns/{turn}/mask-again"),
    ("post", "/turns/{turn}/send-anyway"),
    ("post", "/c/{conversation}/preview"),
]


def at(path: str, turn: Turn) -> str:
    return path.format(conversation=turn.conversation_id, turn=turn.pk)


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_a_colleague_of_the_same_team_finds_nothing(turn, make_person, sign_in, method, path):
    tom = sign_in(make_person("tom", teams=("Sales",)))

    response = getattr(tom, method)(at(path, turn))

    assert response.status_code == 404
    assert Turn.objects.get(pk=turn.pk).stop_requested_at is None
    assert Conversation.objects.filter(pk=turn.conversation_id, deleted_at=None).exists()


@pytest.mark.parametrize(("method", "path"), [*DOORS, ("post", "/c/")])
def test_signed_out_means_the_sign_in_page(turn, method, path):
    response = getattr(Client(), method)(at(path, turn))

    assert response.status_code == 302
    assert "/accounts/" in response["Location"]


@pytest.mark.parametrize(("method", "path"), [*DOORS, ("post", "/c/")])
def test_an_officer_who_is_no_employee_may_not_chat(turn, make_person, sign_in, method, path):
    grace = sign_in(make_person("grace", roles=(Role.COMPLIANCE_OFFICER,)))

    assert getattr(grace, method)(at(path, turn)).status_code == 403


@pytest.mark.parametrize(("method", "path"), [*DOORS, ("post", "/c/")])
def test_the_wrong_method_is_refused(maya, turn, method, path):
    wrong = "get" if method == "post" else "post"

    assert getattr(maya.client, wrong)(at(path, turn)).status_code == 405


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_ids_that_do_not_exist_are_not_found(maya, turn, method, path):
    address = path.format(conversation=uuid4(), turn=uuid4())

    assert getattr(maya.client, method)(address).status_code == 404


def test_a_post_without_the_token_is_refused(maya, turn):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = maya.client.cookies

    assert strict.post(f"/c/{turn.conversation_id}/delete").status_code == 403


def test_a_conversation_cannot_be_charged_to_a_team_the_person_is_not_in(maya, make_team):
    foreign = make_team("Engineering")

    response = maya.client.post("/c/", maya.form("Hello?", team=str(foreign.pk)))

    assert response.status_code == 422
    assert not Conversation.objects.exists()


def test_a_person_in_no_team_is_told_what_to_do(runner, make_person, sign_in):
    page = sign_in(make_person("newcomer")).get("/").content.decode()

    assert "in no team yet" in page


def test_a_deleted_conversation_is_gone_for_its_owner(maya, turn):
    maya.client.post(f"/c/{turn.conversation_id}/delete")

    assert maya.client.get(f"/c/{turn.conversation_id}/").status_code == 404
    assert str(turn.conversation_id) not in maya.client.get("/").content.decode()


def test_a_conversation_is_renamed(maya, turn):
    maya.client.post(f"/c/{turn.conversation_id}/rename", {"title": "Greetings & more"})

    assert "Greetings &amp; more" in maya.page(turn)


@pytest.mark.parametrize(
    ("roles", "place"),
    [((Role.COMPLIANCE_OFFICER,), "/audit/"), ((Role.AUDITOR,), "/audit/"), ((Role.ADMIN,), "/console/")],
)
def test_people_who_do_not_chat_are_sent_to_their_desk(make_person, sign_in, roles, place):
    response = sign_in(make_person("someone", roles=roles)).get("/")

    assert response.status_code == 302
    assert response["Location"].startswith(place)
