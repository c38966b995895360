"""
Measure review: how long an exchange takes into its queue, how fast a backlog is made up, and its pages at two sizes.

    python -m bench.review [--seconds 60] [--rate 60] [--small 200000] [--large 2000000] [--times 20]

The sizes are items: where a fifth of all exchanges comes into queues, those of a million exchanges and of ten. One in
twenty is open.
Uses a scratch cluster of its own (about 1.5 GB for each million) and removes it.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.tamper.scene import ORIGIN, Scene

QUEUES, LIMIT_MILLISECONDS = 12, 300
BACKLOG = 2_000

ITEMS = """
INSERT INTO review_item (id, queue_id, version_id, exchange_id, person_id, team_label, model_label, outcome, why,
    ended_at, placed_at, due_at, severity, level, second_level, state, tag, closed_at)
SELECT md5('item' || n)::uuid, version.queue_id, version.id, md5('exchange' || n)::uuid, md5('p' || n % 50000)::uuid,
    'Team ' || n % 200, 'Model ' || n % 12, 'ANSWERED', '["Masked: name"]', at, at, at + interval '3 days', 'MEDIUM',
    1, '{{}}', CASE WHEN n % 20 = 0 THEN 'OPEN' ELSE 'CLOSED' END,
    CASE WHEN n % 20 = 0 THEN '' WHEN n % 9 = 0 THEN 'FALSE_POSITIVE' ELSE 'COMPLIANT' END,
    CASE WHEN n % 20 = 0 THEN NULL ELSE at + interval '1 day' END
FROM (SELECT n, now() - n * interval '365 days' / {whole} AS at
      FROM generate_series({since}, {until} - 1) AS n) AS numbered
JOIN (SELECT id, queue_id, row_number() OVER (ORDER BY id) - 1 AS place FROM review_queueversion) AS version
    ON version.place = n % {queues}
"""
DECISIONS = """
INSERT INTO review_decision (id, item_id, queue_id, step, tag, own_tags, level, is_read, is_one_of_many, officer_id,
    officer_label, second_officer_label, event_id, decided_at)
SELECT md5('d' || id)::uuid, id, queue_id, 'CLOSED', tag, '{}', 1, true, false, md5('p1')::uuid, 'Officer', '',
    md5('e' || id)::uuid, closed_at
FROM review_item WHERE closed_at > now() - interval '30 days'
ON CONFLICT DO NOTHING
"""


def main() -> None:
    """Seed, measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rate", type=float, default=60)
    parser.add_argument("--small", type=int, default=200_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=20)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o711)
        with Scene(Path(folder)).built(durable=True) as scene:
            _define_queues()
            _print_latency(scene, Path(folder), seconds=wanted.seconds, rate=wanted.rate)
            _print_backlog(scene, Path(folder))
            _print_pages(scene, wanted)


def _define_queues() -> None:
    """Define a dozen queues: one takes everything, one looks for two hundred words, the others draw a tenth."""
    from django.utils import timezone

    from apps.audit.review import queues, trying
    from apps.audit.review.definition import Conditions, Definition
    from apps.audit.review.models import Lexicon
    from apps.audit.review.sampling import Share

    officer, now = _officer(), timezone.now()
    lexicon = Lexicon(name="Two hundred words")
    trying.write_lexicon(lexicon, "\n".join(f"word{n}* of note" for n in range(200)), by=officer, now=now)
    for number in range(QUEUES):
        conditions = Conditions(has_lexicon=number == 1)
        share = Share(10_000 if number < 2 else 1_000)
        definition = Definition(f"Queue {number}", "MEDIUM", 72, conditions=conditions, share=share)
        queues.define(definition, lexicon=lexicon if number == 1 else None, by=officer, now=now)


@contextmanager
def _sequencer(scene: Scene, folder: Path) -> Iterator[Any]:
    from apps.ledger.evidence import Evidence
    from apps.ledger.sequencer import Sequencer
    from portal.embedded.database import SEQUENCER

    evidence = Evidence(folder / "evidence")
    with psycopg.connect(scene._postgres.url(SEQUENCER), autocommit=True) as own:
        leader = Sequencer(own, evidence, evidence.signing_key(origin=ORIGIN))
        leader.lead()
        yield leader


