"""A scratch installation: a cluster, budgets in every scope, a worker, a sequencer, and web processes that can die."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from bench.crash.provider import Referee
from portal.embedded.ports import free_port
from portal.embedded.programs import ROOT, Ports, environment, preparation_environment, sequencer_environment
from portal.embedded.state import State

INPUT_PRICE: Final = 2
OUTPUT_PRICE: Final = 8
"""Of a million tokens."""
REGISTER: Final = """
import json
from decimal import Decimal
from django.conf import settings
from django.test import Client
from django.utils import timezone
from apps.accounts.models import Membership, Role, Team, User
from apps.api import keys
from apps.api.models import Scope
from apps.batch.models import LaneModel
from apps.gateway.models import BatchMark, Budget, Grant, LanguageModel, Provider
place = Provider.objects.create(
    name="Referee", kind="OPENAI_COMPATIBLE", base_url={url!r}, egress_class="OUTSIDE", is_on=True)
model = LanguageModel.objects.create(provider=place, label="Referee", upstream_id="referee", context_window=32000,
    max_output_tokens=1000, input_price=Decimal({input_price}), output_price=Decimal({output_price}), is_on=True)
team = Team.objects.create(name="Sales", slug="sales")
person = User.objects.create_person("maya", name="Maya Lindqvist", roles=(Role.EMPLOYEE,))
Membership.objects.create(person=person, team=team)
Grant.objects.create(team=team, model=model)
wish = keys.Wish(name="Bench", team=team, scopes=[Scope.CHAT], model_ids=[])
made = keys.make_personal(person, wish, now=timezone.now())
much = dict(hard_limit=Decimal(1000000))
Budget.objects.create(scope="ORGANISATION", **much)
Budget.objects.create(scope="TEAM", team=team, **much)
Budget.objects.create(scope="PERSON", person=person, **much)
Budget.objects.create(scope="MODEL", model=model, **much)
Budget.objects.create(scope="TEAM_MODEL", team=team, model=model, **much)
Budget.objects.create(scope="KEY", **much)
LaneModel.objects.create(model=model)
BatchMark.objects.create(scope="PERSON", person=person, created_at=timezone.now())  # it asks the same over and over
client = Client()
client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
cookie = settings.SESSION_COOKIE_NAME + "=" + client.cookies[settings.SESSION_COOKIE_NAME].value
print(json.dumps(dict(model=str(model.pk), team=str(team.pk), key=made.secret, cookie=cookie)))
"""


@dataclass
class Scene:
    """What stands: where it lies, who asks, and who watches."""

    state: State
    provider: Referee
    variables: dict[str, str]
    told: dict[str, str] = field(default_factory=dict)

    def superuser(self) -> psycopg.Connection[Any]:
        """Connect as the superuser of the cluster."""
        return psycopg.connect(self.state.postgres.url("postgres"), autocommit=True, connect_timeout=5)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database, as its superuser."""
        with self.superuser() as connection:
            return connection.execute(query, values).fetchall()

    def manage(self, *arguments: str, variables: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=variables or self.variables, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def log(self, name: str) -> Path:
        """Give the file that a program's lines go to."""
        return self.state.logs / f"{name}.log"


class Web:
    """Forks web processes that end at a chosen moment; see `bench.crash.web`."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.port, self._scene = free_port(), scene
        variables = {**scene.variables, "PORTCULLIS_BASE_URL": f"http://localhost:{self.port}"}
        self._file = scene.log(name).open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.crash.web"],
            cwd=ROOT, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._file, text=True,
        )  # fmt: skip
        self._line()
        self.pid = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://localhost:{self.port}"

    def start(self, kind: str = "none", number: int = 0) -> None:
        """Start a fresh web process that dies at that moment, and wait until it answers; on a busy port try another."""
        for _ in range(3):
            self.port = free_port()
            if self._started(kind, number):
                return
            self.kill()
        raise RuntimeError(f"A web process did not start:\n{Path(self._file.name).read_text()[-3000:]}")

    def _started(self, kind: str, number: int, seconds: float = 300) -> bool:
        self._tell(kind, number)
        deadline = time.monotonic() + seconds
        while not self._answers():
            if not self.is_alive() or time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def run_batch(self, question: str, kind: str, number: int) -> bool:
        """Let a worker answer a batch of one line that dies at that moment; say whether it got through."""
        self.port = free_port()
        done = self._scene.state.home / f"batch-{self.port}.done"
        self._tell(kind, number, batch=question)
        while self.is_alive():
            time.sleep(0.02)
        self.kill()
        return done.exists()

    def is_alive(self) -> bool:
        """Say whether the web process is still there."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """Kill the web process and its privacy engine, if they are there."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        while self.is_alive():
            time.sleep(0.01)

    def close(self) -> None:
        """End everything."""
        if self.pid:
            self.kill()
        self._process.kill()
        self._process.wait()
        self._file.close()

    def _tell(self, kind: str, number: int, **also: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"port": self.port, "kind": kind, "number": number, **also}) + "\n")
        self._process.stdin.flush()
        self.pid = int(self._line())

    def _answers(self) -> bool:
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(asking):
            asking.request("GET", "/healthz", headers={"Host": f"localhost:{self.port}"})
            return asking.getresponse().status == 200
        return False

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The launcher of web processes ended; see its log.")
        return line


