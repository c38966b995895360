"""The people of the proof at the product's own doors: who plants, who asks for the erasure, and who consents."""

from __future__ import annotations

import re
import time

from bench.egress_proof.replay import Person
from bench.erasure_proof.needles import canary

PATIENCE = 300


class Subject(Person):
    """The person who is to be erased, and every canary that they planted, by door."""

    def __init__(self, address: str, username: str, model_id: str) -> None:
        super().__init__(address, username, model_id)
        self.planted: dict[str, list[str]] = {}

    def plant(self, door: str) -> str:
        """Make a canary for a door."""
        made = canary(sum(len(each) for each in self.planted.values()))
        self.planted.setdefault(door, []).append(made)
        return made

    def chat(self, count: int) -> None:
        """Ask questions: one canary the engine masks, as an address, and one that it leaves as it is, in turns."""
        conversation, ended = self.begin(self._question(0))
        assert ended == "ANSWERED", ended
        for number in range(1, count):
            ended = self.ask(conversation, self._question(number))
            assert ended == "ANSWERED", ended
        page = self.client.get(f"/c/{conversation}/").text
        self._post(f"/c/{conversation}/rename", page, {"title": f"About {self.plant('title')}"})
        self._post(
            f"/c/{conversation}/delete", page, {}
        )  # off the person's list; the erasure must find it all the same
        self.begin(f"{self._question(count)} And {self.plant('chat')}?")

    def _question(self, number: int) -> str:
        if number % 2:
            return f"Please write to {self.plant('chat, masked')}@example.com about the offer."
        return f"What does {self.plant('chat')} mean in the offer?"

    def call(self, count: int, key: str) -> None:
        """Ask as a program does."""
        headers = {"Authorization": f"Bearer {key}"}
        for _ in range(count):
            said = {
                "role": "user",
                "content": f"Explain {self.plant('/v1')} and {self.plant('/v1, masked')}@example.com",
            }
            asked = self.client.post(
                "/v1/chat/completions", json={"model": "Proof model", "messages": [said]}, headers=headers
            )
            asked.raise_for_status()

    def upload_batch(self, count: int) -> None:
        """Upload a file of prompts under a telling name, start it and wait for its end."""
        rows = "\n".join(f'"Sort this: {self.plant("batch")}"' for _ in range(count))
        page = self.client.get("/batches/").text
        data = {"csrfmiddlewaretoken": _token(page), "model": self.model_id}
        file = {"file": (f"{self.plant('name of a file')}.csv", f"prompt\n{rows}\n", "text/csv")}
        draft = self.client.post("/batches/", data=data, files=file)
        draft.raise_for_status()
        path = draft.url.path
        shown = self._post(f"{path}start/", draft.text, {"prompt": "0", "id": ""})
        deadline = time.monotonic() + PATIENCE
        while 'data-state="FINISHED"' not in shown.text:
            assert time.monotonic() < deadline, "the batch did not end"
            time.sleep(1)
            shown = self.client.get(path)

    def documents(self, count: int, shelf_id: str) -> None:
        """Upload documents: a canary in the title, in the words, and in the name of the file."""
        files = [
            (
                f"{self.plant('document: name')}.md",
                f"# {self.plant('document: title')}\n\nThe contract of {self.plant('document')} ends.\n".encode(),
            )
            for _ in range(count)
        ]
        self.upload(shelf_id, files)

    def object_to(self, exchange: str) -> None:
        """Object to what was recorded of an exchange."""
        page = self.client.get(f"/record/{exchange}").text
        said = {"about": "record", "text": f"I never wrote {self.plant('objection')}."}
        self._post(f"/record/{exchange}/object", page, said)

    def answer_notice(self) -> None:
        """Answer the question that the officers asked."""
        page = self.client.get("/record/notices").text
        action = re.search(r'action="([^"]+/read)"', page)
        assert action, "no notice waits for an answer"
        self._post(action[1], page, {"reply": f"I meant {self.plant('answer to a notice')}."})


class Officer(Person):
    """A compliance officer at the desk."""

    def package(self, username: str) -> None:
        """Have a copy of a person's data made and wait for it; it holds every canary once more."""
        page = self.client.get("/audit/retention/requests").text
        self._post("/audit/retention/requests/package", page, {"person": username, "why": "Asked for by letter."})
        self._until("Download")

    def ask_for_erasure(self, username: str) -> None:
        """Ask the second officer."""
        page = self.client.get("/audit/retention/requests").text
        form = {"person": username, "closes_account": "on", "why": "Asked for by letter."}
        self._post("/audit/retention/requests/erasure", page, form)

    def consent(self) -> None:
        """Consent to what waits, and wait until it is done."""
        page = self.client.get("/audit/approvals/").text
        action = re.search(r'action="([^"]+/grant)"', page)
        assert action, "nothing waits for the second officer"
        self._post(action[1], page, {"answer": ""})
        self._until("keys destroyed")

    def _until(self, words: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            page = self.client.get("/audit/retention/requests/list").text
            if words in page and "Under way" not in page and "Waiting to begin" not in page:
                return
            assert time.monotonic() < deadline, f"no “{words}” in time"
            time.sleep(1)


def _token(page: str) -> str:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, "the page has no form"
    return token[1]
