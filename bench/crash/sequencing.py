"""
Kill the sequencer at every system call of a round: `python -m bench.crash sequencer`.

A launcher loads it once and forks a sequencer for each point, which waits for a signal, so that strace is there before
its first statement. After each kill another one leads, on whatever tree and journal the last one left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Final

import psycopg

from bench.crash.scene import Scene, sequencer_variables
from bench.crash.sweep import trace
from portal.embedded.database import APP
from portal.embedded.programs import ROOT

SYSTEM_CALLS: Final = ("openat", "write", "fsync", "ftruncate", "lseek", "close", "sendto", "recvfrom", "poll")
"""What it does to its journal, then what it says to the database and hears from it."""
ROUND_WITHIN: Final = 60.0
ROUNDS_AFTERWARDS: Final = 3
"""A sequencer writes records of its own (clocks, hours); one that it wrote as it was ended waits for the next round."""
_EVENT: Final = (
    "INSERT INTO ledger_event (id, form, happened_at, action, actor_label, team_label, subject_kind, subject_id, "
    "subject_label, details) VALUES (gen_random_uuid(), 1, now(), 'SIGNED_OUT', '', '', '', '', '', '{}')"
)
_SIGNED: Final = (
    "SELECT NOT EXISTS (SELECT FROM ledger_pending) AND (SELECT max(size) FROM ledger_checkpoint) "
    "= (SELECT max(index) + 1 FROM ledger_entry)"
)
_DOUBLED: Final = "SELECT count(*) - count(DISTINCT size) FROM ledger_checkpoint"


def run(made: Scene, *, stride: int) -> list[str]:
    """Go through the system calls; give what was broken."""
    points: Counter[str] = Counter()
    with subprocess.Popen(
        [sys.executable, "-m", "bench.crash.sequencing"],
        cwd=ROOT, env=sequencer_variables(made), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        stderr=made.log("sequencer").open("ab"),
    ) as launcher:  # fmt: skip
        assert launcher.stdout
        launcher.stdout.readline()
        for call in SYSTEM_CALLS:
            number = 1
            while _dies_at(made, launcher, call, number):
                points[call] += 1
                number += stride
            print(f"  sequencer, {call:<12} {points[call]:>4} points", flush=True)
        for _ in range(ROUNDS_AFTERWARDS):
            _one_round(made, launcher)
            if _is_signed(made):
                break
        assert launcher.stdin
        launcher.stdin.close()
    return _judged(made)


def _dies_at(made: Scene, launcher: subprocess.Popen[str], call: str, number: int) -> bool:
    """Let a sequencer do a round that has work, and die at a call; False if the round was over before."""
    _record(made)
    pid = _forked(launcher)
    tracer = trace(pid, call, number)
    os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + ROUND_WITHIN
    while _is_there(pid) and not _is_signed(made):
        if time.monotonic() > deadline:
            raise RuntimeError(f"The round of {call} {number} did not end.")
        time.sleep(0.05)
    died = not _is_there(pid)
    _end(pid)
    tracer.wait(10)
    return died


def _one_round(made: Scene, launcher: subprocess.Popen[str]) -> None:
    _record(made)
    pid = _forked(launcher)
    os.kill(pid, signal.SIGUSR1)
    deadline = time.monotonic() + ROUND_WITHIN
    while not _is_signed(made) and time.monotonic() < deadline:
        time.sleep(0.1)
    _end(pid)


def _judged(made: Scene) -> list[str]:
    """Verify the tree with the key and with everything that the journal ever said."""
    problems = [] if _is_signed(made) else ["sequencer: the tree was not signed to its end after the kills"]
    if doubled := made.rows(_DOUBLED)[0][0]:
        problems.append(f"sequencer: {doubled} sizes were signed twice")
    key = (made.state.ledger / "verifier.key").read_text().strip()
    journals = sorted(made.state.ledger.glob("checkpoints-*.jsonl"))
    kept = [part for file in journals for part in ("--checkpoint", str(file))]
    done = made.manage("ledger", "verify", "--key", key, *kept)
    if done.returncode:
        problems.append(f"sequencer: the ledger does not verify: {done.stdout[-400:]} {done.stderr[-400:]}")
    return problems


def _record(made: Scene) -> None:
    with psycopg.connect(made.state.postgres.url(APP), autocommit=True) as connection:
        connection.execute(_EVENT)


def _is_signed(made: Scene) -> bool:
    return made.rows(_SIGNED) == [(True,)]


def _forked(launcher: subprocess.Popen[str]) -> int:
    assert launcher.stdin
    assert launcher.stdout
    launcher.stdin.write("\n")
    launcher.stdin.flush()
    return int(launcher.stdout.readline())


def _is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _end(pid: int) -> None:
    while _is_there(pid):
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def main() -> None:
    """Load the sequencer, then fork one for each line read, which begins when it is told to."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from django.conf import settings

    from apps.ledger import running
    from apps.ledger.evidence import Evidence

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    print("loaded", flush=True)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            signal.sigwait([signal.SIGUSR1])
            running.run(Evidence(Path(settings.LEDGER_DIR)), [], running.Stop(threading.Event()))
        print(child, flush=True)


if __name__ == "__main__":
    main()
