"""
Start the product and be its people: sign in, upload, ask, ask again, retry. Runs inside the product's network.

    python -m bench.egress_proof.replay FOLDER PROVIDER_URL JOURNEYS

Writes FOLDER/journeys.json: what was planted, the marks of what should have left, and how every turn ended.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx
from websockets.sync.client import connect

from bench.egress_proof.planted import Planter, Text
from bench.egress_proof.provider import FAILS_ONCE
from bench.gateway.portal import product
from bench.gateway.targets import ROOT
from portal.embedded.programs import Ports, environment
from portal.embedded.state import State
from tests.rag import files

REGISTER = """
from decimal import Decimal
from django.utils import timezone
from apps.accounts.models import Team, User
from apps.gateway.models import BatchMark, Budget, Grant, LanguageModel, Provider
from apps.rag.models import Collection, CollectionGrant
place = Provider.objects.create(
    name="Proof", kind="OPENAI_COMPATIBLE", base_url={url!r}, egress_class="OUTSIDE", is_on=True)
model = LanguageModel.objects.create(provider=place, label="Proof model", upstream_id="proof", context_window=64000,
    max_output_tokens=1000, input_price=Decimal(1), output_price=Decimal(2), is_on=True)
team = Team.objects.get(slug="sales")
Grant.objects.create(team=team, model=model)
Budget.objects.update_or_create(team=team, defaults=dict(hard_limit=Decimal(100000)))
for each in User.objects.all():  # the replay asks as fast as it can
    BatchMark.objects.create(scope="PERSON", person=each, created_at=timezone.now())
shelf = Collection.objects.create(name="Customer files")
CollectionGrant.objects.create(collection=shelf, team=team)
print(model.pk, shelf.pk)
"""
PEOPLE = ("maya.lindqvist", "tom.okafor")
AT_ONCE = 4
PATIENCE = 180
DOCUMENTS = 20
LONG_PASTE = 12_000


@dataclass
class Told:
    """What has been planted and what became of it; threads only add to it."""

    values: dict[str, str] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    turns: Counter[str] = field(default_factory=Counter)
    journeys: Counter[str] = field(default_factory=Counter)

    def planted(self, text: Text) -> None:
        self.values |= {needle: plant.kind for plant in text.plants for needle in plant.needles}

    def left(self, text: Text) -> None:
        self.marks.append(text.mark)


class Person:
    """Somebody at a browser: a session, the composer's form and the page's socket."""

    def __init__(self, address: str, username: str, model_id: str) -> None:
        self.address, self.model_id = address, model_id
        self.client = httpx.Client(
            base_url=address, follow_redirects=True, timeout=120, headers={"Referer": address}, trust_env=False
        )
        page = self.client.get("/accounts/sign-in/").text
        self.page = self._post("/accounts/sign-in/demo/", page, {"username": username}).text

    def begin(self, text: str, **more: str) -> tuple[str, str]:
        """Ask in a new conversation; give the conversation's id and how the turn ended."""
        team = re.search(r'name="team"[^>]*value="([^"]+)"|<option value="(\d+|[0-9a-f-]{36})"', self.page)
        assert team, "the composer names no team"
        data = {"text": text, "key": str(uuid4()), "model": self.model_id, "team": team[1] or team[2], **more}
        page = self._post("/c/", self.page, data)
        conversation = page.url.path.strip("/").split("/")[-1]
        return conversation, self.wait(conversation)

    def ask(self, conversation: str, text: str) -> str:
        """Ask the next question of a conversation; give how the turn ended."""
        page = self.client.get(f"/c/{conversation}/").text
        self._post(f"/c/{conversation}/turns", page, {"text": text, "key": str(uuid4()), "model": self.model_id})
        return self.wait(conversation)

    def retry(self, conversation: str) -> str:
        """Press "Try again"; give how the new turn ended."""
        page = self.client.get(f"/c/{conversation}/").text
        action = re.search(r'action="([^"]+/retry)"', page)
        assert action, "the page offers no retry"
        self._post(action[1], page, {})
        return self.wait(conversation)

    def wait(self, conversation: str) -> str:
        """Follow the page's socket until no turn is open; give how the last one ended."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)
        url = self.address.replace("http", "ws", 1) + "/ws/chat"
        with connect(url, origin=self.address, additional_headers={"Cookie": cookies}, max_size=None) as socket:
            socket.send(json.dumps({"conversation": conversation, "turns": {}}))
            deadline = time.monotonic() + PATIENCE
            while (outcome := self._outcome(conversation)) == "OPEN":
                assert time.monotonic() < deadline, "a turn did not end"
                with suppress(TimeoutError):  # a turn that ended before the page listened is not announced
                    while json.loads(socket.recv(timeout=3))["type"] != "closed":
                        pass
        return outcome

    def upload(self, collection: str, names_and_bytes: list[tuple[str, bytes]]) -> None:
        """Upload documents and wait until they can be asked about."""
        page = self.client.get(f"/documents/in/{collection}").text
        chosen = [("files", file) for file in names_and_bytes]
        data = {"csrfmiddlewaretoken": _token(page)}
        self.client.post(f"/documents/in/{collection}/upload", data=data, files=chosen).raise_for_status()
        deadline = time.monotonic() + 300
        while "data-watched" in (page := self.client.get(f"/documents/in/{collection}").text):
            assert time.monotonic() < deadline, "the documents were not read in time"
            time.sleep(1)
        assert page.count("badge-success") >= len(names_and_bytes), "not every document could be read"

    def _outcome(self, conversation: str) -> str:
        return re.findall(r'data-outcome="([A-Z]+)"', self.client.get(f"/c/{conversation}/").text)[-1]

    def _post(self, path: str, page: str, data: dict[str, str]) -> httpx.Response:
        response = self.client.post(path, data={"csrfmiddlewaretoken": _token(page), **data})
        response.raise_for_status()
        return response


def main() -> None:
    """Start, register, upload, replay, write what was told."""
    folder, url, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    told = Told()
    with ExitStack() as stack:
        home = folder / "state"
        home.mkdir()
        began = time.monotonic()
        _, port = stack.enter_context(product(home, log=folder / "product.log"))
        address = f"http://localhost:{port}"
        _say(f"The product is ready after {time.monotonic() - began:.0f} s.")
        model_id, shelf_id = _register(home, url)
        people = [Person(address, username, model_id) for username in PEOPLE]
        records = _upload(people[0], shelf_id, told)
        _say(f"{len(records)} documents are read in.")
        _replay(people, records, told, count)
    document = {"values": told.values, "marks": told.marks, "turns": told.turns, "journeys": told.journeys}
    (folder / "journeys.json").write_text(json.dumps(document))


def _upload(person: Person, shelf_id: str, told: Told) -> list[Text]:
    """Upload documents of every format, with values in prose, in tables, in titles and in the files' names."""
    planter, records, chosen = Planter(seed=1), [], []
    for number in range(DOCUMENTS):
        mark, text = planter.record()
        name, data = _file(number, mark, text)
        told.planted(text)
        records.append(text)
        chosen.append((name, data))
    person.upload(shelf_id, chosen)
    return records


