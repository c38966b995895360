"""What every socket of the product does with frames that no page of ours sends, and after it was closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer

BAD_MESSAGE = 4400


class CalmSocket(AsyncJsonWebsocketConsumer):  # type: ignore[misc]
    """A socket for JSON: anything else closes it, without an exception in the log; a closed one does nothing more."""

    is_closed = False

    async def dispatch(self, message: Mapping[str, Any]) -> None:
        """
        Hand a message to its method. Unlike Channels', this crosses to no thread to close connections first.

        Ours are given back by whoever took them.

        :raises ValueError: if there is no method of that name.
        """
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await handler(message)

    async def websocket_disconnect(self, message: Mapping[str, Any]) -> None:
        """Say goodbye, as Channels does, and cross to no thread here either. Ours join no groups by class."""
        await self.disconnect(message["code"])
        raise StopConsumer

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any) -> None:
        """Take one frame; bytes, and text that is no JSON, close the socket."""
        if self.is_closed:
            return
        if text_data is None:
            await self.close(BAD_MESSAGE)
            return
        try:
            content = await self.decode_json(text_data)
        except (ValueError, RecursionError):
            await self.close(BAD_MESSAGE)
            return
        await self.receive_json(content, **kwargs)

    async def send(self, *arguments: Any, **named: Any) -> None:
        """Send, unless the socket was closed meanwhile."""
        if not self.is_closed:
            await super().send(*arguments, **named)

    async def close(self, *arguments: Any, **named: Any) -> None:
        """Close once."""
        if not self.is_closed:
            self.is_closed = True
            await super().close(*arguments, **named)
