"""The doors as a person and as programs use them."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx

from bench.crash.marks import question_with
from bench.crash.scene import Scene

WAITS: Final = {"NOT_SENT", "NOT_CLOSED"}
"""Steps of an open turn that say what it waits for."""
BROWSER, STREAM, WHOLE = "browser", "/v1, streamed", "/v1, whole"
RESPONSES, MESSAGES = "/v1/responses, streamed", "/v1/messages, streamed"
DOORS: Final = (BROWSER, STREAM, WHOLE, RESPONSES, MESSAGES)
PATHS: Final = {RESPONSES: "/v1/responses", MESSAGES: "/v1/messages"}
LAST_EVENT: Final = {STREAM: "[DONE]", RESPONSES: '"response.completed"', MESSAGES: '"message_stop"', WHOLE: ""}
BATCH: Final = "batch"
"""Answered by a worker, and so no door of the web process."""
SECONDS: Final = 30.0
_TOKEN: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_OUTCOME: Final = "SELECT outcome, step FROM chat_turn WHERE conversation_id = %s ORDER BY started_at DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Said:
    """What the door said in the end: "" for an outcome where the connection broke, and the words that were shown."""

    outcome: str
    words: str = ""
    seconds: float = 0.0


class Visitor:
    """One person in a browser, and a program with that person's key."""

    def __init__(self, scene: Scene, address: str) -> None:
        self._scene, self._port = scene, int(address.rpartition(":")[2])
        name, _, session = scene.told["cookie"].partition("=")
        plain: Any = {"base_url": address, "timeout": SECONDS, "trust_env": False, "verify": False}  # it is plain HTTP
        self._browser = httpx.Client(**plain, headers={"Referer": address})
        self._browser.cookies.set(name, session)
        key = {"Authorization": f"Bearer {scene.told['key']}"}
        self._program = httpx.Client(**plain, headers=key)
        self._model, self._team = scene.told["model"], scene.told["team"]

    def ready(self) -> bool:
        """Ask for readiness; no answer is a no."""
        try:
            return self._browser.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def open_page(self) -> str:
        """Open the page of a new conversation; give the token that its form sends along."""
        token = _TOKEN.search(self._browser.get("/").text)
        assert token, "the page has no form"
        return token[1]

    def ask(self, door: str, mark: str, token: str, *, words: int = 0) -> Said:
        """Ask at a door and wait for the end, or for the end of the connection."""
        began = time.monotonic()
        question = question_with(mark) + " copper and granite" * (words // 3)
        try:
            said = self._at_the_browser(question, token) if door == BROWSER else self._as_a_program(door, question)
        except httpx.HTTPError as broken:
            said = Said("", type(broken).__name__)
        return Said(said.outcome, said.words, time.monotonic() - began)

    def _at_the_browser(self, question: str, token: str) -> Said:
        data = {
            "csrfmiddlewaretoken": token, "text": question, "key": str(uuid4()),
            "model": self._model, "team": self._team,
        }  # fmt: skip
        answer = self._browser.post("/c/", data=data)
        if answer.status_code != 302:
            return Said(f"HTTP {answer.status_code}", _plain(answer.text))
        return self.follow(answer.headers["Location"])

    def follow(self, path: str) -> Said:
        """Wait until a conversation's turn says how it ended, asking the database and not the portal; read its page."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            outcome, step = self._scene.rows(_OUTCOME, path.strip("/").split("/")[-1])[0]
            if outcome != "OPEN" or step in WAITS:
                return Said(outcome, _plain(self.page(path)))
            if not self.still_there():
                return Said("", "the process died")
            time.sleep(0.05)
        return Said("", "the turn did not end")

    def still_there(self) -> bool:
        """Say whether something listens at the address."""
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=2).close()
        except OSError:
            return False
        return True

    def page(self, path: str) -> str:
        """Read a page."""
        return self._browser.get(path).text

    def _as_a_program(self, door: str, question: str) -> Said:
        asked = [{"role": "user", "content": question}]
        body: dict[str, Any] = {"model": self._model, "stream": door != WHOLE}
        body |= {"input": asked} if door == RESPONSES else {"messages": asked}
        body |= {"max_tokens": 500} if door == MESSAGES else {}
        answer = self._program.post(PATHS.get(door, "/v1/chat/completions"), json=body)
        if answer.status_code != 200:
            return Said(f"HTTP {answer.status_code}", json.loads(answer.text)["error"]["message"])
        is_whole = LAST_EVENT[door] in answer.text
        failed = re.search(r'"error":\s*\{[^}]*"message":\s*"([^"]+)"', answer.text)
        return Said("FAILED" if failed or not is_whole else "ANSWERED", failed[1] if failed else answer.text)


def _plain(page: str) -> str:
    """Give what a page says, without its markup."""
    main = re.search(r"<main.*?</main>", page, re.S)
    text = re.sub(r"<(script|style|template)\b.*?</\1>", " ", main[0] if main else page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())
