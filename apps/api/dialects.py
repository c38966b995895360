"""What a dialect is: a format in which programs ask and are answered. Pure translation, no database, no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from apps.api.neutral import ApiError, Event, JsonObject, Request


class StreamWriter(Protocol):
    """Writes one answer as server-sent events, in order; each method gives the bytes to send, possibly none."""

    def write(self, event: Event) -> bytes:
        """Write the next event; `Finish` writes everything that ends the stream."""
        ...

    def fail(self, error: ApiError) -> bytes:
        """Write that the answer broke off, so that a client does not take what arrived for the whole."""
        ...


class Dialect(Protocol):
    """
    One format. The door reads the body, asks the story and sends the bytes; see `apps.api.door`.

    `read` takes over only the fields it knows. Anything else that could carry text is refused, with a sentence.
    """

    def read(self, body: JsonObject) -> Request:
        """
        Read a request.

        :raises ApiError: of kind BAD_REQUEST, naming the parameter.
        """
        ...

    def open_stream(self, request: Request) -> StreamWriter:
        """Begin to write an answer as a stream."""
        ...

    def whole(self, request: Request, events: Sequence[Event]) -> dict[str, Any]:
        """Write a whole answer as one JSON object; `events` are all of it, from `Begin` to `Finish`."""
        ...

    def error(self, error: ApiError) -> dict[str, Any]:
        """Write the body of an error answer."""
        ...
