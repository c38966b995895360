"""
What an outage costs: requests sent for each question that was asked, with every provider down and fifty users asking.

    python -m bench.outage [--seconds 60] [--users 50]

Starts the whole embedded product with two providers of its own, a model at each that answers for the other, and breaks
both in three ways, one after the other. A retry budget is good if no more than 1.2 requests leave for a question. What
the guard against programs that run away refuses is not counted as asked. Takes about four minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from bench.gateway.portal import product
from bench.gateway.targets import ROOT
from portal.embedded.programs import Ports, environment
from portal.embedded.state import State

REGISTER = """
import json
from decimal import Decimal
from django.utils import timezone
from apps.accounts.models import Membership, Role, Team, User
from apps.api import keys
from apps.api.models import Scope
from apps.gateway.models import Budget, Grant, LanguageModel, Provider
for number, url in enumerate({urls!r}):
    place = Provider.objects.create(
        name=f"Down {{number}}", kind="OPENAI_COMPATIBLE", base_url=url, egress_class="OUTSIDE", is_on=True)
    for label in [f"down-{{number}}-{{way}}" for way in {ways!r}]:
        model = LanguageModel.objects.create(provider=place, label=label, upstream_id=label, context_window=128000,
            max_output_tokens=1000, input_price=Decimal(1), output_price=Decimal(2), is_on=True)
        Grant.objects.create(model=model)
for way in {ways!r}:
    first, second = (LanguageModel.objects.get(label=f"down-{{number}}-{{way}}") for number in (0, 1))
    first.alternates.create(alternate=second, position=0)
    LanguageModel.objects.filter(pk=first.pk).update(fallback="LISTED")
for team in Team.objects.all():
    Budget.objects.update_or_create(team=team, defaults=dict(hard_limit=Decimal(1000000)))
team = Team.objects.first()
wish = keys.Wish(name="Outage", team=team, scopes=[Scope.CHAT], model_ids=[])
secrets = []
for number in range({users}):
    person = User.objects.create_person(f"user-{{number}}", name=f"User {{number}}", roles=(Role.EMPLOYEE,))
    Membership.objects.create(person=person, team=team)
    secrets.append(keys.make_personal(person, wish, now=timezone.now()).secret)
print(json.dumps(secrets))
"""
WAYS = ("refuses", "fails", "hangs")


@dataclass
class Down:
    """A provider that answers nothing, in the way that the model's name says; it counts what arrives, and when."""

    arrived: list[tuple[str, float]] = field(default_factory=list)
    port: int = 0

    async def start(self) -> None:
        """Listen on a free port."""
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._answer)
        runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]

    async def _answer(self, request: web.Request) -> web.Response:
        model = (await request.json())["model"]
        self.arrived.append((model, time.monotonic()))
        if model.endswith("refuses"):
            return web.json_response({"error": {"message": "busy"}}, status=429)
        if model.endswith("hangs"):
            await asyncio.sleep(3600)
        return web.json_response({"error": {"message": "broken"}}, status=503)

    def count(self, way: str) -> int:
        """Say how many requests came for a way of being down."""
        return sum(model.endswith(way) for model, _ in self.arrived)


async def ask_for(seconds: float, users: int, ask: Callable[[int], Awaitable[bool]]) -> list[float]:
    """Let each user ask one question after the other; give how long each took that was not stopped by the guard."""
    until = time.monotonic() + seconds
    took: list[float] = []

    async def one(number: int) -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            if await ask(number):
                took.append(time.monotonic() - began)
            await asyncio.sleep(1)

    await asyncio.gather(*(one(number) for number in range(users)))
    return took


async def measure(port: int, secrets: list[str], providers: list[Down], *, seconds: float, users: int) -> bool:
    """Print a line for each way of being down; say whether all kept the bound."""
    address = f"http://localhost:{port}/v1/chat/completions"
    is_good = True
    print(f"{users} users, {seconds:.0f} s each, a second between two questions of one user; every provider is down")
    print(f"{'the provider':<14}{'asked':>7}{'sent':>7}{'sent/asked':>12}{'s to the error, median':>24}{'worst':>7}")
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for way in WAYS:

            async def ask(number: int, way: str = way) -> bool:
                question = [{"role": "user", "content": f"Question {number} {time.monotonic_ns()}"}]
                body = {"model": f"down-0-{way}", "messages": question, "max_tokens": 9}
                headers = {"Authorization": f"Bearer {secrets[number]}"}
                async with session.post(address, json=body, headers=headers) as response:
                    return b"runaway_stopped" not in await response.read()

            took = await ask_for(seconds, users, ask)
            sent = sum(provider.count(way) for provider in providers)
            is_good &= sent < 1.2 * len(took)
            middle, worst = statistics.median(took), max(took)
            print(f"{way:<14}{len(took):>7}{sent:>7}{sent / len(took):>12.2f}{middle:>24.2f}{worst:>7.2f}")
    return is_good


async def run(state: Path, log: Path, *, seconds: float, users: int) -> bool:
    """Start everything, measure, stop."""
    providers = [Down(), Down()]
    for provider in providers:
        await provider.start()
    with product(state, log=log) as (_, port):
        urls = [f"http://127.0.0.1:{provider.port}/v1" for provider in providers]
        secrets = await asyncio.to_thread(_register, state, urls, users)
        return await measure(port, secrets, providers, seconds=seconds, users=users)


def _register(state: Path, urls: list[str], users: int) -> list[str]:
    variables = environment(State(state), Ports(web=1, model=1))
    command = [
        sys.executable,
        "manage.py",
        "shell",
        "--no-imports",
        "-c",
        REGISTER.format(urls=urls, ways=WAYS, users=users),
    ]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    secrets: list[str] = json.loads(done.stdout.strip().splitlines()[-1])
    return secrets


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, default=50)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-outage-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        is_good = asyncio.run(run(home / "portal", home / "log", seconds=chosen.seconds, users=chosen.users))
    if not is_good:
        sys.exit("More than 1.2 requests left for a question.")


if __name__ == "__main__":
    main()
