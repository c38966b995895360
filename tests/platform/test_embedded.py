"""`make run`: starts, restarts, refuses, stops, and keeps what it was given."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import psutil
import psycopg
import pytest

from portal.embedded.database import OWNER
from portal.embedded.programs import MODEL_KEY_VARIABLE
from portal.embedded.state import State
from tests.platform.processes import PROGRAMS, Embedded, family, open_folder, status_of, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def embedded() -> Iterator[Embedded]:
    """One installation for this file."""
    with open_folder() as folder:
        yield Embedded.in_folder(folder)


@pytest.fixture(scope="module")
def run_in_progress(embedded: Embedded) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Give the launcher of the run that an earlier test left behind, or start one: each start takes many seconds."""
    with ExitStack() as runs:
        started: list[subprocess.Popen[bytes]] = []

        def launcher() -> subprocess.Popen[bytes]:
            if not started or started[-1].poll() is not None:
                runs.close()
                started.append(runs.enter_context(embedded.started()))
            return started[-1]

        yield launcher


@pytest.fixture
def launcher(run_in_progress: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
    """The launcher of a product that runs, for a test that leaves it running or stops it in order."""
    return run_in_progress()


@pytest.fixture
def at_rest(embedded: Embedded) -> Embedded:
    """The installation while it does not run."""
    assert embedded.call("stop").returncode == 0
    return embedded


def gone(processes: list[psutil.Process]) -> bool:
    """Whether all have ended. A child that lives by a pipe ends a moment after the process that held the other end."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_what_dies_comes_back_and_what_stops_leaves_nothing_behind(at_rest: Embedded) -> None:
    with at_rest.started() as launcher:
        everything = family(launcher.pid)
        before = at_rest.settled_pids()
        assert at_rest.address in at_rest.said()
        assert "Maya Lindqvist" in at_rest.said()

        for pid in before.values():
            psutil.Process(pid).kill()

        wait_until(
            lambda: set(now := at_rest.pids()) == PROGRAMS and not set(now.values()) & set(before.values()),
            what="every killed program runs again",
        )
        wait_until(lambda: status_of(f"{at_rest.address}/readyz") == 200, what="the product is ready again")
        everything += family(launcher.pid)

        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(30) == 0

    wait_until(lambda: gone(everything), what="nothing of the run is left", seconds=20)
    assert "all data is kept" in at_rest.said()


def test_a_killed_launcher_leaves_nothing_behind_and_the_next_start_keeps_the_data(
    at_rest: Embedded, run_in_progress: Callable[[], subprocess.Popen[bytes]]
) -> None:
    state = State(at_rest.state)
    with at_rest.started() as launcher:
        everything = family(launcher.pid)
        secrets = state.secret_key(), state.master_key_file().read_text()
        with psycopg.connect(state.postgres.url(OWNER)) as connection:
            people = connection.execute("SELECT count(*) FROM accounts_user").fetchone()

        launcher.kill()

        wait_until(
            lambda: gone(everything),
            what="nothing of the killed run is left",
            seconds=40,
        )

    run_in_progress()
    assert (state.secret_key(), state.master_key_file().read_text()) == secrets
    with psycopg.connect(state.postgres.url(OWNER)) as connection:
        assert connection.execute("SELECT count(*) FROM accounts_user").fetchone() == people


def test_secrets_are_private_and_no_program_holds_the_owner_s_password(
    embedded: Embedded, launcher: subprocess.Popen[bytes]
) -> None:
    postgres = State(embedded.state).postgres
    for pid in embedded.settled_pids().values():
        for process in family(pid):
            known = " ".join([*process.environ().values(), *process.cmdline()])
            assert postgres.password(OWNER) not in known
            assert postgres.password("postgres") not in known

            assert "PORTCULLIS_LOCAL_MODEL_KEY" not in " ".join(process.cmdline())

    kept = [path for path in embedded.state.rglob("*") if path.suffix in {".key", ".password", ".json", ".conf"}]
    elsewhere = [path for path in kept if not {"data", "static"} & set(path.relative_to(embedded.state).parts)]
    secret = [path for path in elsewhere if path.name != "verifier.key"]  # public, for whoever checks the ledger
    assert {"master.key", "secret.key", "portcullis_owner.password"} <= {path.name for path in secret}
    assert not [path for path in secret if path.stat().st_mode & 0o077]


def test_the_local_model_answers_nobody_who_has_not_the_key_of_this_run(
    embedded: Embedded, launcher: subprocess.Popen[bytes]
) -> None:
    question = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    run = State(embedded.state).announced()
    assert run
    model = f"http://127.0.0.1:{run.model_port}"
    key = json.loads((embedded.state / "run" / "model.environment.json").read_text())[MODEL_KEY_VARIABLE]
    asked = [
        httpx.post(f"{model}{path}", json=question, headers=headers, timeout=60).status_code
        for path in ("/v1/chat/completions", "/completion", "/v1/completions", "/tokenize", "/infill")
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"X-Api-Key": "wrong"})
    ]
    known = httpx.post(
        f"{model}/v1/chat/completions", json=question, headers={"Authorization": f"Bearer {key}"}, timeout=60
    )
    closed = [httpx.get(f"{model}{path}").status_code for path in ("/slots", "/metrics", "/props")]

    assert set(asked) == {401}
    assert known.status_code == 200
    assert not {200} & set(closed)


def test_a_killed_process_manager_is_replaced_with_everything_under_it(
    embedded: Embedded, launcher: subprocess.Popen[bytes]
) -> None:
    before = embedded.settled_pids()
    manager = next(each for each in family(launcher.pid) if "supervisor.supervisord" in " ".join(each.cmdline()))

    manager.kill()

    wait_until(lambda: "Everything runs again" in embedded.said(), what="everything was started again")
    assert not set(embedded.settled_pids().values()) & set(before.values())
    assert status_of(f"{embedded.address}/readyz") == 200


def test_a_second_start_says_where_the_first_one_runs(embedded: Embedded, launcher: subprocess.Popen[bytes]) -> None:
    second = embedded.call("run", PORT="1")

    assert second.returncode == 1
    assert f"runs already at {embedded.address}" in second.stderr
    assert f"process {launcher.pid}" in second.stderr
    assert embedded.call("reset", CONFIRM="yes").returncode == 1

    assert embedded.call("stop").returncode == 0
    assert launcher.wait(5) == 0
    assert "does not run" in embedded.call("status").stdout
    assert "does not run" in embedded.call("manage").stdout


def test_a_taken_port_is_named_with_who_holds_it_and_what_to_do(at_rest: Embedded) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", at_rest.port))
        other.listen()

        refused = at_rest.call("run")

    assert refused.returncode == 1
    assert f"Port {at_rest.port} is taken by process" in refused.stderr
    assert "make run PORT=" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_reset_asks_before_it_deletes_everything(at_rest: Embedded) -> None:
    refused = at_rest.call("reset")
    assert refused.returncode == 1
    assert "CONFIRM=yes" in refused.stderr
    assert at_rest.state.exists()

    assert at_rest.call("reset", CONFIRM="yes").returncode == 0
    assert not at_rest.state.exists()
