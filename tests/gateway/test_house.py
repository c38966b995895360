"""The demo's seed, the sweeper's task, and that LiteLLM stays silent and local."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.gateway import budgets, client, demo, litellm_client, tasks
from apps.gateway.models import Budget, EgressClass, Grant, LanguageModel, Provider, Reservation
from apps.gateway.prices import Price
from apps.ledger.models import Event

pytestmark = pytest.mark.thorough

PROBE = """
import asyncio, sys
seen = []
CALLS = ("socket.connect", "socket.getaddrinfo")
sys.addaudithook(lambda name, args: seen.append(repr(args)) if name in CALLS else None)
import django
django.setup()
from apps.gateway import litellm_client
from apps.gateway.endpoints import Endpoint

async def main():
    endpoint = Endpoint("OPENAI_COMPATIBLE", "fake", sys.argv[1], "k")
    pieces = litellm_client.stream(endpoint, [{"role": "user", "content": "PLANTED"}], 5)
    text = "".join([piece.text async for piece in pieces])
    await litellm_client.close()
    await asyncio.sleep(0.5)
    return text

print("ANSWER", asyncio.run(main()))
print("SEEN", [place for place in seen if "127.0.0.1" not in place])
"""


def test_litellm_calls_the_provider_and_nobody_else_and_logs_nothing(provider):
    provider.will_answer("hello")

    done = subprocess.run(
        [sys.executable, "-c", PROBE, provider.base_url],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.splitlines()[-2:] == ["ANSWER hello", "SEEN []"], done.stderr
    assert "PLANTED" not in done.stdout + done.stderr


LOADED = "import django; django.setup(); import sys, apps.gateway.client; print('litellm' in sys.modules)"


def test_litellm_is_imported_in_one_file_and_only_when_needed():
    importers = [
        path.name
        for folder in ("apps", "portal")
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py")
        if re.search(r"^\s*(import|from) litellm\b", path.read_text(), re.MULTILINE)
    ]
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert importers == ["litellm_client.py"]
    assert loaded.stdout.strip() == "False", loaded.stderr


def test_everything_that_counts_retries_caches_or_calls_home_is_off():
    litellm = litellm_client.load()

    assert litellm.telemetry is False
    assert litellm.cache is None
    assert not litellm.num_retries  # a failed call, anywhere in this process, leaves None
    assert litellm.callbacks == litellm.success_callback == litellm.failure_callback == litellm.input_callback == []
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"


@pytest.mark.django_db
def test_litellm_is_loaded_at_start_only_if_a_provider_that_is_on_needs_it(monkeypatch):
    loaded = []
    monkeypatch.setattr(litellm_client, "load", lambda: loaded.append(1))
    anthropic = Provider.objects.create(name="A", kind="ANTHROPIC", egress_class=EgressClass.OUTSIDE)
    Provider.objects.create(name="E", kind="EMBEDDED", egress_class=EgressClass.INSIDE, is_on=True)

    client.warm_up()
    assert loaded == []

    Provider.objects.filter(pk=anthropic.pk).update(is_on=True)
    client.warm_up()
    assert loaded == [1]


def test_the_demo_has_free_local_models_for_every_team_and_a_budget_each(make_team):
    teams = [make_team("Sales"), make_team("Engineering")]

    demo.seed_demo(teams, now=timezone.now())

    for team in teams:
        models = LanguageModel.objects.switched_on().filter(grants__team=team)
        assert {m.label for m in models.for_chat()} == {"SmolLM2 135M (local)", "SmolLM2 135M, short answers"}
        assert {m.label for m in models} - {m.label for m in models.for_chat()} == {"MiniLM embeddings (local)"}
        assert all(m.price == Price(Decimal(0), Decimal(0), "USD") for m in models)
        assert all(m.egress_class == EgressClass.INSIDE for m in models)
    assert Budget.objects.get(team__name="Sales").hard_limit == 150


def test_seeding_again_keeps_what_an_admin_changed(make_team):
    team = make_team("Sales")
    demo.seed_demo([team], now=timezone.now())
    Grant.objects.all().delete()
    Budget.objects.update(hard_limit=7)

    demo.seed_demo([team], now=timezone.now())

    assert not Grant.objects.exists()
    assert Budget.objects.get().hard_limit == 7
    assert Provider.objects.count() == 1


def test_the_sweeper_gives_old_reservations_back_on_the_record(make_person, make_team, make_model):
    sales, maya = make_team("Sales"), make_person("maya", teams=("Sales",))
    model = make_model(sales, price="1")
    long_ago = timezone.now() - timedelta(seconds=settings.RESERVATION_SECONDS + 60)
    for now in (long_ago, timezone.now()):
        budgets.reserve(
            person=maya, team=sales, model=model, price=Price(Decimal(1), Decimal(1), "USD"), amount=Decimal(1), now=now
        )

    assert tasks.sweep_reservations() == 1

    assert Reservation.objects.filter(state="HELD").count() == 1
    assert Event.objects.filter(action="RESERVATION_RELEASED").count() == 1


def test_the_sweeper_is_on_the_timetable():
    tasks_on_it = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert tasks.sweep_reservations.name in tasks_on_it


def test_litellm_leaves_the_log_records_of_others_as_they_are() -> None:
    litellm_client.load()
    loggers = [logger for logger in logging.Logger.manager.loggerDict.values() if isinstance(logger, logging.Logger)]
    others = [logger for logger in loggers if not logger.name.lower().startswith("litellm")]

    assert "asyncio" in {logger.name for logger in others}
    assert not [one.name for one in others if any("litellm" in type(each).__module__ for each in one.filters)]
