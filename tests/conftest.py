"""What every test stands on: a real PostgreSQL, the runtime role, and no way out of this machine."""

from __future__ import annotations

import shutil
import socket
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from portal.embedded.database import EmbeddedPostgres
from tests import clusters, memories, order
from tests.environment import POSTGRES, STATE
from tests.fake_provider import FakeProvider

JOURNEY = "journey"
ROWS_THAT_ARE_QUICK = 2


def pytest_configure() -> None:
    """Let pages name static files as they are in the tree: the manifest of hashed names is made by collectstatic."""
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files without journeys unread when journeys alone are asked for: to read all takes longer."""
    alone = config.option.markexpr == JOURNEY and collection_path.suffix == ".py"
    return True if alone and f"mark.{JOURNEY}" not in collection_path.read_text() else None


@pytest.hookimpl(wrapper=True)  # marks before pytest selects by them, the order after pytest-django has sorted
def pytest_collection_modifyitems(items: list[pytest.Function]) -> Generator[None, None, None]:
    """
    Say which tests are thorough, and bring journeys into their order.

    Whatever looks at a page in a real browser is thorough, and whatever commits: all tables are emptied then. Of a test
    with many rows, all but the first two are.
    """
    rows: Counter[str] = Counter()
    for item in items:
        test = item.nodeid.partition("[")[0]
        rows[test] += 1
        commits = any(mark.kwargs.get("transaction") for mark in item.iter_markers("django_db"))
        is_slow = commits or {"chromium", "transactional_db"} & set(item.fixturenames)
        if is_slow or rows[test] > ROWS_THAT_ARE_QUICK:
            item.add_marker(pytest.mark.thorough)
    yield
    items.sort(key=lambda item: order.turn_of(item.nodeid) if item.get_closest_marker(JOURNEY) else len(order.LONGEST))


def pytest_unconfigure() -> None:
    """Remove this process's own state folder; the process that only hands out tests has one too."""
    shutil.rmtree(STATE, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(django_db_blocker: pytest.FixtureRequest) -> Iterator[EmbeddedPostgres]:
    """The run's own PostgreSQL cluster, migrated by the owner; tests run as the runtime role, like the product."""

    def prepare() -> None:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            call_command("prepare_database", verbosity=0)
            close_connections()

    server = clusters.start_prepared(POSTGRES, prepare)
    yield POSTGRES
    clusters.stop(server)
    shutil.rmtree(POSTGRES.socket_dir, ignore_errors=True)
    shutil.rmtree(STATE, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(postgres: EmbeddedPostgres, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Close this process's connections before its cluster ends."""
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        close_connections()


def close_connections() -> None:
    """Close every connection of Django's and the pools behind them."""
    for connection in connections.all():
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


@pytest.fixture(autouse=True)
def nothing_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process know nothing of the test before; see tests/memories.py."""
    memories.forget(monkeypatch)


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection off this machine, so that a library which calls home fails its test."""
    really_connect = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])  # type: ignore[index]
            if host not in {"127.0.0.1", "::1", "localhost"}:
                raise AssertionError(f"A test tried to leave this machine: {address!r}")
        really_connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True, scope="session")
def _flush_as_superuser() -> Iterator[None]:
    """
    Tests that commit are cleaned by the superuser, after them: the runtime role may not empty the ledger.

    Deleting the few rows of a test takes a fiftieth of the time that TRUNCATE needs for the files of every table.
    """
    import psycopg
    from django.test import TransactionTestCase

    superuser: list[psycopg.Connection[tuple[str]]] = []
    statements: list[str] = []

    def connected() -> psycopg.Connection[tuple[str]]:
        if not superuser:
            superuser.append(psycopg.connect(POSTGRES.url("postgres"), autocommit=True))
            superuser[0].execute("SET session_replication_role = replica")
            tables = superuser[0].execute(
                "SELECT format('DELETE FROM %I', tablename) FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename NOT IN ('django_migrations', 'django_content_type')"
            )
            statements.extend(row[0] for row in tables)
        return superuser[0]

    def empty(self: TransactionTestCase) -> None:
        connection = connected()
        for attempt in range(5):
            try:
                connection.execute("; ".join(statements))
            except psycopg.errors.DeadlockDetected:  # a server that still runs in this process was faster
                if attempt == 4:
                    raise
            else:
                return

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield
    for connection in superuser:
        connection.close()


