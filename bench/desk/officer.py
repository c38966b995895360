"""
One officer, in a process of its own, on one database: defines a queue, asks every page, reads without pause; and the
chat that records beside them. `python -m bench.desk.officer queue|measure TIMES|read|record` prints JSON.
"""

from __future__ import annotations

import itertools
import json
import secrets
import sys
import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from bench.desk.seeding import FREQUENT_WORD, RARE_PHRASE, RARE_WORD

EXCHANGES = 300


def main() -> None:
    """Do what was asked and print it."""
    import django

    django.setup()
    what = sys.argv[1]
    if what == "read":
        read()
    print(json.dumps({"queue": queue, "measure": measured, "record": recorded}[what](*map(int, sys.argv[2:]))))


def addresses() -> dict[str, str]:
    """Name each page and where it is. Values that stand in the rows come out of them."""
    from django.urls import reverse

    from apps.audit.pseudonyms import pseudonym
    from apps.audit.review.models import Item
    from apps.ledger.models import Intent

    some = Intent.objects.order_by("-started_at", "-id")[1000]
    old = Intent.objects.order_by("started_at", "id")[1000]
    item = Item.objects.open().order_by("due_at", "id")[1000]
    person = pseudonym(some.person_id)
    lists, events = reverse("audit:exchanges"), reverse("audit:events")
    items = reverse("review:queue", args=[item.queue_id])

    def exchanges(**asked: object) -> str:
        return f"{lists}?{urlencode(asked, doseq=True)}"

    return {
        "overview, 30 days": reverse("overview:overview"),
        "overview, a year": reverse("overview:overview") + "?days=365",
        "exchanges, newest": lists,
        "exchanges, far back": exchanges(until=f"{old.started_at:%Y-%m-%dT%H:%M}"),
        "of a person": exchanges(person=person),
        "of a team": exchanges(team=some.team_id),
        "of a model": exchanges(model=some.model_label),
        "failed (0.3%)": exchanges(outcome="FAILED"),
        "in progress": exchanges(outcome="IN_PROGRESS"),
        "masked IBAN (0.2%)": exchanges(masked="IBAN"),
        "rare word": exchanges(q=RARE_WORD),
        "rare phrase": exchanges(q=RARE_PHRASE),
        "no such word": exchanges(q="unicornfish"),
        "frequent word": exchanges(q=FREQUENT_WORD),
        "frequent word of a person": exchanges(q=FREQUENT_WORD, person=person),
        "frequent word, failed": exchanges(q=FREQUENT_WORD, outcome="FAILED"),
        "team, masked IBAN, 90 days": exchanges(team=some.team_id, masked="IBAN", since=f"{old.started_at:%Y-%m-%d}"),
        "dear ones": exchanges(cost_from="0.00009"),
        "one exchange": reverse("audit:exchange", args=[some.pk]),
        "one exchange in review": reverse("audit:exchange", args=[item.exchange_id]),
        "queues": reverse("review:queues"),
        "a queue": items,
        "a queue, overdue": f"{items}?due=overdue",
        "a queue, closed": f"{items}?state=CLOSED",
        "a queue, false positives": f"{items}?tag=FALSE_POSITIVE",
        "an officer's work": reverse("review:mine"),
        "figures of review": reverse("review:figures"),
        "capacity and drift": reverse("review:drift"),
        "lexicons": reverse("review:lexicons"),
        "cases": reverse("cases:cases"),
        "saved searches": reverse("cases:searches"),
        "exports": reverse("cases:exports"),
        "consents": reverse("approvals:approvals"),
        "people": reverse("audit:people"),
        "the ledger": reverse("audit:ledger"),
        "reports": reverse("reports:reports"),
        "receivers": reverse("stream:sinks"),
        "schedules": reverse("retention:schedules"),
        "holds": reverse("retention:holds"),
        "requests of persons": reverse("retention:requests"),
        "objections": reverse("notices:objections"),
        "events, newest": events,
        "events of a person": f"{events}?{urlencode({'person': person})}",
        "events, one act": f"{events}?{urlencode({'action': 'GRANT_GIVEN'})}",
    }


def measured(times: int) -> dict[str, list[float]]:
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


def recorded() -> dict[str, list[float]]:
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
    return {"record": taken}


def read() -> None:
    """Ask one page after the other until killed."""
    browser, asked = officer(), list(addresses().values())
    for address in itertools.cycle(asked):
        browser.get(address)


def queue() -> dict[str, str]:
    """Define a queue as an officer does; give its id and its version's."""
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.audit.review import queues
    from apps.audit.review.definition import Definition

    officer()
    by = User.objects.get(username="bench.officer")
    made = queues.define(Definition("Benchmark", "MEDIUM", 24), lexicon=None, by=by, now=timezone.now())
    return {"queue": str(made.pk), "version": str(made.versions.get().pk)}


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


if __name__ == "__main__":
    main()
