"""The page's socket against a real ASGI server: resuming, second tabs, signing out, and strangers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from html import unescape
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.test import override_settings
from nh3 import clean
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from apps.chat import live
from apps.chat.models import Conversation, Turn
from apps.privacy import destruction
from tests.chat.conftest import Asker, wait_for
from tests.chat.test_asking import answer_of
from tests.fake_provider import PAUSE
from tests.patience import PATIENCE_SECONDS

BASE_URL = "https://portal.example"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def address(postgres: Any, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The product's ASGI application behind uvicorn, on a free port of this machine."""
    with override_settings(
        BASE_URL=BASE_URL, ALLOWED_HOSTS=["127.0.0.1", "portal.example"], WEB_PROCESSES=1
    ):  # what a proxy with TLS in front would serve
        from portal.asgi import application

    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    with django_db_blocker.unblock():  # the start of a web process is on the record
        thread.start()
        wait_for(lambda: server.started, 60)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def maya(address: str, transactional_db: None, model: Any, make_person: Any, sign_in: Any) -> Asker:
    """Maya, whose turns are answered by the server's own process."""
    person = make_person("maya", teams=("Sales",))
    return Asker(person, sign_in(person), model)


class Tab:
    """A browser tab that keeps what it was sent, as the page's script does."""

    def __init__(self, address: str, asker: Asker, turn: Turn, number: int = 0, *, origin: str | None = None) -> None:
        cookie = asker.client.cookies[settings.SESSION_COOKIE_NAME].value
        headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"}
        self.socket: ClientConnection = connect(
            f"ws://{address}/ws/chat", origin=origin or BASE_URL, additional_headers=headers
        )
        self.blocks: dict[int, str] = {}
        self.closed: dict[str, Any] | None = None
        self.number = number
        self.shown: list[str] = []
        turns = {str(turn.pk): number}
        self.socket.send(json.dumps({"conversation": str(turn.conversation_id), "turns": turns}))

    def read(self, until: Any, seconds: float = 10) -> None:
        deadline = time.monotonic() + seconds
        while not until(self):
            message = json.loads(self.socket.recv(timeout=max(deadline - time.monotonic(), 0.01)))
            if message["type"] == "blocks":
                self.blocks |= {block["index"]: block["html"] for block in message["blocks"]}
                self.number = message["number"]
            elif message["type"] == "turn":
                self.shown.append(message["html"])
            elif message["type"] == "closed":
                self.closed = message

    def next(self, kind: str) -> dict[str, Any]:
        """Wait for a message of this kind; what comes before it is passed over."""
        while (message := json.loads(self.socket.recv(timeout=PATIENCE_SECONDS)))["type"] != kind:
            continue
        return dict(message)

    @property
    def text(self) -> str:
        return unescape(clean("".join(self.blocks[index] for index in sorted(self.blocks)), tags=set())).strip()


def test_an_answer_streams_while_it_arrives(maya, provider, address):
    provider.will_answer("Dear <PER", "SON_1>, ", "we ", PAUSE, "thank you.")
    maya.begin("Please greet Grace Hopper")
    tab = Tab(address, maya, maya.newest())

    tab.read(lambda tab: tab.text.endswith("we"))
    provider.go_on()
    tab.read(lambda tab: tab.closed)

    assert tab.closed["outcome"] == "ANSWERED"
    assert "Dear Grace Hopper, we thank you." in tab.closed["html"]


def test_a_page_whose_question_waits_in_line_says_how_many_come_before(maya, provider, address):
    provider.will_answer("One ", PAUSE, "two.")
    provider.will_answer("Three.")
    with override_settings(PAGE_TURNS_AT_ONCE=1):
        maya.begin("First")
        provider.wait_for_requests()
        maya.begin("Second")
        tab = Tab(address, maya, maya.newest())
        status = tab.next("status")
        provider.go_on()
        tab.read(lambda tab: tab.closed, seconds=20)

    assert "The portal is busy. Yours is the next question…" in status["html"]
    assert tab.closed["outcome"] == "ANSWERED"


