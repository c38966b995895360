"""One exchange as the page makes it: the composer's form is posted, then the page's socket tells the answer."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import urlencode
from uuid import uuid4

from websockets.asyncio.client import connect

from bench.gateway.plans import Clock, Plan
from bench.gateway.provider import WORD

MARK = WORD.strip()
LOCATION = re.compile(rb"location:\s*/c/([0-9a-f-]+)/?", re.IGNORECASE)


async def ask_as_browser(plan: Plan, question: str, clock: Clock) -> None:
    """
    Ask one question in a new conversation.

    :raises ValueError: if the form is refused or the turn did not end in an answer.
    """
    conversation = await _post(plan, question)
    address = f"ws://{plan.host}:{plan.port}/ws/chat"
    headers = {"Cookie": plan.headers["Cookie"]}
    origin = f"http://{plan.host}:{plan.port}"
    async with connect(address, origin=origin, additional_headers=headers, compression=None) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"conversation": conversation, "turns": {}}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "closed" and message["outcome"] != "ANSWERED":
                raise ValueError(message["announcement"])
            _count(message, clock)
            if message["type"] == "closed":
                return


def _count(message: dict[str, str | list[dict[str, str]]], clock: Clock) -> None:
    """Count the words on the page; a block comes whole each time it has grown."""
    pieces = message.get("blocks") or [message]
    seen = sum(str(piece["html"]).count(MARK) for piece in pieces if isinstance(piece, dict) and "html" in piece)
    if seen > clock.words:
        clock.saw(seen - clock.words)


async def _post(plan: Plan, question: str) -> str:
    fields = {
        "csrfmiddlewaretoken": plan.csrf,
        "team": plan.team,
        "key": str(uuid4()),
        "model": plan.model,
        "text": question,
    }
    body = urlencode(fields).encode()
    headers = {
        "Host": f"{plan.host}:{plan.port}",
        "Origin": f"http://{plan.host}:{plan.port}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **plan.headers,
    }
    head = "POST /c/ HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    reader, writer = await asyncio.open_connection(plan.host, plan.port)
    try:
        writer.write(f"{head}\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
    found = LOCATION.search(answer)
    if found is None:
        raise ValueError(f"the form was refused: {answer[:60].decode(errors='replace')}")
    return found[1].decode()
