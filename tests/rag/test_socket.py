"""Live progress: only of what the person may see, asked again for every frame."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from apps.accounts.models import User
from apps.rag.models import CollectionGrant, Document
from apps.rag.routing import websocket_urlpatterns
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
application = AuthMiddlewareStack(URLRouter(websocket_urlpatterns))


def session_of(person: User) -> SessionStore:
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.save()
    return session


class Page(ApplicationCommunicator):
    """A page with its socket."""

    async def connect(self) -> dict[str, Any]:
        await self.send_input({"type": "websocket.connect"})
        answer: dict[str, Any] = await self.receive_output(timeout=PATIENCE_SECONDS)
        return answer

    async def send(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def watch(self, *ids: object) -> None:
        await self.send(json.dumps({"watch": [str(each) for each in ids]}))

    async def frame(self) -> dict[str, Any]:
        message = await self.receive_output(timeout=PATIENCE_SECONDS)
        assert message["type"] == "websocket.send", message
        told: dict[str, Any] = json.loads(message["text"])
        return told


def socket(session: SessionStore | None) -> Page:
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}" if session else ""
    headers = [(b"cookie", cookie.encode())]
    return Page(application, {"type": "websocket", "path": "/ws/documents", "query_string": b"", "headers": headers})


@pytest.fixture
def maya(make_person: Any) -> User:
    person: User = make_person("maya", teams=("Sales",))
    return person


@pytest.fixture
def session(maya: User) -> SessionStore:
    return session_of(maya)


@pytest.fixture
def document(make_collection: Any, make_document: Any) -> Document:
    made: Document = make_document(make_collection(teams=("Sales",)), "Text")
    move(made, "READING", 5)
    return made


def move(document: Document, status: str, progress: int) -> None:
    ready_at = timezone.now() if status == "READY" else None
    Document.objects.filter(pk=document.pk).update(status=status, progress=progress, ready_at=ready_at)


async def closed_with(page: Page) -> int:
    while True:
        message = await page.receive_output(timeout=PATIENCE_SECONDS)
        if message["type"] == "websocket.close":
            return int(message.get("code", 1000))


async def test_a_page_sees_every_step_and_is_told_when_all_is_done(session: SessionStore, document: Document):
    page = socket(session)
    await page.connect()

    await page.watch(document.pk)
    first = await page.frame()
    await sync_to_async(move)(document, "EMBEDDING", 70)
    second = await page.frame()
    await sync_to_async(move)(document, "READY", 100)
    third = await page.frame()

    steps = [(frame["documents"][0]["status"], frame["documents"][0]["progress"]) for frame in (first, second, third)]
    assert steps == [("READING", 5), ("EMBEDDING", 70), ("READY", 100)]
    assert third["documents"][0]["is_finished"]
    assert await closed_with(page) == 1000


async def test_signed_out_people_are_refused(document: Document):
    answer = await socket(None).connect()

    assert (answer["type"], answer["code"]) == ("websocket.close", 4401)


async def test_a_stranger_is_told_nothing_about_a_document(make_person: Any, document: Document):
    stranger = await sync_to_async(make_person)("priya", teams=("Engineering",))
    page = socket(await sync_to_async(session_of)(stranger))
    await page.connect()

    await page.watch(document.pk)

    assert await closed_with(page) == 1000  # as for an id that nobody has


async def test_a_grant_taken_away_ends_the_news_with_the_next_frame(session: SessionStore, document: Document):
    page = socket(session)
    await page.connect()
    await page.watch(document.pk)
    await page.frame()

    await sync_to_async(CollectionGrant.objects.all().delete)()
    await sync_to_async(move)(document, "EMBEDDING", 70)
    frame = await page.frame()

    assert frame == {"documents": [], "gone": [str(document.pk)]}
    assert await closed_with(page) == 1000


@pytest.mark.parametrize("end", ["sign out", "deactivate"])
async def test_who_is_signed_out_or_deactivated_hears_nothing_more(
    end: str, session: SessionStore, maya: User, document: Document
):
    page = socket(session)
    await page.connect()
    await page.watch(document.pk)
    await page.frame()

    if end == "sign out":
        await sync_to_async(session.delete)()
    else:
        await sync_to_async(User.objects.filter(pk=maya.pk).update)(is_active=False)

    assert await closed_with(page) == 4401


@pytest.mark.parametrize(
    "sent",
    [
        "no json",
        "[]",
        "{}",
        '{"watch": []}',
        '{"watch": "x"}',
        '{"watch": ["no id"]}',
        '{"watch": [1]}',
        "null",
        "9" * 5000,
    ],
)
async def test_malformed_messages_close_the_socket_and_nothing_else(sent: str, session: SessionStore):
    page = socket(session)
    await page.connect()

    await page.send(sent)

    assert await closed_with(page) == 4400


async def test_too_many_documents_at_once_are_refused(session: SessionStore):
    page = socket(session)
    await page.connect()

    await page.watch(*(uuid4() for _ in range(201)))

    assert await closed_with(page) == 4400


@pytest.mark.parametrize("frame", [{"bytes": b"\x00\xff"}, {"text": "[" * 30_000}])
async def test_a_hostile_frame_closes_the_socket_without_an_error(make_person: Any, frame: dict[str, Any]) -> None:
    page = socket(await sync_to_async(session_of)(await sync_to_async(make_person)("maya")))
    await page.connect()

    await page.send_input({"type": "websocket.receive", **frame})

    assert await page.receive_output(timeout=PATIENCE_SECONDS) == {"type": "websocket.close", "code": 4400}