@contextlib.contextmanager
def scene(*, with_worker: bool = True, with_sequencer: bool = True) -> Iterator[Scene]:
    """Make an installation with everything but the web process, and remove it afterwards."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portcullis-crash-")))
        home.chmod(0o711)
        state = State(home / "portal")
        state.create()
        postgres = state.postgres
        postgres.initialise()
        server = postgres.start()
        stack.callback(_end_database, state, server)
        postgres.create_databases()
        provider = Referee().start()
        stack.callback(provider.stop)
        made = Scene(state, provider, _variables(environment(state, Ports(web=1, model=1))))
        _prepare(made)
        if with_sequencer:
            _run(stack, made, "sequencer", ["manage.py", "ledger", "sequence"], sequencer_variables(made))
        if with_worker:
            files = ["--ready-file", str(state.worker_ready), "--schedule-file", str(state.schedule)]
            _run(stack, made, "worker", ["-m", "portal.embedded.worker", *files])
            while not state.worker_ready.exists():
                time.sleep(0.1)
        yield made


def _variables(given: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if name != "PORTCULLIS_LEDGER_WITNESSES"}


def _prepare(made: Scene) -> None:
    owner = preparation_environment(made.state, Ports(web=1, model=1))
    for arguments in (("prepare_database",), ("collectstatic", "--no-input")):
        done = made.manage(*arguments, variables=owner)
        if done.returncode:
            raise RuntimeError(done.stderr)
    register = REGISTER.format(url=made.provider.base_url, input_price=INPUT_PRICE, output_price=OUTPUT_PRICE)
    done = made.manage("shell", "--no-imports", "-c", register)
    if done.returncode:
        raise RuntimeError(done.stderr)
    made.told = json.loads(done.stdout.strip().splitlines()[-1])


def sequencer_variables(made: Scene) -> dict[str, str]:
    """Give the environment of the sequencer: its own role, its own folder."""
    return _variables(sequencer_environment(made.state, Ports(web=1, model=1)))


def _run(
    stack: ExitStack, made: Scene, name: str, arguments: list[str], variables: dict[str, str] | None = None
) -> None:
    file = stack.enter_context(made.log(name).open("ab"))
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, env=variables or made.variables, stdout=file, stderr=file
    )
    stack.callback(process.wait)
    stack.callback(process.kill)


def _end_database(state: State, server: subprocess.Popen[bytes]) -> None:
    """Stop whatever server runs on the data now: it may be another one than the first."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int((state.postgres.data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
    server.wait()
