"""The production shape without containers: the same commands as docker-compose.yml, real Redis, PostgreSQL over TCP."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from portal.embedded.database import APP, DATABASE, OWNER, EmbeddedPostgres
from portal.embedded.ports import free_port
from tests.platform.processes import ROOT, clean_environment, open_folder, running, status_of, wait_until

pytestmark = [
    pytest.mark.journey,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed; see make test"),
]
HOST = "portcullis.example"
AS_PROXY = {"host": HOST, "x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.9"}


@dataclass
class Shape:
    """The running processes and how to reach them."""

    port: int
    redis_port: int
    environment: dict[str, str]
    logs: Path
    services: dict[str, Any]

    def get(self, path: str) -> httpx.Response:
        """Ask as the reverse proxy would."""
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=AS_PROXY)

    def once(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in the environment of the web process."""
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=100
        )


def command_of(service: dict[str, Any], *, temporary: Path) -> list[str]:
    """A service's own command, with this environment's programs and another temporary folder."""
    program, *arguments = service["command"]
    binary = sys.executable if program == "python" else str(Path(sys.executable).with_name(program))
    return [binary, *(re.sub("^/tmp", str(temporary), argument) for argument in arguments)]


def environment_of(service: dict[str, Any], folder: Path) -> dict[str, str]:
    """A service's own environment, with its secrets' folder in place of the containers'."""
    given = {name: str(value) for name, value in service["environment"].items()}
    for name, value in given.items():
        value = re.sub(r"\$\{PORTCULLIS_HOST[^}]*\}", HOST, value)
        value = re.sub(r"\$\{[A-Z_]+:-\}", "", value)
        given[name] = value.replace("/run/secrets", str(folder / "secrets"))
    return {**clean_environment(), **given, "PORTCULLIS_STATE_DIR": str(folder / "state")}


@pytest.fixture(scope="module")
def shape() -> Iterator[Shape]:
    """Everything that docker-compose.yml starts, except the proxy."""
    with open_folder() as folder, started_in(folder) as shape:
        yield shape


@contextmanager
def started_in(folder: Path) -> Iterator[Shape]:
    """Start the stores, prepare the database, start the three services, wait for them."""
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    web_port, redis_port = free_port(), free_port()
    subprocess.run([ROOT / "deploy" / "make-secrets.sh", HOST, folder / "secrets"], check=True, capture_output=True)
    postgres = EmbeddedPostgres(folder / "postgres", tcp_port=free_port())
    write_addresses(folder / "secrets", postgres, redis_port=redis_port)
    environment = environment_of(services["web"], folder) | {
        "PORTCULLIS_BIND_PORT": str(web_port),
        "PORTCULLIS_TRUSTED_PROXIES": "127.0.0.1",
    }
    shape = Shape(web_port, redis_port, environment, folder, services)
    with ExitStack() as started:
        start_stores(started, shape, postgres)
        prepare(services["prepare"], shape)
        for name in ("web", "worker", "scheduler"):
            command = command_of(services[name], temporary=folder)
            started.enter_context(running(command, log=folder / f"{name}.log", environment=environment))
        wait_until(lambda: status_of(f"http://127.0.0.1:{web_port}/readyz", **AS_PROXY) == 200, what="the web is ready")
        wait_until(lambda: "ready." in (folder / "worker.log").read_text(), what="the worker is ready")
        yield shape


def write_addresses(secrets: Path, postgres: EmbeddedPostgres, *, redis_port: int) -> None:
    """Point the secrets that hold addresses at this machine; everything else stays as the script made it."""
    postgres.home.mkdir()
    redis = (secrets / "redis_password").read_text()
    for name, role in (("database_url", APP), ("database_owner_url", OWNER)):
        address = f"postgresql://{role}:{postgres.password(role)}@127.0.0.1:{postgres.tcp_port}/{DATABASE}"
        (secrets / name).write_text(address)
    (secrets / "broker_url").write_text(f"redis://:{redis}@127.0.0.1:{redis_port}/0")
    (secrets / "channel_layer_url").write_text(f"redis://:{redis}@127.0.0.1:{redis_port}/1")


