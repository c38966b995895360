"""
What an export of many exchanges costs: seconds, memory and size, and the same of checking it offline.

    python -m bench.exports [EXCHANGES]

Seeds sealed exchanges (50,000 unless told otherwise) in a scratch cluster, signs them, exports all of them redacted,
then in full. Some minutes. Memory is what the process of the worker holds, which also seeded.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.tamper.bundles import signing
from bench.tamper.scene import ORIGIN, ROOT, Scene
from portal.embedded.database import SEQUENCER

EXCHANGES, A_CONVERSATION, AT_ONCE = 50_000, 5, 2_500
MEBIBYTE = 1024 * 1024
QUESTION = "Please summarise what <PERSON_1> wrote about the delivery to <ORGANISATION_1>. " * 12
ANSWER = "<PERSON_1> says that <ORGANISATION_1> has not received it, and asks when it will come. " * 15


class Heap(Scene):
    """A scratch installation with many sealed exchanges, all of them signed."""

    count = EXCHANGES

    def _seed(self) -> None:
        from django.utils import timezone

        from apps.ledger.evidence import Evidence
        from apps.ledger.sequencer import Sequencer

        self.evidence = Evidence(self._folder / "evidence")
        self.connection = psycopg.connect(self._postgres.url(SEQUENCER), autocommit=True)
        self.leader = Sequencer(self.connection, self.evidence, self.evidence.signing_key(origin=ORIGIN))
        self.leader.lead()
        for first in range(0, self.count, AT_ONCE):
            _write(min(AT_ONCE, self.count - first))
            self.leader.round(now=timezone.now())
        while self.leader.round(now=timezone.now()).sequenced:
            pass


def main() -> None:
    """Seed, export twice, check twice; print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EXCHANGES
    with tempfile.TemporaryDirectory(prefix="portcullis-exports-") as folder:
        Path(folder).chmod(0o711)
        heap = Heap(Path(folder))
        heap.count = count
        with heap.built(), signing(heap.leader):
            for number, variant in enumerate(("REDACTED", "FULL")):
                _measure(heap, Path(folder) / f"{variant}.zip", variant, number)


def _measure(heap: Heap, path: Path, variant: str, number: int) -> None:
    from django.utils import timezone

    from apps.accounts.models import Role, User
    from apps.audit.cases import exporting
    from apps.audit.cases.models import Export, Run

    officer = User.objects.create_person(f"officer{number}", name="Officer", roles=[Role.COMPLIANCE_OFFICER])
    now = timezone.now() + timedelta(seconds=number)
    asked = exporting.ask(
        case=None, query="", variant=variant, is_whole=False, why="To measure it", by=officer, now=now
    )
    Export.objects.filter(pk=asked.pk).update(state=Run.State.QUEUED)  # the second officer is not what is measured
    with _held() as held:
        began, cpu = time.monotonic(), time.process_time()
        exporting.work(asked.pk)
        seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    asked.refresh_from_db()
    if asked.state != Run.State.DONE:
        raise SystemExit(f"{variant}: {asked.get_state_display()}. {asked.sentence}")
    with path.open("wb") as file:
        file.writelines(exporting.downloaded(asked, by=officer, now=now))
    memory = f"{max(held) / MEBIBYTE:.0f} MiB at the peak ({held[0] / MEBIBYTE:.0f} before)"
    size = f"{path.stat().st_size / MEBIBYTE:.0f} MiB of ZIP"
    print(f"{variant.lower()}: {asked.done:,} exchanges in {seconds:.0f} s ({cpu:.0f} s of CPU), {memory}, {size}")
    _check(heap, path)


def _check(heap: Heap, path: Path) -> None:
    """Check the bundle as its receiver does, in a process of its own."""
    key = heap.evidence.folder / "verifier.key"
    watched = (
        "import runpy, sys\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: print(open('/proc/self/status').read().split('VmHWM:')[1].split()[0], flush=True)\n"
    )
    command = [sys.executable, "-c", f"import sys; sys.argv = sys.argv[1:]\n{watched}"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, ROOT / "offline" / "portcullis_verify.py", "bundle", path, "--key", key],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = "holds" if done.stderr.endswith("HOLDS\n") else done.stderr
    peak = int(done.stdout.split()[-1]) * 1024 / MEBIBYTE
    print(f"  checked offline in {time.monotonic() - began:.0f} s, {peak:.0f} MiB: {said}", flush=True)


@contextmanager
def _held() -> Iterator[list[float]]:
    """Watch how many bytes this process holds, ten times a second; what it held before is the first."""
    held, done = [float(_resident())], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            held.append(_resident())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield held
    finally:
        done.set()
        watching.join()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _write(count: int) -> None:
    """Write exchanges with their sealed texts, a few in each conversation."""
    from django.db import transaction
    from django.utils import timezone

    from apps.ledger.ids import new_id
    from apps.ledger.models import Intent, Outcome
    from apps.privacy import keys

    payload = json.dumps({"messages": [{"role": "user", "content": QUESTION}]}).encode()
    intents: list[Any] = []
    outcomes: list[Any] = []
    now = timezone.now()
    with transaction.atomic():
        for _ in range(count // A_CONVERSATION):
            conversation_id, person_id = new_id(), new_id()
            key = keys.open_key(conversation_id)
            asking, answering = key.box("ledger.payload"), key.box("ledger.answer")
            for _ in range(A_CONVERSATION):
                intent = Intent(
                    id=new_id(), started_at=now, door="BROWSER", purpose="CHAT", person_id=person_id,
                    person_label=f"Person {person_id}", team_id=None, conversation_id=conversation_id,
                    model_label="SmolLM2 135M", provider_label="This machine", egress_class="INSIDE",
                    sealed_payload=asking.seal(payload), masked_types=["ORGANISATION", "PERSON"], masked_count=2,
                    masked=[{"type": kind, "placeholder": f"<{kind}_1>", "score": 0.9, "reason": "name model"}
                            for kind in ("PERSON", "ORGANISATION")],
                )  # fmt: skip
                intents.append(intent)
                outcomes.append(Outcome(
                    intent=intent, started_at=now, concluded_at=now, kind="ANSWERED", input_tokens=200,
                    output_tokens=250, sealed_answer=answering.seal(ANSWER.encode()), cost="0.0012", currency="EUR",
                ))  # fmt: skip
        Intent.objects.bulk_create(intents)
        Outcome.objects.bulk_create(outcomes)


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