def _file(number: int, mark: str, text: Text) -> tuple[str, bytes]:
    title, lines = f"{mark} {text.plants[0].value}", text.text.split("\n\n")
    rows = [line.split(": ", 1) if ": " in line else [line, ""] for line in lines]
    match number % 5:
        case 0:
            return f"{title}.md", f"# {title}\n\n{text.text}".encode()
        case 1:
            return f"{title}.txt", text.text.encode()
        case 2:
            cells = "".join(f"<tr><td>{left}</td><td>{right}</td></tr>" for left, right in rows)
            return f"{title}.html", f"<html><body><h1>{title}</h1><table>{cells}</table></body></html>".encode()
        case 3:
            return f"{title}.docx", files.word([f"# {title}", lines[0]], table=rows)
        case _:
            return f"{title}.pdf", files.pdf([[f"# {title}", *lines]])


def _replay(people: list[Person], records: list[Text], told: Told, count: int) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool, ExitStack() as stack:
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        jobs = [
            pool.submit(_journey, people[n % len(people)], Planter(1000 + n), records, told, n) for n in range(count)
        ]
        for number, job in enumerate(jobs, start=1):
            job.result()
            if number % 25 == 0 or number == count:
                turns = sum(told.turns.values())
                _say(f"{number} of {count} journeys, {turns} exchanges, {time.monotonic() - began:.0f} s")


def _journey(person: Person, planter: Planter, records: list[Text], told: Told, number: int) -> None:
    kinds = {0: _conversation, 1: _about_a_document, 2: _retried, 3: _one_question, 4: _about_a_document}
    kind = _long_paste if number % 100 == 50 else kinds[number % 5]
    told.journeys[kind.__name__.strip("_").replace("_", " ")] += 1
    kind(person, planter, records, told)


def _one_question(person: Person, planter: Planter, records: list[Text], told: Told) -> None:
    _begin(person, planter.question(), told)


def _conversation(person: Person, planter: Planter, records: list[Text], told: Told) -> None:
    conversation = _begin(person, planter.question(), told)
    for text in (planter.aside(), planter.question()):
        told.planted(text)
        told.turns[person.ask(conversation, text.text)] += 1
        told.left(text)


def _about_a_document(person: Person, planter: Planter, records: list[Text], told: Told) -> None:
    text = planter.aside()
    record = records[len(told.marks) % len(records)]
    about = Text(f"{text.text} What does the file on {record.mark} say?", text.plants, text.mark)
    _begin(person, about, told, uses_documents="on")
    told.left(record)


def _retried(person: Person, planter: Planter, records: list[Text], told: Told) -> None:
    text = planter.question()
    conversation = _begin(person, Text(f"{text.text}\n{FAILS_ONCE}", text.plants, text.mark), told)
    told.turns[person.retry(conversation)] += 1


def _long_paste(person: Person, planter: Planter, records: list[Text], told: Told) -> None:
    _begin(person, planter.long_paste(LONG_PASTE), told)


def _begin(person: Person, text: Text, told: Told, **more: str) -> str:
    told.planted(text)
    conversation, outcome = person.begin(text.text, **more)
    told.turns[outcome] += 1
    told.left(text)
    return conversation


def _register(home: Path, provider_url: str) -> tuple[str, str]:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", REGISTER.format(url=provider_url)]
    variables = environment(State(home), Ports(web=1, model=1))
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    model_id, shelf_id = done.stdout.strip().splitlines()[-1].split()
    return model_id, shelf_id


def _token(page: str) -> str:
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, "the page has no form"
    return token[1]


def _say(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