def start_stores(started: ExitStack, shape: Shape, postgres: EmbeddedPostgres) -> None:
    """Start PostgreSQL on a TCP port and Redis with its own command from the compose file."""
    postgres.initialise()
    command = postgres.server_command(durable=False)
    (shape.logs / "secrets").chmod(0o711)
    environment = clean_environment()
    account = postgres.server_account()
    started.enter_context(
        running(command, log=shape.logs / "database.log", environment=environment, user=account, stop=signal.SIGINT)
    )
    wait_until(postgres.answers, what="PostgreSQL answers")
    postgres.create_databases()
    config, *options = shape.services["redis"]["command"][1:]
    config = config.replace("/run/secrets", str(shape.logs / "secrets"))
    options = [option.replace("/data", str(shape.logs)) for option in options]
    redis = ["redis-server", config, *options, "--port", str(shape.redis_port), "--bind", "127.0.0.1"]
    started.enter_context(running(redis, log=shape.logs / "redis.log", environment=environment))


def prepare(service: dict[str, Any], shape: Shape) -> None:
    """Run the preparation job as compose does, and collect the static files as the image's build does."""
    owner = shape.environment | {
        "PORTCULLIS_DATABASE_OWNER_URL_FILE": str(shape.logs / "secrets" / "database_owner_url"),
    }
    for command in (
        command_of(service, temporary=shape.logs),
        [sys.executable, "manage.py", "collectstatic", "--no-input"],
    ):
        done = subprocess.run(command, cwd=ROOT, env=owner, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_the_portal_is_ready_behind_a_proxy_and_its_health_command_agrees(shape: Shape) -> None:
    assert shape.get("/readyz").status_code == 200
    assert shape.once("-m", "portal.healthcheck").returncode == 0


def test_pages_are_for_https_and_for_the_named_host_alone(shape: Shape) -> None:
    page = shape.get("/accounts/sign-in/")

    assert page.status_code == 200
    assert "max-age=31536000" in page.headers["strict-transport-security"]
    assert all("__Host-" in cookie and "Secure" in cookie for cookie in page.headers.get_list("set-cookie"))
    assert "server" not in page.headers
    assert httpx.get(f"http://127.0.0.1:{shape.port}/", headers={**AS_PROXY, "host": "evil.example"}).status_code == 400


def test_plain_http_is_sent_to_https(shape: Shape) -> None:
    answer = httpx.get(f"http://127.0.0.1:{shape.port}/audit/", headers={"host": HOST})

    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{HOST}/audit/"


def test_the_demo_s_one_click_sign_in_does_not_exist(shape: Shape) -> None:
    page = shape.get("/accounts/sign-in/")
    assert "Maya" not in page.text

    address = f"http://127.0.0.1:{shape.port}/accounts/sign-in/demo/"
    token = page.cookies.get("__Host-csrf") or "x" * 32
    answer = httpx.post(
        address,
        headers={**AS_PROXY, "origin": f"https://{HOST}", "cookie": f"__Host-csrf={token}", "x-csrftoken": token},
        data={"username": "maya.lindqvist"},
    )
    assert answer.status_code == 404


def test_static_files_are_compressed_and_kept_for_ever(shape: Shape) -> None:
    page = shape.get("/accounts/sign-in/").text
    path = re.search(r"/static/css/[^\"]+\.[0-9a-f]{12}\.css", page)
    assert path, "the page links no hashed style sheet"

    answer = shape.get(path[0])

    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] in {"gzip", "zstd", "br"}
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert shape.get("/static/../portal/settings.py").status_code == 404


def test_a_task_goes_through_redis_to_the_worker(shape: Shape) -> None:
    sent = shape.once("-m", "celery", "--app", "portal", "call", "portal.forget_ended_sessions")
    assert sent.returncode == 0, sent.stderr
    task = sent.stdout.strip().splitlines()[-1]

    log = shape.logs / "worker.log"
    wait_until(lambda: re.search(rf"{task}\] succeeded", log.read_text()), what="the worker has done the task")
    assert "redis://" in log.read_text()


def test_the_worker_s_own_health_command_finds_it(shape: Shape) -> None:
    pinged = shape.once("-m", "celery", "--app", "portal", "inspect", "ping", "--timeout", "5")

    assert pinged.returncode == 0, pinged.stderr
    assert "pong" in pinged.stdout


def test_the_deployment_checks_find_nothing_not_even_in_the_database(shape: Shape) -> None:
    checked = shape.once("manage.py", "check", "--deploy", "--database", "default", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr


def test_a_runtime_role_that_owns_the_tables_is_refused(shape: Shape) -> None:
    as_owner = shape.environment | {"PORTCULLIS_DATABASE_URL_FILE": str(shape.logs / "secrets" / "database_owner_url")}

    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=ROOT, env=as_owner, capture_output=True, text=True,
    )  # fmt: skip

    assert checked.returncode == 1
    assert "portal.E011" in checked.stderr