def test_a_page_in_line_counts_the_questions_before_its_own_down(maya, provider, address):
    for _ in range(3):
        provider.will_answer("One ", PAUSE, "two.")
    provider.will_answer("Three.")
    steps = ["2 questions before yours", "1 question before yours", "Yours is the next question"]
    said = []
    with override_settings(PAGE_TURNS_AT_ONCE=1):
        maya.begin("First")
        provider.wait_for_requests()
        for question in ("Second", "Third", "Fourth"):
            maya.begin(question)
        tab = Tab(address, maya, maya.newest())
        for place, step in enumerate(steps, 1):
            while f"The portal is busy. {step}…" not in (words := tab.next("status")["html"]):
                assert "The portal is busy" not in words
            said.append(step)
            provider.wait_for_requests(place)
            provider.go_on()
        tab.read(lambda tab: tab.closed, seconds=PATIENCE_SECONDS)

    assert said == steps
    assert tab.closed["outcome"] == "ANSWERED"


def test_a_page_is_woken_by_what_another_asks_and_forgotten_once_it_has_gone(maya, provider, address, monkeypatch):
    monkeypatch.setattr("apps.chat.consumers.POLL_SECONDS", 60.0)
    provider.will_answer("One.")
    first = maya.ask("First")
    tab = Tab(address, maya, first)
    tab.read(lambda tab: tab.closed)

    provider.will_answer(PAUSE, "Two.")
    maya.send(first.conversation_id, "Second")
    tab.read(lambda tab: tab.shown)
    provider.go_on()

    assert "Second" in tab.shown[0]
    assert first.conversation_id in live._wakers
    tab.socket.close()
    wait_for(lambda: first.conversation_id not in live._wakers)
    maya.closed(maya.newest())


def test_a_restored_password_is_shown_as_text_while_the_answer_streams(maya, provider, address):
    provider.will_answer("It is <SECRET_1>, *keep* it ", PAUSE, "safe.")
    maya.begin("My password is: Xk9*tR2*vQ7_mL4_pZ8")
    tab = Tab(address, maya, maya.newest())

    tab.read(lambda tab: tab.text.endswith("it"))
    provider.go_on()

    assert tab.text == "It is Xk9*tR2*vQ7_mL4_pZ8, keep it"


def test_a_tab_that_comes_back_receives_only_the_rest(maya, provider, address):
    words = [f"word{number} " for number in range(12)]
    provider.will_answer(*words[:6], PAUSE, *words[6:], seconds_between=0.06)
    maya.begin("Go on")
    first = Tab(address, maya, maya.newest())
    first.read(lambda tab: "word3" in tab.text)
    first.socket.close()
    provider.wait_until(lambda p: p.open_requests == 1)
    provider.go_on()

    again = Tab(address, maya, maya.newest(), first.number)
    again.blocks = dict(first.blocks)
    again.read(lambda tab: tab.closed)

    assert "".join(words).strip() in again.closed["html"]


def test_two_tabs_show_the_same(maya, provider, address):
    provider.will_answer("One\n\n", "two\n\n", PAUSE, "three")
    maya.begin("Count")
    turn = maya.newest()
    tabs = [Tab(address, maya, turn), Tab(address, maya, turn)]
    for tab in tabs:
        tab.read(lambda tab: "two" in tab.text)
    provider.go_on()

    for tab in tabs:
        tab.read(lambda tab: tab.closed)

    assert tabs[0].closed["html"] == tabs[1].closed["html"]


def test_a_question_asked_in_one_tab_appears_in_the_other(maya, provider, address):
    provider.will_answer("Yes.")
    first = maya.ask("Hello?")
    tab = Tab(address, maya, first, -1)
    provider.will_answer("Indeed.")

    maya.ask("And here?", first.conversation_id)

    tab.read(lambda tab: tab.shown)
    assert "And here?" in tab.shown[0]


def test_signing_out_ends_the_stream_at_the_next_frame(maya, provider, address):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    turn = maya.newest()
    tab = Tab(address, maya, turn)
    tab.read(lambda tab: "One" in tab.text)
    maya.client.logout()

    provider.go_on()

    with pytest.raises(ConnectionClosed) as closed:
        tab.read(lambda tab: tab.closed)
    assert closed.value.rcvd.code == 4401
    assert answer_of(wait_for(lambda: Turn.objects.filter(pk=turn.pk, outcome="ANSWERED").first())) == "One, two."


def test_a_deactivated_person_receives_nothing_more(maya, provider, address):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    tab = Tab(address, maya, maya.newest())
    tab.read(lambda tab: "One" in tab.text)
    maya.person.is_active = False
    maya.person.save()

    provider.go_on()

    with pytest.raises(ConnectionClosed):
        tab.read(lambda tab: tab.closed)
    assert "two" not in tab.text


