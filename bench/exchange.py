"""
What one exchange costs: CPU, first word and memory of the browser's path, beside the provider alone, in one run.

    python -m bench.exchange

Starts the whole embedded product with a folder of its own and a provider on this machine that answers with 100 tokens,
10 ms apart. Asks as a person does: POST, then the page's socket, with scrubbing, record and budget on. Takes a minute.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
from websockets.sync.client import connect

from portal.embedded.ports import free_port
from portal.embedded.programs import Ports, environment
from portal.embedded.state import State

ROOT = Path(__file__).resolve().parents[1]
TOKENS, SECONDS_BETWEEN = 100, 0.01
EXCHANGES = 20
PROVIDER = """
import sys, time
from tests.fake_provider import FakeProvider
provider = FakeProvider().start()
provider.always_answers(*["word "] * int(sys.argv[1]), seconds_between=float(sys.argv[2]))
print(provider.base_url, flush=True)
time.sleep(3600)
"""
REGISTER = """
import sys
from decimal import Decimal
from django.utils import timezone
from apps.accounts.models import Team, User
from apps.gateway.models import BatchMark, Budget, Grant, LanguageModel, Provider
place = Provider.objects.create(
    name="Bench", kind="OPENAI_COMPATIBLE", base_url={url!r}, egress_class="OUTSIDE", is_on=True)
model = LanguageModel.objects.create(provider=place, label="Bench model", upstream_id="bench", context_window=32000,
    max_output_tokens=1000, input_price=Decimal(1), output_price=Decimal(2), is_on=True)
for team in Team.objects.all():
    Grant.objects.create(team=team, model=model)
    Budget.objects.update_or_create(team=team, defaults=dict(hard_limit=Decimal(1000)))
for each in User.objects.all():  # a benchmark asks the same over and over
    BatchMark.objects.create(scope="PERSON", person=each, created_at=timezone.now())
print(model.pk)
"""


@dataclass
class Measured:
    """Seconds of one kind of call."""

    first_words: list[float]
    totals: list[float]


def main() -> None:
    """Run the benchmark and print its table."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-bench-")))
        home.chmod(0o711)
        product, address, seconds = _start_product(home, stack)
        provider_url = _start_provider(stack)
        model_id = _register(home, provider_url)
        alone = _ask_provider(provider_url)
        person = Person(address, model_id)
        person.ask(count=3)  # warm
        tree = _processes(product)
        before = _cpu(tree)
        ours = person.ask(count=EXCHANGES)
        after = _cpu(tree)
        _print(alone, ours, before, after, tree, seconds)


