"""Ask a server of the company which models it has; only an admin's press asks, and nothing of anybody's is sent."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any, Final

import aiohttp

from apps.gateway import openai_client
from apps.gateway.endpoints import Endpoint
from apps.gateway.models import EgressClass, Provider
from apps.gateway.price_map import Listed

SECONDS: Final = 5.0
AT_MOST: Final = 12
LONGEST_NAME: Final = 80
NOT_FOR_CHAT: Final = ("embed", "rerank", "whisper", "tts")
WINDOW: Final[dict[str, int]] = {Provider.Kind.OLLAMA: 4096}
USUAL_WINDOW: Final = 8192


def ask(endpoint: Endpoint, *, egress_class: str) -> tuple[Listed, ...]:
    """
    List the models of an OpenAI-compatible server, at most twelve; none if it does not answer within five seconds.

    A model on Ollama inside the network costs nothing; any other price is unknown until an admin enters it. The window
    is the server's own word, else a cautious guess. Call it from a thread, never from an event loop.
    """
    is_free = endpoint.kind == Provider.Kind.OLLAMA and egress_class == EgressClass.INSIDE
    price = Decimal(0) if is_free else None
    usual = WINDOW.get(endpoint.kind, USUAL_WINDOW)
    return tuple(
        Listed(name, window or usual, min(window or usual, usual) // 2, price, price, None)
        for name, window in asyncio.run(_names(endpoint))
    )


async def _names(endpoint: Endpoint) -> list[tuple[str, int]]:
    try:
        async with asyncio.timeout(SECONDS), await openai_client.get(endpoint, "models") as response:
            rows = (await response.json()).get("data", []) if response.status == 200 else []
            return [row for row in map(_name, rows) if row][:AT_MOST]
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError, TypeError):
        return []
    finally:
        await openai_client.close()


def _name(row: Any) -> tuple[str, int] | None:
    name, window = row.get("id"), row.get("max_model_len")
    is_chat = isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and name.isprintable()
    if not is_chat or any(word in name.lower() for word in NOT_FOR_CHAT):
        return None
    return name, window if isinstance(window, int) and 1 < window < 20_000_000 else 0
