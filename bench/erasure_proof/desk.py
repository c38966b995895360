"""What is written about a person at the officers' desk, at its own doors: each place with a canary of its own."""

from __future__ import annotations

import re
import time
from typing import Final

import httpx

from bench.egress_proof.replay import Person
from bench.erasure_proof.people import PATIENCE, Subject

WHY: Final = "Asked for by letter."
_ID: Final = re.compile(r"/([0-9a-f]{8}-[0-9a-f-]{27})")


class Writer(Person):
    """An officer who quotes the subject wherever officers write."""

    def receive(self) -> None:
        """Set a receiver of the stream up, in a file: pseudonyms and codes, every record from now on."""
        form = {"name": "Proof", "kind": "FILE", "address": "", "format": "OCSF", "begin": "now", "why": ""}
        self._sent("/audit/stream/", "/audit/stream/add", form)

    def follow(self) -> str:
        """Define a queue of all that is asked from now on; gives its address."""
        form = {"name": "Proof", "severity": "MEDIUM", "hours": "24", "share": "100", "recheck_share": "0"}
        self._sent("/audit/review/queues/new", "/audit/review/queues/define", form)
        page = self.client.get("/audit/review/").text
        queue = re.search(r'href="(/audit/review/queues/[0-9a-f-]{36})"', page)
        assert queue, "the queue is not listed"
        return queue[1]

    def review(self, subject: Subject, queue: str) -> None:
        """Take an item of the queue, quote the subject in a note and in the finding."""
        found = re.search(r"/audit/exchanges/[0-9a-f-]{36}\?item=([0-9a-f-]{36})", self.client.get(queue).text)
        assert found, "no exchange is in the queue"
        item = f"/audit/review/items/{found[1]}"
        self._sent(found[0], f"{item}/claim", {})
        self._sent(found[0], f"{item}/note", {"text": f"It says {subject.plant('review: note')}."})
        verdict = {"tag": "COMPLIANT", "is_read": "on", "note": f"Meant was {subject.plant('review: finding')}."}
        self._sent(found[0], f"{item}/close", verdict)

    def open_case(self, subject: Subject, exchanges: list[str]) -> None:
        """Open a case with the subject's exchanges, a note and a finding; export it, and keep the export."""
        said = {"title": f"About {subject.plant('case: title')}", "why": f"They wrote {subject.plant('case: reason')}."}
        path = self._sent("/audit/cases/new", "/audit/cases/open", said).url.path
        case = _id_in(path)
        for exchange in exchanges:
            self._sent(path, f"/audit/cases/add/{exchange}", {"case": case})
        self._sent(path, f"{path}/notes", {"text": f"Here stands {subject.plant('case: note')}."})
        self._export(case)
        finding = {"finding": "NOT_UPHELD", "words": f"It was {subject.plant('case: finding')}."}
        self._sent(path, f"{path}/close", finding)

    def _export(self, case: str) -> None:
        asked = {"of": f"case={case}", "variant": "REDACTED", "why": WHY}
        export = self._sent(f"/audit/cases/exports/new?case={case}", "/audit/cases/exports/ask", asked).url.path
        deadline = time.monotonic() + PATIENCE
        while 'data-state="DONE"' not in self.client.get(f"{export}/progress").text:
            assert time.monotonic() < deadline, "the export was not made"
            time.sleep(1)

    def ask_the_person(self, subject: Subject, exchange: str) -> None:
        """Send a question about an exchange that quotes it, and let the person answer."""
        kept = {"name": "Proof", "kind": "QUESTION", "title": "A question", "text": "Please tell us what you meant."}
        page = self._sent("/audit/notices/", "/audit/notices/write", kept).text
        template = re.search(r"/audit/notices/templates/([0-9a-f-]{36})", page)
        assert template, "the template is not listed"
        words = {"template": template[1], "added": f"You wrote {subject.plant('notice')}."}
        self._sent(f"/audit/exchanges/{exchange}", f"/audit/notices/exchanges/{exchange}/send", words)
        subject.answer_notice()

    def answer_objection(self, subject: Subject) -> None:
        """Answer the newest objection, quoting it."""
        page = self.client.get("/audit/notices/objections").text
        action = re.search(r'action="([^"]+/answer)"', page)
        assert action, "no objection waits"
        answered = {"verdict": "PARTLY", "text": f"You are right about {subject.plant('answer to an objection')}."}
        self._sent("/audit/notices/objections", action[1], answered)

    def _sent(self, page: str, path: str, form: dict[str, str]) -> httpx.Response:
        shown = self.client.get(page)
        shown.raise_for_status()
        return self._post(path, shown.text, form)


def _id_in(path: str) -> str:
    found = _ID.search(path)
    assert found, f"{path} names nothing"
    return found[1]