def _print_latency(scene: Scene, folder: Path, *, seconds: int, rate: float) -> None:
    """Write exchanges at a rate while sequencer and follower run as they do; compare the database's own clocks."""
    from django.db import connection
    from django.utils import timezone

    from apps.audit.review.following import follow
    from apps.ledger.running import ROUND_SECONDS

    stop = threading.Event()

    def sequence() -> None:
        with _sequencer(scene, folder) as leader:
            while not stop.wait(ROUND_SECONDS):
                leader.round(now=timezone.now())

    threads = [threading.Thread(target=sequence), threading.Thread(target=follow, args=(stop,))]
    for thread in threads:
        thread.start()
    time.sleep(2)
    began = time.monotonic()
    count = int(seconds * rate)
    for number in range(count):
        _write_exchange()
        time.sleep(max(0.0, began + (number + 1) / rate - time.monotonic()))
    took = time.monotonic() - began
    time.sleep(5)
    stop.set()
    for thread in threads:
        thread.join()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT item.exchange_id), percentile_cont(ARRAY[0.5, 0.95, 0.99, 1]) WITHIN GROUP "
            "(ORDER BY extract(epoch FROM item.placed_at - outcome.recorded_at)) FROM review_item AS item "
            "JOIN ledger_outcome AS outcome ON outcome.intent_id = item.exchange_id"
        )
        found, (p50, p95, p99, slowest) = cursor.fetchone()
    print(
        f"{found} of {count} exchanges at {count / took:.0f}/s in {QUEUES} queues: into the queue p50 {p50:.2f} s, "
        f"p95 {p95:.2f} s, p99 {p99:.2f} s, slowest {slowest:.2f} s"
    )


def _print_backlog(scene: Scene, folder: Path) -> None:
    """Make up for a follower that stood still: wall and CPU seconds of this process."""
    from django.utils import timezone

    from apps.audit.review.placing import place_next

    for _ in range(BACKLOG):
        _write_exchange()
    with _sequencer(scene, folder) as leader:
        while leader.round(now=timezone.now()).sequenced:
            pass
    began, cpu, leaves = time.monotonic(), time.process_time(), 0
    while placed := place_next(now=timezone.now()).leaves:
        leaves += placed
    took = time.monotonic() - began
    print(f"backlog: {leaves:,} leaves in {took:.1f} s, {leaves / took:,.0f}/s ({time.process_time() - cpu:.1f} s CPU)")


def _print_pages(scene: Scene, wanted: argparse.Namespace) -> None:
    from bench.desk.officer import officer
    from bench.desk.report import print_pages

    results: list[dict[str, list[float]]] = []
    seeded = 0
    for size in (wanted.small, wanted.large):
        began = time.monotonic()
        with scene.as_forger() as connection:
            connection.execute(ITEMS.format(whole=wanted.large, since=seeded, until=size, queues=QUEUES))
            connection.execute(DECISIONS)
            connection.execute("VACUUM (ANALYZE) review_item, review_decision")
        seeded = size
        print(f"{size:,} items seeded in {time.monotonic() - began:.0f} s", flush=True)
        results.append(_measured(officer(), times=wanted.times))
    print_pages(*results, (wanted.small, wanted.large))


def _measured(browser: Any, *, times: int) -> dict[str, list[float]]:
    from django.urls import reverse

    from apps.audit.review.models import Queue

    queue = Queue.objects.get(name="Queue 3")
    pages = {
        "queues": reverse("review:queues"),
        "a queue": reverse("review:queue", args=[queue.pk]),
        "a queue, held by nobody": reverse("review:queue", args=[queue.pk]) + "?held=nobodys",
        "a queue, decided": reverse("review:queue", args=[queue.pk]) + "?state=CLOSED",
        "a queue, false positives": reverse("review:queue", args=[queue.pk]) + "?tag=FALSE_POSITIVE",
        "my work": reverse("review:mine"),
        "figures": reverse("review:figures"),
    }
    taken: dict[str, list[float]] = {}
    for turn in range(times + 1):
        for name, address in pages.items():
            began = time.perf_counter()
            answer = browser.get(address)
            taken.setdefault(name, []).append(1000 * (time.perf_counter() - began))
            assert answer.status_code == 200, (name, answer.status_code)
        began = time.perf_counter()
        browser.post(reverse("review:next"), {"queue": queue.pk})
        taken.setdefault("take the next", []).append(1000 * (time.perf_counter() - began))
        if turn == 0:
            taken.clear()
    return taken


def _officer() -> Any:
    from apps.accounts.models import User
    from bench.desk.officer import officer

    officer()
    return User.objects.get(username="bench.officer")


def _write_exchange() -> None:
    import secrets
    from decimal import Decimal

    from django.utils import timezone

    from apps.ledger import records
    from apps.ledger.facts import MaskedSpan, Who
    from apps.ledger.ids import new_id
    from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

    now = timezone.now()
    intent = records.open_intent(
        who=Who(new_id(), "Maya Lindqvist", new_id(), "Sales"), door=Door.BROWSER, purpose=Purpose.CHAT,
        conversation_id=new_id(), turn_id=new_id(), model_label="Model 1", provider_label="Provider",
        egress_class=EgressClass.INSIDE, sealed_payload=secrets.token_bytes(300),
        left_text="Please greet <PERSON_1> and say what is of note. " * 20,
        masked=[MaskedSpan("PERSON", "<PERSON_1>", 0.85, "name model")], passages=[], policy_version="policy-1",
        prompt_version="prompt-1", now=now,
    )  # fmt: skip
    records.conclude(
        intent, outcome=OutcomeKind.ANSWERED, reason="", sealed_answer=secrets.token_bytes(300), answer_text="Done.",
        input_tokens=9, output_tokens=5, cost=Decimal("0.0012"), currency="EUR", now=timezone.now(),
    )  # fmt: skip


if __name__ == "__main__":
    main()
