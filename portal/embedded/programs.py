"""The six programs of the embedded shape, in the order in which they start; they stop in the opposite order."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portal.embedded.database import APP, BROKER_DATABASE, OWNER, SEQUENCER
from portal.embedded.ports import free_port
from portal.embedded.state import State

ROOT = Path(__file__).resolve().parents[2]
TETHER = Path(__file__).with_name("tether.py")
WITNESS = ROOT / "offline" / "portcullis_witness.py"
# Only the preparation step may act as the owner of the tables.
OWNER_VARIABLE = "PORTCULLIS_DATABASE_OWNER_URL"
MODEL_KEY_VARIABLE = "PORTCULLIS_LOCAL_MODEL_KEY"


@dataclass(frozen=True, slots=True)
class Program:
    """One process that the process manager keeps alive."""

    name: str
    command: list[str]
    environment: Mapping[str, str]
    account: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 15


@dataclass(frozen=True, slots=True)
class Ports:
    """
    The TCP ports of a run, all on the loopback address, which every account of the machine can reach.

    So the model asks for a key that is new in each run and is known to this account's programs alone.
    """

    web: int
    model: int
    witness: int = field(default_factory=free_port)
    model_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


def tethered(command: list[str], *options: str, sign: signal.Signals = signal.SIGTERM) -> list[str]:
    """Return the command that runs `command` tied to the life of its parent; `options` are those of tether.py."""
    return [sys.executable, "-I", str(TETHER), "--signal", str(int(sign)), *options, "--", *command]


def environment(state: State, ports: Ports) -> dict[str, str]:
    """
    Return the environment of the web process and the worker: whatever the person set, and what the launcher decides.

    They get the database address of the runtime role and never the owner's.
    """
    postgres = state.postgres
    given = {name: value for name, value in os.environ.items() if name != OWNER_VARIABLE}
    defaults = {"PORTCULLIS_BASE_URL": f"http://localhost:{ports.web}", "PORTCULLIS_DEMO_SIGN_IN": "yes"}
    decided = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PYTHONUNBUFFERED": "1",
        "PORTCULLIS_SHAPE": "embedded",
        "PORTCULLIS_STATE_DIR": str(state.home),
        "PORTCULLIS_SECRET_KEY": state.secret_key(),
        "PORTCULLIS_MASTER_KEY_FILE": str(state.master_key_file()),
        "PORTCULLIS_DATABASE_URL": postgres.url(APP),
        "PORTCULLIS_BROKER_URL": broker_url(state),
        "PORTCULLIS_BIND_HOST": "127.0.0.1",
        "PORTCULLIS_BIND_PORT": str(ports.web),
        "PORTCULLIS_WEB_PROCESSES": "1",
        "PORTCULLIS_LOCAL_MODEL_URL": f"http://127.0.0.1:{ports.model}",
        MODEL_KEY_VARIABLE: ports.model_key,
    }
    return {**defaults, **given, **decided}


def preparation_environment(state: State, ports: Ports) -> dict[str, str]:
    """Return the environment of the preparation step: the only one that may act as the owner of the tables."""
    return {**environment(state, ports), OWNER_VARIABLE: state.postgres.url(OWNER)}


def sequencer_environment(state: State, ports: Ports) -> dict[str, str]:
    """Return the environment of the sequencer: its own database role, its own folder, the witness beside it."""
    return {
        **environment(state, ports),
        "PORTCULLIS_DATABASE_URL": state.postgres.url(SEQUENCER),
        "PORTCULLIS_LEDGER_DIR": str(state.ledger),
        "PORTCULLIS_LEDGER_WITNESSES": f"http://127.0.0.1:{ports.witness} {state.witness / 'verifier.key'}",
    }


def broker_url(state: State) -> str:
    """Return Celery's address of the broker's own database, over the Unix socket."""
    postgres = state.postgres
    account = f"{APP}:{postgres.password(APP)}"
    return f"database+postgresql+psycopg://{account}@/{BROKER_DATABASE}?host={postgres.socket_dir}"


def programs(state: State, ports: Ports) -> list[Program]:
    """List the programs of one run."""
    shared = environment(state, ports)
    bare = {name: os.environ[name] for name in ("PATH", "LANG", "TZ", "TMPDIR") if name in os.environ}
    postgres = state.postgres
    python = [sys.executable, "-m"]
    worker = ["--ready-file", str(state.worker_ready), "--schedule-file", str(state.schedule)]
    return [
        Program(
            "database",
            postgres.server_command(),
            bare,
            account=postgres.server_account(),
            stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown: do not wait for clients
            stop_seconds=30,
        ),
        Program(
            "model",
            [*python, "portal.embedded.model_server", "--port", str(ports.model)],
            {**bare, MODEL_KEY_VARIABLE: ports.model_key},
            stop_seconds=5,
        ),
        Program(
            "witness",
            [
                sys.executable,
                str(WITNESS),
                "--state",
                str(state.witness),
                "--name",
                "localhost/witness",
                "--log-key",
                str(state.ledger / "verifier.key"),
                "--listen",
                f"127.0.0.1:{ports.witness}",
            ],
            bare,
            stop_seconds=5,
        ),
        Program(
            "sequencer",
            [sys.executable, str(ROOT / "manage.py"), "ledger", "sequence"],
            sequencer_environment(state, ports),
            stop_seconds=10,
        ),
        Program("worker", [*python, "portal.embedded.worker", *worker], shared, stop_seconds=10),
        Program("web", [*python, "portal.serve"], shared, stop_seconds=20),
    ]
