"""The portal as a target: the whole embedded product, a provider and a budget in it, a key for programs, a person."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.gateway.targets import ROOT, Target, wait_until
from portal.embedded.ports import free_port
from portal.embedded.programs import Ports, environment
from portal.embedded.state import State

REGISTER = """
import json
from decimal import Decimal
from django.utils import timezone
from apps.accounts.models import Role, Team, User
from apps.api import keys
from apps.api.models import Scope
from apps.gateway.models import BatchMark, Budget, Grant, LanguageModel, Provider
place = Provider.objects.create(
    name="Bench", kind="OPENAI_COMPATIBLE", base_url={url!r}, egress_class="OUTSIDE", is_on=True)
model = LanguageModel.objects.create(provider=place, label="bench", upstream_id="bench", context_window=128000,
    max_output_tokens=1000, input_price=Decimal(1), output_price=Decimal(2), is_on=True)
for team in Team.objects.all():
    Grant.objects.create(team=team, model=model)
    Budget.objects.update_or_create(team=team, defaults=dict(hard_limit=Decimal(1000000)))
person = User.objects.filter(role_assignments__role=Role.EMPLOYEE, memberships__isnull=False, is_active=True).first()
for each in User.objects.all():  # a benchmark asks the same over and over
    BatchMark.objects.create(scope="PERSON", person=each, created_at=timezone.now())
wish = keys.Wish(name="Bench", team=Team.objects.filter(memberships__person=person).first(), scopes=[Scope.CHAT],
    model_ids=[])
print(json.dumps(dict(model=str(model.pk), key=keys.make_personal(person, wish, now=timezone.now()).secret)))
"""


@contextmanager
def portal(peers: Path, provider_url: str, home: Path) -> Iterator[list[Target]]:
    """Start the embedded product with a folder of its own; scrubbing, ledger and budget are on, as always."""
    home.chmod(0o711)
    with product(home / "portal", log=home / "portal.log") as (root, port):
        registered = _register(home / "portal", provider_url)
        yield [_by_key(port, root, registered), _by_page(port, root, registered)]


@contextmanager
def product(state: Path, *, log: Path) -> Iterator[tuple[int, int]]:
    """Run the whole embedded product in the folder `state`; give its launcher's process id and its port."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PORTCULLIS_", "DJANGO_"))}
    variables = {**clean, "PORTCULLIS_STATE_DIR": str(state), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as file:
        command = [sys.executable, "-m", "portal.embedded", "run"]
        process = subprocess.Popen(command, env=variables, cwd=ROOT, stdout=file, stderr=file)
    try:
        wait_until(lambda: "Ctrl-C" in log.read_text(), process, log)
        yield process.pid, port
    finally:
        process.terminate()
        process.wait(60)


def _by_key(port: int, root: int, registered: dict[str, str]) -> Target:
    headers = {"Authorization": f"Bearer {registered['key']}"}
    return Target("Portcullis /v1", "openai", "localhost", port, "/v1/chat/completions", "bench", root, headers)


def _by_page(port: int, root: int, registered: dict[str, str]) -> Target:
    """Sign in as a person of the demo company and take what the composer's form needs."""
    address = f"http://localhost:{port}"
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as client:
        page = client.get("/accounts/sign-in").text
        form = re.search(r'<form[^>]*action="([^"]*demo[^"]*)".*?</form>', page, re.S)
        assert form, "the demo's sign-in page has no one-click people"
        fields = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', form[0]))
        page = client.post(form[1], data=fields, headers={"Referer": address}).text
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    team = re.search(r'name="team" value="([^"]+)"', page)
    assert token
    assert team
    return Target(
        "Portcullis browser", "browser", "localhost", port, "/c/", registered["model"], root,
        {"Cookie": cookies}, {"csrf": token[1], "team": team[1]},
    )  # fmt: skip


def _register(state: Path, provider_url: str) -> dict[str, str]:
    variables = environment(State(state), Ports(web=1, model=1))
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", REGISTER.format(url=provider_url)]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"The provider could not be registered:\n{done.stderr}")
    registered: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    return registered
