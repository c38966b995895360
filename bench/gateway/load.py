"""
The load: many users who each ask one question after the other, in a process of its own, over bare sockets.

    python -m bench.gateway.load < plan.json

Prints one JSON object: milliseconds to the first word, milliseconds between arrivals of words, whole answers, failures.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from dataclasses import asdict
from typing import Any

import uvloop

from bench.gateway.browser import ask_as_browser
from bench.gateway.plans import Clock, Heard, Plan
from bench.gateway.provider import WORD

DONE = b"[DONE]"
MARK = WORD.strip().encode()
SPREAD_SECONDS = 1.0
PATIENCE_SECONDS = 120.0


async def main(plan: Plan) -> Heard:
    """Run the plan."""
    heard = Heard()
    run = secrets.token_hex(4)  # a question that was never asked before: nobody remembers what is in it
    pause = SPREAD_SECONDS / plan.users

    async def user(place: int) -> None:
        await asyncio.sleep(place * pause)
        for number in range(plan.each):
            clock = Clock()
            question = plan.question.format(place=place, number=number, run=run)
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await _ask(plan, question, clock)
            except Exception as error:  # noqa: BLE001 - whatever fails is counted and shown
                heard.failures.append(f"{type(error).__name__}: {error}"[:300])
                continue
            heard.first_words.append(clock.first)
            heard.gaps += clock.gaps
            heard.totals.append(clock.elapsed())

    await asyncio.gather(*(user(place) for place in range(plan.users)))
    return heard


async def _ask(plan: Plan, question: str, clock: Clock) -> None:
    if plan.paste_characters:
        question += " " + ("The quarterly report of the northern region lists orders and sums. " * 3000)
        question = question[: plan.paste_characters]
    if plan.kind == "browser":
        await ask_as_browser(plan, question, clock)
    else:
        await _ask_as_client(plan, question, clock)
    if clock.words != plan.tokens:
        raise ValueError(f"{clock.words} words came, not {plan.tokens}")


async def _ask_as_client(plan: Plan, question: str, clock: Clock) -> None:
    body = json.dumps(
        {"model": plan.model, "stream": True, "messages": [{"role": "user", "content": question}]}
    ).encode()
    headers = {"Host": f"{plan.host}:{plan.port}", "Content-Type": "application/json", "Connection": "close"}
    lines = [f"{name}: {value}" for name, value in {**headers, **plan.headers}.items()]
    head = f"POST {plan.path} HTTP/1.1\r\n" + "\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n"
    reader, writer = await asyncio.open_connection(plan.host, plan.port)
    try:
        writer.write(head.encode() + body)
        status = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in status[:20]:
            raise ValueError((status[:40] + (await reader.read(1000))).decode(errors="replace"))
        await _listen(reader, clock)
    finally:
        writer.close()


async def _listen(reader: asyncio.StreamReader, clock: Clock) -> None:
    """Count words as they come until the stream says that it is done."""
    cut, end = b"", b""
    while True:
        data = await reader.read(65536)
        if not data:
            raise ValueError(f"the stream broke off after {clock.words} words")
        words = (cut + data).count(MARK)
        if words:
            clock.saw(words)
        if DONE in end + data:
            return
        cut, end = (cut + data)[1 - len(MARK) :], (end + data)[1 - len(DONE) :]


if __name__ == "__main__":
    arguments: dict[str, Any] = json.load(sys.stdin)
    json.dump(asdict(uvloop.run(main(Plan(**arguments)))), sys.stdout)
