"""
Measure the ledger: what the tree costs a writer, how fast the sequencer follows, a million records verified, one proof.

    python -m bench.ledger [--records 1000000] [--writers 8] [--seconds 8]

Uses a scratch cluster of its own that waits for the disk, as the product's does. The comparison of writers is made in one run, alternating:
the ratio holds, absolute figures do not.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from bench.tamper.scene import ORIGIN, ROOT, Scene
from portal.embedded.database import APP, SEQUENCER

TURNS = 5
ALONE, FOLLOWED = "the ledger, its sequencer standing still", "the ledger, its sequencer following"
STARTED_AFTER = 5.0
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
    parser.add_argument("--seconds", type=float, default=20, help="for each of the three ways")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o711)
        with Scene(Path(folder)).built(durable=True) as scene:
            with scene.copy() as copy:
                _writers(copy, wanted.writers, wanted.seconds)
            with scene.copy() as copy:
                _million(copy, wanted.records)


def _writers(copy: Any, writers: int, seconds: float) -> None:
    """
    Insert intents one by one, committed, into the ledger and into a bare table of the same columns and indexes.

    In turns: the bare table, the ledger while the sequencer stands still, the ledger while it follows.
    """
    with copy.connect("postgres") as connection:
        connection.execute("CREATE TABLE bare (LIKE ledger_intent INCLUDING ALL)")
        connection.execute("GRANT INSERT ON bare TO portcullis_app")
    found = {name: Rate() for name in ("bare", ALONE, FOLLOWED)}
    with _sequencer(copy) as sequencer:
        for _ in range(TURNS):
            for name, rate in found.items():
                sequencer.send_signal(signal.SIGCONT)
                _wait_until_placed(copy)
                if name != FOLLOWED:
                    sequencer.send_signal(signal.SIGSTOP)
                table = "bare" if name == "bare" else "ledger_intent"
                rate.add(*_inserted(copy, table, writers, seconds / TURNS))
                if name == FOLLOWED:
                    _say_lag(copy)
    print(f"{writers} writers, one committed insert each, median of {TURNS} turns:")
    for name, rate in found.items():
        print(f"  {name:<40} {rate.middle:>7,.0f}/s, {rate.beside(found['bare']):.2f} of bare, {rate.waits}")


@dataclass
class Rate:
    """Inserts a second in each turn, and the seconds that each insert took."""

    turns: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def add(self, rate: float, waited: list[float]) -> None:
        """Add a turn."""
        self.turns.append(rate)
        self.waited += waited

    @property
    def middle(self) -> float:
        """The median of the turns."""
        return statistics.median(self.turns)

    def beside(self, other: Rate) -> float:
        """The median of the ratios to another's turns: what disturbs the machine for a while disturbs both."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.turns, other.turns, strict=True))

    @property
    def waits(self) -> str:
        """How long one insert took."""
        waited = sorted(self.waited)
        middle, most = waited[len(waited) // 2] * 1000, waited[len(waited) * 95 // 100] * 1000
        return f"p50 {middle:.1f} ms, p95 {most:.1f} ms"


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


@contextlib.contextmanager
def _sequencer(copy: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run the product's own sequencer on the copy, in a process of its own."""
    variables = {
        **os.environ,
        "PORTCULLIS_DATABASE_URL": copy.postgres.url(SEQUENCER, copy.name),
        "PORTCULLIS_LEDGER_DIR": str(copy.folder),
    }
    command = [sys.executable, "manage.py", "ledger", "sequence"]
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.DEVNULL)
    try:
        time.sleep(STARTED_AFTER)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait()


def _wait_until_placed(copy: Any) -> None:
    """Wait until nothing waits for its place, and a second record after that has found its own at the usual pace."""
    with copy.connect("postgres") as connection:
        for _ in range(2):
            connection.execute(INTENT.format(table="ledger_intent"), [1])
            while connection.execute("SELECT EXISTS (SELECT FROM ledger_pending)").fetchone() == (True,):
                time.sleep(0.1)


def _say_lag(copy: Any) -> None:
    with copy.connect("postgres") as connection:
        waiting, seconds = connection.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(since)), 0) FROM ledger_pending"
        ).fetchone()
    print(f"  after a turn that it followed {waiting:,} records waited for their place, the oldest for {seconds:.1f} s")


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
