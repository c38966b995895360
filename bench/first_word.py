"""
What the ledger adds to the first word of an answer: `python -m bench.first_word [--times 300]`.

Two web processes of the product stand before one database and one provider that answers at once. One is the product;
the other writes no row of the ledger and waits for no disk, and does everything else: scrubbing, budgets, keys. A
program asks both in turns, so whatever disturbs the machine disturbs both. The difference is what the ledger costs, the
wait for the disk included.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx

from bench.crash import marks
from bench.crash.scene import Scene, scene
from portal.embedded.ports import free_port
from portal.embedded.programs import ROOT

WITH, WITHOUT = "with the ledger", "without"
COMMANDS: Final = {WITH: ["-m", "portal.serve"], WITHOUT: ["-m", "bench.first_word", "--serve-without"]}
WARM_UP: Final = 20


class NoWord(Exception):
    """A question was answered without a word."""


def main() -> None:
    """Measure and print, or serve as the process that is compared with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=300)
    parser.add_argument("--serve-without", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve_without:
        _serve_without()
    else:
        measure(wanted.times)


def measure(times: int) -> None:
    """Ask both processes in turns; print the milliseconds to the first word and their difference."""
    waited: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with scene(with_worker=False) as made, _served(made) as clients:
        for number in range(-WARM_UP, times):
            for name in sorted(clients, reverse=bool(number % 2)):
                if number < 0:
                    _warm(clients[name], made.told["model"], number + WARM_UP)
                else:
                    waited[name].append(_first_word(clients[name], made.told["model"], number + WARM_UP) * 1000)
    middle, most = {}, {}
    for name, taken in waited.items():
        taken.sort()
        middle[name], most[name] = taken[len(taken) // 2], taken[len(taken) * 95 // 100]
        print(f"  first word {name:<16} p50 {middle[name]:6.1f} ms, p95 {most[name]:6.1f} ms")
    added = middle[WITH] - middle[WITHOUT], most[WITH] - most[WITHOUT]
    print(f"  the ledger adds          p50 {added[0]:6.1f} ms, p95 {added[1]:6.1f} ms ({times} questions each, /v1)")


@contextmanager
def _served(made: Scene) -> Iterator[dict[str, httpx.Client]]:
    """Run both processes and give a program's client for each."""
    processes, clients = [], {}
    try:
        for name, command in COMMANDS.items():
            port = free_port()
            address = f"http://localhost:{port}"
            variables = {**made.variables, "PORTCULLIS_BASE_URL": address, "PORTCULLIS_BIND_PORT": str(port)}
            log = made.log(name.replace(" ", "-")).open("ab")
            processes.append(
                subprocess.Popen([sys.executable, *command], cwd=ROOT, env=variables, stdout=log, stderr=log)
            )
            key = {"Authorization": f"Bearer {made.told['key']}"}
            clients[name] = httpx.Client(base_url=address, headers=key, timeout=60, trust_env=False)
        for client in clients.values():
            _wait_for(client)
        yield clients
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _wait_for(client: httpx.Client) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if client.get("/healthz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise RuntimeError("A web process did not start.")


def _warm(client: httpx.Client, model: str, number: int) -> None:
    """Ask once; an engine that still loads may refuse."""
    with contextlib.suppress(NoWord):
        _first_word(client, model, number)


def _first_word(client: httpx.Client, model: str, number: int) -> float:
    question = marks.question_with(marks.mark_of(number))
    body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": True}
    began = time.monotonic()
    first = 0.0
    with client.stream("POST", "/v1/chat/completions", json=body) as answer:
        for line in answer.iter_lines():
            if not first and '"content":"' in line.replace(" ", "") and '"content":""' not in line.replace(" ", ""):
                first = time.monotonic() - began
    if not first:
        raise NoWord(f"No word came (status {answer.status_code}).")
    return first


def _serve_without() -> None:
    """Serve the product without its ledger's rows and without waiting for the disk: for comparison alone."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from apps.ledger import prepared, records, statements

    def nothing(*_: Any, **__: Any) -> tuple[()]:
        return ()

    for name in ("insert_intent", "as_writes", "conclusion"):
        setattr(statements, name, nothing)
    statements.conclude = lambda *_, **__: True
    records._durably = nothing  # type: ignore[assignment]
    really_put_together = prepared._call_and_write
    prepared._call_and_write = lambda *parts: really_put_together(*parts).replace(  # type: ignore[assignment]
        "'synchronous_commit', 'on'", "'synchronous_commit', 'off'"
    )
    from portal import serve

    serve.main()


if __name__ == "__main__":
    main()