class Person:
    """Somebody at a browser: a session, the composer's form and the page's socket."""

    def __init__(self, address: str, model_id: str) -> None:
        self.address = address
        self.model_id = model_id
        self.client = httpx.Client(base_url=address, follow_redirects=True, timeout=60)
        page = self.client.get("/accounts/sign-in").text
        form = re.search(r'<form[^>]*action="([^"]*demo[^"]*)".*?</form>', page, re.S)
        assert form, "the demo's sign-in page has no one-click people"
        fields = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', form[0]))
        self.page = self.client.post(form[1], data=fields, headers={"Referer": address}).text

    def ask(self, *, count: int) -> Measured:
        """Ask one question in each of `count` conversations."""
        measured = Measured([], [])
        for number in range(count):
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)
            team = re.search(r'name="team" value="([^"]+)"', self.page)
            assert token
            assert team
            question = f"Please write to Grace Hopper (grace{number}@example.org) about order {number} of last week."
            data = {
                "csrfmiddlewaretoken": token[1],
                "team": team[1],
                "key": str(uuid4()),
                "model": self.model_id,
                "text": question,
            }
            began = time.perf_counter()
            posted = self.client.post("/c/", data=data, headers={"Referer": self.address}, follow_redirects=False)
            conversation = posted.headers["location"].strip("/").split("/")[-1]
            first = self._follow(conversation, began)
            measured.first_words.append(first)
            measured.totals.append(time.perf_counter() - began)
        return measured

    def _follow(self, conversation: str, began: float) -> float:
        """Read the socket until the turn has closed; seconds to the first word."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies.jar)
        url = self.address.replace("http", "ws", 1) + "/ws/chat"
        first = 0.0
        with connect(url, origin=self.address, additional_headers={"Cookie": cookies}) as socket:
            socket.send(json.dumps({"conversation": conversation, "turns": {}}))
            while True:
                message = json.loads(socket.recv(timeout=60))
                has_words = message["type"] == "blocks" or "answer-block" in message.get("html", "")
                first = first or (time.perf_counter() - began if has_words else 0.0)
                if message["type"] == "closed":
                    return first


def _start_product(home: Path, stack: ExitStack) -> tuple[psutil.Process, str, float]:
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PORTCULLIS_")}
    log = stack.enter_context((home.parent / f"{home.name}.log").open("w+"))
    process = subprocess.Popen(
        [sys.executable, "-m", "portal.embedded", "run"],
        env={**clean, "PORTCULLIS_STATE_DIR": str(home), "PORT": str(port), "PYTHONUNBUFFERED": "1"},
        cwd=ROOT, stdout=log, stderr=log,
    )  # fmt: skip
    stack.callback(process.wait, 60)
    stack.callback(process.terminate)
    began = time.monotonic()
    while "Ctrl-C" not in Path(log.name).read_text():
        if process.poll() is not None or time.monotonic() - began > 600:
            raise SystemExit(f"The product did not start:\n{Path(log.name).read_text()}")
        time.sleep(0.1)
    return psutil.Process(process.pid), f"http://localhost:{port}", time.monotonic() - began


def _start_provider(stack: ExitStack) -> str:
    command = [sys.executable, "-c", PROVIDER, str(TOKENS), str(SECONDS_BETWEEN)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    stack.callback(process.kill)
    assert process.stdout
    return process.stdout.readline().strip()


def _register(home: Path, provider_url: str) -> str:
    variables = environment(State(home), Ports(web=1, model=1))
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", REGISTER.format(url=provider_url)]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def _ask_provider(url: str) -> Measured:
    measured = Measured([], [])
    body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": "Hello"}]}
    for _ in range(EXCHANGES):
        began = time.perf_counter()
        first = 0.0
        with httpx.stream("POST", f"{url}/chat/completions", json=body, timeout=30) as response:
            for line in response.iter_lines():
                if not first and '"word ' in line:
                    first = time.perf_counter() - began
        measured.first_words.append(first)
        measured.totals.append(time.perf_counter() - began)
    return measured


def _processes(product: psutil.Process) -> dict[str, list[psutil.Process]]:
    """The running programs by name, each with its children."""
    named: dict[str, list[psutil.Process]] = {"web": [], "database": [], "model": [], "worker": [], "manager": []}
    for process in [product, *product.children(recursive=True)]:
        line = " ".join(process.cmdline())
        if "tether" in line and "-m" in line:
            continue
        for mark, name in (("portal.serve", "web"), ("model_server", "model"), ("embedded.worker", "worker")):
            if mark in line:
                named[name].append(process)
        if "pginstall" in line or line.startswith("postgres:"):
            named["database"].append(process)
        if "supervisord" in line or "portal.embedded run" in line:
            named["manager"].append(process)
    for web in list(named["web"]):
        named["web"] += web.children(recursive=True)
    return named


def _cpu(tree: dict[str, list[psutil.Process]]) -> dict[str, float]:
    spent = {}
    for name, processes in tree.items():
        spent[name] = sum(sum(process.cpu_times()[:2]) for process in processes if process.is_running())
    return spent


def _print(
    alone: Measured,
    ours: Measured,
    before: dict[str, float],
    after: dict[str, float],
    tree: dict[str, list[psutil.Process]],
    start_seconds: float,
) -> None:
    def milliseconds(values: list[float], quantile: float) -> str:
        return f"{statistics.quantiles(values, n=100)[int(quantile * 100) - 1] * 1000:.0f} ms"

    out = sys.stdout.write
    out(f"start to ready: {start_seconds:.1f} s; {EXCHANGES} exchanges of {TOKENS} tokens, one after the other\n\n")
    out("| | first word p50 | p95 | whole answer p50 |\n|---|---|---|---|\n")
    for name, measured in (("the provider alone", alone), ("the browser's path", ours)):
        firsts, totals = measured.first_words, measured.totals
        out(f"| {name} | {milliseconds(firsts, 0.5)} | {milliseconds(firsts, 0.95)} | {milliseconds(totals, 0.5)} |\n")
    out("\n| process | CPU for one exchange | resident |\n|---|---|---|\n")
    for name, processes in tree.items():
        spent = (after[name] - before[name]) / EXCHANGES * 1000
        resident = sum(process.memory_info().rss for process in processes if process.is_running()) / 1e6
        out(f"| {name} ({len(processes)}) | {spent:.0f} ms | {resident:.0f} MB |\n")


if __name__ == "__main__":
    main()
