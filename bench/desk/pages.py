"""The pages of the desk, asked as an officer asks them, and what that does to the chat."""

from __future__ import annotations

import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from bench.desk.seeding import FREQUENT_WORD, RARE_PHRASE, RARE_WORD

LIMIT_MILLISECONDS = 300
READERS, EXCHANGES = 2, 300


def addresses() -> dict[str, str]:
    """Name each page and where it is. Values that stand in the rows come out of them."""
    from django.urls import reverse

    from apps.ledger.models import Intent

    some = Intent.objects.order_by("-started_at", "-id")[1000]
    old = Intent.objects.order_by("started_at", "id")[1000]
    lists, events = reverse("audit:exchanges"), reverse("audit:events")

    def exchanges(**asked: object) -> str:
        return f"{lists}?{urlencode(asked, doseq=True)}"

    return {
        "overview, 30 days": reverse("overview:overview"),
        "overview, a year": reverse("overview:overview") + "?days=365",
        "exchanges, newest": lists,
        "exchanges, far back": exchanges(until=f"{old.started_at:%Y-%m-%dT%H:%M}"),
        "of a person": exchanges(person=some.person_id),
        "of a team": exchanges(team=some.team_id),
        "of a model": exchanges(model=some.model_label),
        "failed (0.3%)": exchanges(outcome="FAILED"),
        "in progress": exchanges(outcome="IN_PROGRESS"),
        "masked IBAN (0.2%)": exchanges(masked="IBAN"),
        "rare word": exchanges(q=RARE_WORD),
        "rare phrase": exchanges(q=RARE_PHRASE),
        "no such word": exchanges(q="unicornfish"),
        "frequent word": exchanges(q=FREQUENT_WORD),
        "frequent word of a person": exchanges(q=FREQUENT_WORD, person=some.person_id),
        "frequent word, failed": exchanges(q=FREQUENT_WORD, outcome="FAILED"),
        "team, masked IBAN, 90 days": exchanges(team=some.team_id, masked="IBAN", since=f"{old.started_at:%Y-%m-%d}"),
        "dear ones": exchanges(cost_from="0.00009"),
        "one exchange": reverse("audit:exchange", args=[some.pk]),
        "events, newest": events,
        "events of a person": f"{events}?{urlencode({'person': some.person_id})}",
        "events, one act": f"{events}?{urlencode({'action': 'GRANT_GIVEN'})}",
    }


def measured(*, times: int) -> dict[str, list[float]]:
    """Ask every page `times` times after one unmeasured round; milliseconds of each. A page that fails ends the run."""
    browser = officer()
    taken: dict[str, list[float]] = {}
    asked = addresses()
    for turn in range(times + 1):
        for name, address in asked.items():
            began = time.perf_counter()
            response = browser.get(address)
            taken.setdefault(name, []).append(1000 * (time.perf_counter() - began))
            if response.status_code != 200:
                sys.exit(f"{name} ({address}) answered {response.status_code}")
        if turn == 0:
            taken.clear()
    return taken


def print_table(results: Sequence[Mapping[str, list[float]]], sizes: Sequence[int]) -> None:
    """Print p50 and p95 at both sizes and how much the larger one takes of the smaller."""
    small, large = results
    print(f"| Page | p50 / p95 ms at {sizes[0]:,} | at {sizes[1]:,} | p50 ratio |\n|---|---|---|---|")
    for name in small:
        before, after = _middle_and_slow(small[name]), _middle_and_slow(large[name])
        mark = "" if after[1] <= LIMIT_MILLISECONDS else " (over the limit)"
        cells = [f"{before[0]:.0f} / {before[1]:.0f}", f"{after[0]:.0f} / {after[1]:.0f}{mark}"]
        print(f"| {name} | {' | '.join(cells)} | {after[0] / before[0]:.2f} |")


def print_effect_on_the_chat() -> None:
    """Record exchanges alone and beside two officers who read without pause; print p50, p95 and the ratio."""
    alone = _recorded()
    readers = [subprocess.Popen([sys.executable, "-m", "bench.desk.reading"]) for _ in range(READERS)]
    time.sleep(5)
    beside = _recorded()
    for reader in readers:
        reader.kill()
        reader.wait()
    for name, taken in (("alone", alone), (f"beside {READERS} officers", beside)):
        middle, slow = _middle_and_slow(taken)
        print(f"one exchange recorded {name}: p50 {middle:.1f} ms, p95 {slow:.1f} ms")


def _recorded() -> list[float]:
    """Open and conclude exchanges one after the other, as the chat does; milliseconds of each."""
    from django.utils import timezone

    from apps.ledger import records
    from apps.ledger.facts import Who
    from apps.ledger.ids import new_id
    from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

    who, taken = Who(new_id(), "Maya Lindqvist", new_id(), "Sales"), []
    for _ in range(EXCHANGES):
        began = time.perf_counter()
        intent = records.open_intent(
            who=who, door=Door.BROWSER, purpose=Purpose.CHAT, conversation_id=new_id(), turn_id=new_id(),
            model_label="Model 1", provider_label="Provider", egress_class=EgressClass.OUTSIDE,
            sealed_payload=secrets.token_bytes(300), left_text="Please greet <PERSON_1>", masked=[], passages=[],
            policy_version="policy-1", prompt_version="prompt-1", now=timezone.now(),
        )  # fmt: skip
        records.conclude(
            intent, outcome=OutcomeKind.ANSWERED, reason="", sealed_answer=secrets.token_bytes(300),
            answer_text="Done.", input_tokens=9, output_tokens=5, cost=Decimal("0.0012"), currency="EUR",
            now=timezone.now(),
        )  # fmt: skip
        taken.append(1000 * (time.perf_counter() - began))
        time.sleep(0.01)
    return taken


def officer() -> Any:
    """Open a browser as a compliance officer, who is made the first time; pages name static files as in the tree."""
    from django.conf import settings
    from django.test import Client

    from apps.accounts.models import Role, User

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    person = User.objects.filter(username="bench.officer").first() or User.objects.create_person(
        "bench.officer", name="Officer", roles=(Role.COMPLIANCE_OFFICER,)
    )
    browser = Client()
    browser.force_login(person)
    return browser


def _middle_and_slow(taken: Sequence[float]) -> tuple[float, float]:
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
