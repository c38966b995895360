"""Run the load against one target and take its figures."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from bench.gateway.plans import Heard, Plan
from bench.gateway.processes import spent, web_resident
from bench.gateway.targets import QUESTION, ROOT, Target

EXCHANGES_AT_LEAST = 20
EXCHANGES_AT_MOST = 400
WARM_UP = 5
REST_SECONDS = 2.0
RESTING = 0.05
"""Seconds of CPU a second below which a product does nothing but wait."""

LONGEST_START = 90
PASTE_CHARACTERS = 200_000
MEMORY_USERS = 40
MEMORY_SAMPLES = 20


@dataclass(frozen=True, slots=True)
class Level:
    """Figures at one number of users; times in milliseconds, `cpu` for one exchange, by part."""

    users: int
    exchanges: int
    failures: int
    first_p50: float
    first_p95: float
    gap_p95: float
    total_p50: float
    cpu: dict[str, float]
    resident: float
    web_resident: float

    @property
    def all_cpu(self) -> float:
        """Milliseconds of CPU for one exchange, of the whole tree."""
        return sum(self.cpu.values())


@dataclass(frozen=True, slots=True)
class Paste:
    """p95 of the distance of words of one stream, in milliseconds, alone and beside a paste."""

    alone: float
    beside: float
    paste_seconds: float
    exchanges: int


@dataclass
class Measured:
    """All figures of one target. `memory` has (exchanges so far, megabytes of the web process)."""

    name: str
    levels: list[Level] = field(default_factory=list)
    paste: Paste | None = None
    memory: list[tuple[int, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Give every figure as plain values."""
        return asdict(self)


def measure(target: Target, *, users: Sequence[int], tokens: int) -> Measured:
    """Warm the target, let it finish what it does after its start, then measure it at each number of users."""
    plan = _plan(target, tokens)
    warmed = _run(replace(plan, users=1, each=WARM_UP))
    if warmed.failures:
        raise RuntimeError(f"{target.name} does not answer: {warmed.failures[0]}")
    rest(target)
    measured = Measured(target.name)
    for number in users:
        measured.levels.append(_level(target, replace(plan, users=number, each=_each(number))))
        sys.stderr.write(f"{target.name}: {measured.levels[-1]}\n")
    return measured


def rest(target: Target) -> None:
    """
    Wait until a product rests: what it does once, after its start, belongs to no exchange.

    The portal has its demo's second officer look through a review then, two seconds of CPU. Goes on after a minute and
    a half.
    """
    if target.root is None:
        return
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until:
        before = spent(target.root).all_cpu
        time.sleep(REST_SECONDS)
        if spent(target.root).all_cpu - before < RESTING * REST_SECONDS:
            return
    sys.stderr.write(f"{target.name} still works {LONGEST_START} seconds after its start; measured all the same.\n")


def beside_a_paste(target: Target, *, tokens: int) -> Paste:
    """Measure one user's stream alone, then while another user sends a paste of 200,000 characters."""
    one_stream = replace(_plan(target, tokens), users=1, each=5)
    alone = _run(one_stream).gaps
    began = time.monotonic()
    pasting = _start(replace(one_stream, each=1, paste_characters=PASTE_CHARACTERS))
    beside: list[float] = []
    exchanges = 0
    while pasting.poll() is None or not beside:
        beside += _run(replace(one_stream, each=1)).gaps
        exchanges += 1
    seconds = time.monotonic() - began
    if failures := _heard(pasting).failures:
        raise RuntimeError(f"{target.name} did not answer the paste: {failures[0]}")
    return Paste(quantile(alone, 0.95), quantile(beside, 0.95), seconds, exchanges)


def memory_over(target: Target, *, exchanges: int, tokens: int) -> list[tuple[int, float]]:
    """Read the web process's memory while so many exchanges pass."""
    assert target.root is not None
    each = max(1, exchanges // MEMORY_SAMPLES // MEMORY_USERS)
    samples = [(0, web_resident(target.root))]
    while samples[-1][0] < exchanges:
        heard = _run(replace(_plan(target, tokens), users=MEMORY_USERS, each=each))
        samples.append((samples[-1][0] + len(heard.totals), web_resident(target.root)))
        if not heard.totals:
            raise RuntimeError(f"{target.name} answered nothing: {heard.failures[:3]}")
    return samples


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of the values lie; not a number where there are fewer than two."""
    return statistics.quantiles(values, n=100)[round(part * 100) - 1] if len(values) > 1 else float("nan")


def _level(target: Target, plan: Plan) -> Level:
    before = spent(target.root) if target.root is not None else None
    heard = _run(plan)
    after = spent(target.root) if target.root is not None else None
    for failure in sorted(set(heard.failures))[:5]:
        sys.stderr.write(f"{target.name}, {plan.users} users: {failure}\n")
    count = max(1, len(heard.totals))
    cpu = {}
    if before and after:
        cpu = {part: (now - before.cpu.get(part, 0.0)) / count * 1000 for part, now in after.cpu.items()}
    return Level(
        users=plan.users,
        exchanges=len(heard.totals),
        failures=len(heard.failures),
        first_p50=quantile(heard.first_words, 0.5),
        first_p95=quantile(heard.first_words, 0.95),
        gap_p95=quantile(heard.gaps, 0.95),
        total_p50=quantile(heard.totals, 0.5),
        cpu=cpu,
        resident=after.all_resident if after else 0.0,
        web_resident=web_resident(target.root) if target.root is not None else 0.0,
    )


def _each(users: int) -> int:
    """How many exchanges each of so many users makes: at least 20 in all, and 2 each while that stays payable."""
    return max(EXCHANGES_AT_LEAST // users, min(4, EXCHANGES_AT_MOST // users), 1)


def _plan(target: Target, tokens: int) -> Plan:
    return Plan(
        kind=target.kind,
        host=target.host,
        port=target.port,
        path=target.path,
        model=target.model,
        headers=target.headers,
        users=1,
        each=1,
        tokens=tokens,
        question=QUESTION,
        **target.extra,
    )


def _run(plan: Plan) -> Heard:
    return _heard(_start(plan))


def _start(plan: Plan) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.gateway.load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    process.stdin.write(json.dumps(asdict(plan)))
    process.stdin.close()
    return process


def _heard(process: subprocess.Popen[str]) -> Heard:
    assert process.stdout
    answer = process.stdout.read()
    if process.wait() != 0:
        raise RuntimeError("The load ended with an error; it stands above.")
    return Heard(**json.loads(answer))
