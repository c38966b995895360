"""
Measure the ledger: what the tree costs a writer, how fast the sequencer follows, a million records verified, one proof.

    python -m bench.ledger [--records 1000000] [--writers 8] [--seconds 8]

Uses a scratch cluster of its own that waits for the disk, as the product's does. The comparison of writers is made in one run, alternating:
the ratio holds, absolute figures do not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from bench.tamper.scene import ORIGIN, Scene
from portal.embedded.database import APP, SEQUENCER

TURNS = 3
INTENT = (
    "INSERT INTO {table} (id, form, started_at, recorded_at, door, purpose, person_id, person_label, team_id, team_label, "
    "conversation_id, turn_id, model_label, provider_label, egress_class, sealed_payload, masked, masked_types, "
    "masked_count, passages, policy_version, prompt_version) "
    "SELECT gen_random_uuid(), 1, now(), now(), 'BROWSER', 'CHAT', gen_random_uuid(), 'Maya Lindqvist', gen_random_uuid(), "
    "'Sales', gen_random_uuid(), gen_random_uuid(), 'SmolLM2', 'This machine', 'INSIDE', repeat('x', 900)::bytea, "
    '\'[{{"type": "PERSON", "score": 0.85, "reason": "name model", "placeholder": "<PERSON_1>"}}]\', '
    "'{{PERSON}}', 1, '[]', 'policy-1', 'prompt-1' FROM generate_series(1, %s)"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=8)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o711)
        with Scene(Path(folder)).built(durable=True) as scene:
            for name, beside in (("writers alone", _nothing_until), ("sequencer beside them", _sequence_until)):
                with scene.copy() as copy:
                    print(name, end=": ")
                    _writers(copy, wanted.writers, wanted.seconds, beside)
            with scene.copy() as copy:
                _million(copy, wanted.records)


def _writers(copy: Any, writers: int, seconds: float, beside: Callable[[Any, threading.Event], object]) -> None:
    """Insert intents one by one, committed, into the ledger and into a bare table of the same shape and indexes."""
    with copy.connect("postgres") as connection:
        connection.execute("CREATE TABLE bare (LIKE ledger_intent INCLUDING ALL)")
        connection.execute("GRANT INSERT ON bare TO portcullis_app")
    stop = threading.Event()
    sequencer = threading.Thread(target=beside, args=(copy, stop))
    sequencer.start()
    rates: dict[str, list[float]] = {"bare": [], "ledger_intent": []}
    waits: dict[str, list[float]] = {"bare": [], "ledger_intent": []}
    for _ in range(TURNS):
        for table in rates:
            rate, waited = _inserted(copy, table, writers, seconds / TURNS)
            rates[table].append(rate)
            waits[table] += waited
    stop.set()
    sequencer.join()
    bare, ledger = statistics.median(rates["bare"]), statistics.median(rates["ledger_intent"])
    print(
        f"{writers} writers, one committed insert each: bare {bare:,.0f}/s, ledger {ledger:,.0f}/s, ratio {ledger / bare:.2f}"
    )
    for table, waited in waits.items():
        waited.sort()
        print(
            f"  {table}: p50 {waited[len(waited) // 2] * 1000:.1f} ms, p95 {waited[len(waited) * 95 // 100] * 1000:.1f} ms"
        )


def _inserted(copy: Any, table: str, writers: int, seconds: float) -> tuple[float, list[float]]:
    waited: list[float] = []
    began = time.monotonic()

    def write() -> None:
        with psycopg.connect(copy.postgres.url(APP, copy.name), autocommit=True) as connection:
            while time.monotonic() - began < seconds:
                start = time.monotonic()
                connection.execute(INTENT.format(table=table), [1])
                waited.append(time.monotonic() - start)

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(waited) / (time.monotonic() - began), waited


def _nothing_until(copy: Any, stop: threading.Event) -> None:
    stop.wait()


def _sequence_until(copy: Any, stop: threading.Event) -> None:
    while not stop.is_set():
        copy.sequence()
        stop.wait(0.5)


def _million(copy: Any, records: int) -> None:
    """Fill the ledger to `records`, let the sequencer follow, verify all of it, make proofs."""
    from django.utils import timezone

    from apps.ledger import proofs, verify

    with copy.connect("postgres") as connection, connection.cursor() as cursor:
        began = time.monotonic()
        cursor.execute(INTENT.format(table="ledger_intent"), [records // 2])
        cursor.execute(
            "INSERT INTO ledger_outcome (id, form, intent_id, started_at, concluded_at, recorded_at, kind, reason, "
            "sealed_answer, input_tokens, output_tokens, cost, currency) SELECT gen_random_uuid(), 1, id, started_at, now(), "
            "now(), 'ANSWERED', '', repeat('y', 700)::bytea, 12, 7, 0.0012, 'EUR' FROM ledger_intent WHERE NOT EXISTS "
            "(SELECT FROM ledger_outcome WHERE intent_id = ledger_intent.id)"
        )
        cursor.execute(
            "INSERT INTO privacy_datakey (conversation_id, wrapped_key, created_at) SELECT DISTINCT conversation_id, "
            "'key'::bytea, now() FROM ledger_intent WHERE conversation_id IS NOT NULL ON CONFLICT DO NOTHING"
        )
        cursor.execute(
            "INSERT INTO ledger_searchrow (intent_id, conversation_id, left_text, answer_text) SELECT id, conversation_id, "
            "'', '' FROM ledger_intent ON CONFLICT DO NOTHING"
        )
        cursor.execute("ANALYZE")
        print(f"filled with {records:,} records in {time.monotonic() - began:.0f} s")
        began = time.monotonic()
        size = _sequence_all(copy)
        seconds = time.monotonic() - began
        print(
            f"sequencer: {size:,} leaves in {seconds:.0f} s, {size / seconds:,.0f} a second, both paths and signatures included"
        )
        cursor.execute("ANALYZE")
        began = time.monotonic()
        report = verify.check(
            cursor, verify.Trust([copy.trusted], outside=list(copy.evidence.journalled())), now=timezone.now()
        )
        seconds = time.monotonic() - began
        state = "clean" if report.is_clean else report.findings[:3]
        print(f"verify: {report.span[1]:,} records in {seconds:.1f} s, {state}, {report.checkpoints} checkpoints")
        cursor.execute("SELECT row_id FROM ledger_entry WHERE index %% %s = 7", [size // 300])
        ids, waited = [row[0] for row in cursor.fetchall()], []
        for row_id in ids:
            began = time.monotonic()
            proof = proofs.prove(cursor, row_id)
            waited.append((time.monotonic() - began) * 1000)
        waited.sort()
        print(
            f"one proof of {len(proof.hashes)} hashes: p50 {waited[len(waited) // 2]:.1f} ms, "
            f"p95 {waited[len(waited) * 95 // 100]:.1f} ms"
        )


def _sequence_all(copy: Any) -> int:
    from django.utils import timezone

    from apps.ledger import stored
    from apps.ledger.sequencer import BATCH, Sequencer

    evidence = copy.evidence
    with copy.connect(SEQUENCER) as connection:
        leader = Sequencer(connection, evidence, evidence.signing_key(origin=ORIGIN))
        leader.lead()
        while leader.round(now=timezone.now()).sequenced >= BATCH:
            pass
        with connection.cursor() as cursor:
            return stored.size_of(cursor)


if __name__ == "__main__":
    sys.exit(main())
