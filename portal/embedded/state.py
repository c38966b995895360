"""The folder of one embedded installation: its secrets, its lock, and what is known about the run in progress."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.embedded.database import EmbeddedPostgres
from portal.embedded.folders import make_private, socket_folder

SECRET_KEY_BYTES = 64
MASTER_KEY_BYTES = 32


class AlreadyRunning(RuntimeError):
    """Another launcher holds this folder; `make stop` ends it."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run in progress, as other commands see it."""

    pid: int
    address: str
    model_port: int


@dataclass(frozen=True, slots=True)
class State:
    """Where everything of one installation lies; `make reset` removes it."""

    home: Path

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def sockets(self) -> Path:
        return socket_folder(self.run)

    @property
    def supervisor_socket(self) -> Path:
        return self.sockets / "supervisor.sock"

    @property
    def worker_ready(self) -> Path:
        return self.run / "worker.ready"

    @property
    def schedule(self) -> Path:
        return self.run / "schedule"

    @property
    def processes(self) -> Path:
        return self.run / "processes.json"

    @property
    def demo_mark(self) -> Path:
        """Exists once the demo company was seeded; seeding again would be harmless but slow."""
        return self.home / "demo.seeded"

    @property
    def people(self) -> Path:
        """Whom one can sign in as, for the banner; written at every start."""
        return self.run / "people.json"

    @property
    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home / "postgres")

    @property
    def ledger(self) -> Path:
        """The sequencer's folder: its signing key and the journal of checkpoints."""
        return self.home / "ledger"

    @property
    def witness(self) -> Path:
        """The witness's folder: its key and what it has cosigned."""
        return self.home / "witness"

    def create(self) -> None:
        """Make the folders. The home itself may be crossed by the database's own account, nothing else by anybody."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.home.chmod(0o711)
        for folder in (self.run, self.logs, self.home / "keys", self.home / "files", self.ledger, self.witness):
            make_private(folder)
        make_private(self.sockets)
        make_private(self.postgres.home, mode=0o711)

    def secret_key(self) -> str:
        """Return the key that signs sessions, made on first use."""
        return _kept(self.home / "keys" / "secret.key", lambda: secrets.token_urlsafe(SECRET_KEY_BYTES))

    def master_key_file(self) -> Path:
        """Return the file with the master key, made on first use."""
        path = self.home / "keys" / "master.key"
        _kept(path, lambda: base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode())
        return path

    @contextmanager
    def locked(self) -> Iterator[None]:
        """
        Hold this folder for one launcher; the system lets go of it however the launcher ends.

        :raises AlreadyRunning: if another launcher holds it.
        """
        with (self.run / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AlreadyRunning(str(self.home)) from error
            try:
                yield
            finally:
                self._run_file.unlink(missing_ok=True)

    def is_locked(self) -> bool:
        """Say whether a launcher holds this folder now."""
        try:
            with (self.run / "lock").open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def announce(self, run: Run) -> None:
        """Write down the run in progress for `make status` and `make stop`."""
        write_private(self._run_file, json.dumps(asdict(run)))

    def announced(self) -> Run | None:
        """Return the run in progress, or None if nothing runs or it has not said so yet."""
        if not self.is_locked():
            return None
        try:
            return Run(**json.loads(self._run_file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @property
    def _run_file(self) -> Path:
        return self.run / "run.json"


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read, in one step that readers never see half done."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _kept(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        write_private(path, make())
    return path.read_text().strip()
