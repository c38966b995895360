"""Which pages may open a socket: ours alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import OriginValidator


def allowed_origins(base_url: str, hosts: Sequence[str]) -> list[str]:
    """
    List the origins our own pages can have: every allowed host with the scheme and port of the base address.

    Channels' own factory compares host names alone; a page on another port or scheme of the same host is a stranger.
    """
    base = urlsplit(base_url)
    port = f":{base.port}" if base.port else ""
    named = [f"{base.scheme}://{host}{port}" for host in hosts if host != "*"]
    return list(dict.fromkeys([f"{base.scheme}://{base.netloc}", *named]))


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse a socket at an address where there is none."""
    await send({"type": "websocket.close", "code": 4404})


class SameOriginOnly(OriginValidator):  # type: ignore[misc]  # channels has no types
    """Refuse a socket whose Origin header is missing, repeated or not one of ours, before it is accepted."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        origins = [value for name, value in scope.get("headers", []) if name == b"origin"]
        if len(origins) != 1:
            scope = {**scope, "headers": [pair for pair in scope.get("headers", []) if pair[0] != b"origin"]}
        return await super().__call__(scope, receive, send)

    def match_allowed_origin(self, parsed_origin: Any, pattern: str) -> bool:
        """Compare one origin; a malformed port is no match (the library would raise)."""
        try:
            return bool(super().match_allowed_origin(parsed_origin, pattern))
        except ValueError:
            return False