def test_somebody_elses_conversation_is_closed_to_a_stranger(maya, provider, address, make_person, sign_in):
    provider.will_answer("Secret.")
    turn = maya.ask("Hello?")
    person = make_person("tom", teams=("Sales",))
    tab = Tab(address, Asker(person, sign_in(person), maya.model), turn)

    with pytest.raises(ConnectionClosed):
        tab.read(lambda tab: tab.closed or tab.shown)
    assert not tab.shown


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_a_page_of_another_host_gets_no_socket(maya, provider, address, origin):
    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")

    with pytest.raises(InvalidStatus):
        Tab(address, maya, turn, origin=origin)


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "null", "7", '"x"', "{}", '{"conversation": 1, "turns": []}', '{"conversation": "x", "turns": {}}'],
)
def test_a_malformed_frame_closes_the_socket_and_nothing_else(maya, provider, address, frame):
    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")
    tab = Tab(address, maya, turn, -1)
    cookie = {"Cookie": tab.socket.request.headers["Cookie"]}
    other = connect(f"ws://{address}/ws/chat", origin=BASE_URL, additional_headers=cookie)

    other.send(frame)

    with pytest.raises(ConnectionClosed):
        other.recv(timeout=PATIENCE_SECONDS)
    provider.will_answer("Still here.")
    maya.ask("And now?", turn.conversation_id)
    tab.read(lambda tab: tab.shown)
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize("frame", [b"\x00\xff", "[" * 30_000, '{"conversation": "%s", "turns": {"%s": 1e999}}'])
def test_a_hostile_frame_is_answered_by_the_code_for_bad_messages(maya, provider, address, frame):
    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")
    cookie = {"Cookie": Tab(address, maya, turn, -1).socket.request.headers["Cookie"]}
    socket = connect(f"ws://{address}/ws/chat", origin=BASE_URL, additional_headers=cookie)

    socket.send(frame % (turn.conversation_id, turn.pk) if "%s" in str(frame) else frame)

    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=PATIENCE_SECONDS)
    assert closed.value.rcvd.code == 4400


def test_frames_after_a_bad_one_leave_no_error_behind(maya, provider, address, caplog):
    provider.will_answer("Yes.")
    turn = maya.ask("Hello?")
    cookie = {"Cookie": Tab(address, maya, turn, -1).socket.request.headers["Cookie"]}
    socket = connect(f"ws://{address}/ws/chat", origin=BASE_URL, additional_headers=cookie)
    subscription = json.dumps({"conversation": str(turn.conversation_id), "turns": {}})

    for _ in range(200):
        try:
            socket.send(subscription)
        except ConnectionClosed:
            break

    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=PATIENCE_SECONDS)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_person_who_may_not_chat_any_more_is_shown_nothing_more(maya, provider, address):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    tab = Tab(address, maya, maya.newest())
    tab.read(lambda tab: "One" in tab.text)
    maya.person.role_assignments.all().delete()

    provider.go_on()

    with pytest.raises(ConnectionClosed):
        tab.read(lambda tab: tab.closed)
    assert "two" not in tab.text


def test_a_conversation_erased_while_it_is_watched_ends_the_socket_with_a_code_of_its_own(maya, provider, address):
    provider.will_answer("One, ", PAUSE, "two.")
    maya.begin("Count")
    turn = maya.newest()
    tab = Tab(address, maya, turn)
    tab.read(lambda tab: "One" in tab.text)

    destruction.destroy_one(turn.conversation_id)
    late = Tab(address, maya, turn)

    for each in (tab, late):
        with pytest.raises(ConnectionClosed) as closed:
            each.read(lambda tab: tab.closed and False)
        assert closed.value.rcvd.code == 4410
    provider.go_on()
    assert wait_for(lambda: Turn.objects.filter(pk=turn.pk, outcome="ANSWERED").first())
    assert "This text was erased." in maya.page(turn)


def test_a_socket_at_an_unknown_address_is_refused_quietly(maya, provider, address, caplog):
    provider.will_answer("Yes.")
    cookie = {"Cookie": Tab(address, maya, maya.ask("Hello?"), -1).socket.request.headers["Cookie"]}

    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{address}/ws/nothing-here", origin=BASE_URL, additional_headers=cookie)

    assert refused.value.response.status_code == 403
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