@pytest.fixture
def make_team(db: None):  # type: ignore[no-untyped-def]
    """Make a team by name; the same name gives the same team."""
    from django.utils.text import slugify

    from apps.accounts.models import Team

    def make(name: str = "Sales") -> Team:
        return Team.objects.get_or_create(name=name, defaults={"slug": slugify(name)})[0]

    return make


@pytest.fixture
def make_person(db: None, make_team):  # type: ignore[no-untyped-def]
    """Make an active person with roles and teams."""
    from apps.accounts.models import Membership, Role, User

    def make(username: str = "maya", *, roles: tuple[str, ...] = (Role.EMPLOYEE,), teams: tuple[str, ...] = ()) -> User:
        person = User.objects.create_person(username, name=username.title(), roles=roles)
        Membership.objects.bulk_create(Membership(person=person, team=make_team(team)) for team in teams)
        return person

    return make


@pytest.fixture
def left_to_one(db: None):  # type: ignore[no-untyped-def]
    """Let one officer do a deed alone, as two officers decide it: the rule, and its event."""
    from django.utils import timezone

    from apps.audit.approvals.deeds import RULE
    from apps.audit.approvals.models import FourEyesRule
    from apps.ledger.records import record_event

    def leave(deed: str) -> None:
        FourEyesRule.objects.create(deed=deed, is_needed=False)
        record_event(
            "FOUR_EYES_SWITCHED_OFF", who=None, subject_kind=RULE, subject_id=str(deed), now=timezone.now()
        )  # fmt: skip

    return leave


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    """A model provider on this machine whose answers the test queues; see tests/fake_provider.py."""
    server = FakeProvider().start()
    yield server
    server.stop()


@pytest.fixture
def make_model(db: None):  # type: ignore[no-untyped-def]
    """Register a model, granted to teams with a budget each; answered by `provider` (a FakeProvider) if given."""
    from decimal import Decimal

    from apps.accounts.models import Team
    from apps.gateway.models import Budget, EgressClass, Grant, LanguageModel, Provider

    def make(
        *teams: Team,
        provider: FakeProvider | None = None,
        label: str = "Test model",
        price: str | None = "0",
        output_price: str | None = None,
        budget: str | None = "100.00",
        egress_class: str = EgressClass.INSIDE,
        context_window: int = 8192,
        max_output_tokens: int = 1024,
    ) -> LanguageModel:
        base_url = provider.base_url if provider else "http://127.0.0.1:9/v1"
        row = Provider.objects.get_or_create(
            base_url=base_url,
            defaults={
                "name": f"Provider of {label}",
                "kind": Provider.Kind.OPENAI_COMPATIBLE,
                "egress_class": egress_class,
                "is_on": True,
            },
        )[0]
        model = LanguageModel.objects.create(
            provider=row,
            label=label,
            upstream_id="fake",
            context_window=context_window,
            max_output_tokens=max_output_tokens,
            input_price=None if price is None else Decimal(price),
            output_price=None if price is None else Decimal(output_price or price),
            is_on=True,
        )
        Grant.objects.bulk_create(Grant(team=team, model=model) for team in teams)
        if budget is not None:
            for team in teams:
                Budget.objects.get_or_create(team=team, defaults={"hard_limit": Decimal(budget)})
        return model

    return make


@pytest.fixture
def proven_time(db: None) -> None:
    """Let the ledger say that it has closed the last hours, so that what destroys for good believes the clock."""
    from datetime import timedelta

    from django.utils import timezone

    from apps.ledger import clock, records
    from apps.ledger.vocabulary import Action

    for back in range(clock.PROVEN_BY_HOURS):
        at = timezone.now() - timedelta(hours=back)
        records.record_event(Action.LEDGER_HOUR_CLOSED, who=None, subject_kind="ledger", now=at)
