"""
One message over HTTP/1.1 and its streamed answer, on a connection that serves one message after the other.

Here is only what a streamed answer needs, because every part of it is paid for with each exchange: parsing is llhttp's
(`httptools`), connecting is `aiohappyeyeballs`' and addresses are `yarl`'s. No proxies, no redirects, no compression,
no cookies.
"""

from __future__ import annotations

import asyncio
import base64
import select
import socket
import ssl
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from types import TracebackType
from typing import Final, NamedTuple, Self, cast

import aiohappyeyeballs
import httptools
from aiohappyeyeballs import AddrInfoType
from yarl import URL

MOST_HEAD_BYTES: Final = 65_536
"""So much may come at a stretch that is no part of the body: a head, what frames a chunk, lines after the last one."""
MOST_UNREAD_BYTES: Final = 262_144
"""So much of an answer waits to be taken; then nothing more is read."""
SECONDS_BETWEEN_ADDRESSES: Final = 0.25
"""After so long the next address of a host is tried beside the one before (RFC 8305)."""


class NotReached(Exception):
    """No connection could be made; nothing was sent."""


class BrokeOff(Exception):
    """The connection ended, or what came over it is not HTTP; something may have been sent."""


class Place(NamedTuple):
    """Where connections lead; `host` is as certificates and names of hosts are compared."""

    host: str
    port: int
    is_encrypted: bool


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart once; `own` is how the name and password in it, if any, stand in the head."""

    place: Place
    head: bytes
    own: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, address: str) -> Target:
        """
        Take an address apart.

        :raises NotReached: if it names no host.
        """
        try:
            return _target(address)
        except ValueError:  # no address at all, or a host that no name can be
            raise NotReached("This is no address of a server.") from None


@lru_cache(maxsize=256)
def _target(address: str) -> Target:
    url = URL(address)
    if not url.raw_host or not url.port or url.scheme not in {"http", "https"}:
        raise NotReached("This is no address of a server.")
    place = Place(url.raw_host, url.port, url.scheme == "https")
    host = f"[{place.host}]" if ":" in place.host else place.host
    if not url.is_default_port():
        host += f":{place.port}"
    lines = (
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: portcullis",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
    )
    return Target(place, "\r\n".join(lines).encode("ascii"), _own(url))


def _own(url: URL) -> bytes:
    """Say in the head who asks, where the address says it (RFC 7617), as the environment's of a server may."""
    if url.user is None and url.password is None:
        return b""
    return b"\r\nAuthorization: Basic " + base64.b64encode(f"{url.user or ''}:{url.password or ''}".encode())


class Connections:
    """The connections of one event loop that wait for another message, and those that carry one."""

    def __init__(self) -> None:
        self._resting: dict[Place, list[_Connection]] = defaultdict(list)
        self._all: set[_Connection] = set()
        self._lookups: dict[Place, asyncio.Future[Sequence[AddrInfoType]]] = {}
        self._tls: ssl.SSLContext | None = None

    async def post(
        self, target: Target, *, bearer: str, body: bytes, seconds_to_connect: float, seconds_kept: float,
        on_sent: Callable[[], None],
    ) -> Answer:  # fmt: skip
        """
        Send a JSON body; gives the answer when its head is there. `on_sent` is called once the message left.

        :raises NotReached: if nothing was sent.
        :raises TimeoutError: if no connection was made in time; nothing was sent.
        :raises BrokeOff: if no answer came.
        """
        if not bearer.isprintable():
            raise NotReached("The key would end its line of the head.")
        connection = self._rested(target.place)
        if connection is None:
            async with asyncio.timeout(seconds_to_connect):
                connection = await self._connected(target.place)
        authorization = b"\r\nAuthorization: Bearer " + bearer.encode() if bearer else target.own
        head = b"%s%s\r\nContent-Length: %d\r\n\r\n" % (target.head, authorization, len(body))
        answer = connection.ask(head + body, seconds_kept)
        try:
            on_sent()
            await answer.begun()
        except BaseException:
            connection.end()
            raise
        return answer

    async def close(self) -> None:
        """End all connections."""
        for connection in list(self._all):
            connection.end()
        for lookup in list(self._lookups.values()):
            lookup.cancel()
        self._resting.clear()
        await asyncio.sleep(0)

    def _rested(self, place: Place) -> _Connection | None:
        resting = self._resting.get(place)
        while resting:
            connection = resting.pop()
            if connection.is_silent():
                connection.take()
                return connection
            connection.end()
        return None

    async def _connected(self, place: Place) -> _Connection:
        loop = asyncio.get_running_loop()
        try:
            sock = await aiohappyeyeballs.start_connection(
                list(await self._looked_up(place)), happy_eyeballs_delay=SECONDS_BETWEEN_ADDRESSES, loop=loop
            )
            _, connection = await loop.create_connection(
                lambda: _Connection(self, place),
                sock=sock,
                ssl=self._context() if place.is_encrypted else None,
                server_hostname=place.host if place.is_encrypted else None,
            )
        except TimeoutError:
            raise
        except (OSError, ValueError) as error:  # a certificate's error is an OSError, a name's a ValueError
            raise NotReached(type(error).__name__) from None
        return connection

    async def _looked_up(self, place: Place) -> Sequence[AddrInfoType]:
        """
        Ask for the addresses of a host: once for all who want them at the moment.

        The loop has four threads for such questions, and none can be taken back. A name that nobody answers for would
        have them all, and no other server could be reached.
        """
        lookup = self._lookups.get(place)
        if lookup is None:
            asked = asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
            lookup = self._lookups[place] = asyncio.ensure_future(asked)
            lookup.add_done_callback(partial(self._note_addresses, place))
        return await asyncio.shield(lookup)

    def _note_addresses(self, place: Place, lookup: asyncio.Future[Sequence[AddrInfoType]]) -> None:
        del self._lookups[place]
        if not lookup.cancelled():
            lookup.exception()  # told to whoever still waits; where nobody does, to nobody

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            self._tls.set_alpn_protocols(["http/1.1"])
        return self._tls

    def made(self, connection: _Connection) -> None:
        """Take note of a connection."""
        self._all.add(connection)

    def rest(self, connection: _Connection) -> None:
        """Let a connection wait for another message."""
        self._resting[connection.place].append(connection)

    def lost(self, connection: _Connection) -> None:
        """Forget a connection."""
        self._all.discard(connection)
        resting = self._resting.get(connection.place)
        if resting and connection in resting:
            resting.remove(connection)
        if not resting:
            self._resting.pop(connection.place, None)


class _Connection(asyncio.Protocol):
    """One connection: carries a message, or waits for one. What comes while it waits was not asked for and ends it."""

    def __init__(self, connections: Connections, place: Place) -> None:
        self.place = place
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._answer: Answer | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._connections.made(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.end()
        else:
            self._answer.hear(data)

    def eof_received(self) -> None:
        if self._answer is not None:
            self._answer.hear_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self.take()
        self._connections.lost(self)
        if self._answer is not None:
            self._answer.hear_no_more(is_broken=exc is not None)

    def ask(self, message: bytes, seconds_kept: float) -> Answer:
        """Send a message, whole."""
        self._answer = Answer(self, seconds_kept)
        self.transport.write(message)
        return self._answer

    def is_silent(self) -> bool:
        """Say whether it can carry a message: it stands, and nothing has come that is still to be read."""
        if self.transport.is_closing():
            return False
        looks = select.poll()
        looks.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not looks.poll(0)

    def rest(self, seconds: float) -> None:
        """Wait for another message, for a while."""
        self._answer = None
        self._patience = self._loop.call_later(seconds, self.end)
        self._connections.rest(self)

    def take(self) -> None:
        """Wait no more."""
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def end(self) -> None:
        """Close it, whatever is under way."""
        self.transport.abort()


class Answer:
    """
    An answer as it comes. Use it as a context: left before its end, the connection is closed, and the server knows.

    `status` and `content_type` (in small letters, without parameters) are there from the start.
    """

    def __init__(self, connection: _Connection, seconds_kept: float) -> None:
        self.status = 0
        self.content_type = ""
        self._connection = connection
        self._seconds_kept = seconds_kept
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._bytes_beside = 0
        self._has_length = self._is_compressed = False
        self._unread: list[bytes] = []
        self._unread_bytes = 0
        self._is_complete = self._is_broken = self._is_spoilt = False
        self._waiter: asyncio.Future[None] | None = None
        self._rest: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._rest is not None:
            self._rest.cancel()
        if self._is_reusable:
            self._connection.transport.resume_reading()
            self._connection.rest(self._seconds_kept)
        else:
            self._connection.end()

    @property
    def is_complete(self) -> bool:
        """Whether nothing more can come."""
        return self._is_complete

    async def begun(self) -> None:
        """
        Wait for the head.

        :raises BrokeOff: if none comes.
        """
        while not self.status:
            await self._news()
        if self._is_compressed:
            raise BrokeOff("The answer is compressed, which nobody asked for.")

    async def readany(self) -> bytes:
        """
        Give what has come, or wait for some; nothing at the end.

        :raises BrokeOff: if the end is missing.
        """
        while not self._unread:
            if self._is_complete:
                return b""
            await self._news()
        data = self._unread[0] if len(self._unread) == 1 else b"".join(self._unread)
        self._unread.clear()
        if self._unread_bytes > MOST_UNREAD_BYTES and self._rest is None:
            self._read_on()
        self._unread_bytes = 0
        return data

    def rest_until(self, moment: float) -> None:
        """Leave what comes to the kernel until a moment of the loop's clock: nobody is woken for it."""
        if self._is_complete or self._connection.transport.is_closing():
            return
        self._connection.transport.pause_reading()
        self._rest = self._loop.call_at(moment, self._rested)

    def _rested(self) -> None:
        self._rest = None
        if self._unread_bytes <= MOST_UNREAD_BYTES:
            self._read_on()

    def _read_on(self) -> None:
        if not self._connection.transport.is_closing():
            self._connection.transport.resume_reading()

    async def _news(self) -> None:
        if self._is_broken:
            raise BrokeOff("The connection ended.")
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _tell(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @property
    def _is_reusable(self) -> bool:
        transport = self._connection.transport
        return (
            self._is_complete
            and not self._is_spoilt
            and not transport.is_closing()
            and transport.get_write_buffer_size() == 0
        )

    def hear(self, data: bytes) -> None:
        """Take bytes from the connection."""
        self._bytes_beside += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._spoil()
        if self._bytes_beside > MOST_HEAD_BYTES:
            self._spoil()
        self._tell()

    def hear_no_more(self, *, is_broken: bool = False) -> None:
        """Take note that nothing comes any more; without a stated length, that is how an answer ends."""
        self._is_spoilt = True
        if not self._is_complete:
            self._is_complete = bool(self.status) and not self._has_length and not is_broken
            self._is_broken = not self._is_complete
        self._tell()

    def _spoil(self) -> None:
        """What came is no HTTP, or more than one answer: nothing of it is read, and the connection is ended."""
        self._is_spoilt = True
        self._is_broken = not self._is_complete
        self._connection.end()

    def on_message_begin(self) -> None:
        """Begin an answer (called by the parser, as those below)."""
        self._is_spoilt = self._is_spoilt or self._is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a line of the head; one that comes after the body says nothing about it any more."""
        if self.status:
            return
        match name.lower():
            case b"content-type":
                self.content_type = value.partition(b";")[0].strip().lower().decode("latin-1")
            case b"content-length" | b"transfer-encoding":
                self._has_length = True
            case b"content-encoding":
                self._is_compressed = value.strip().lower() not in {b"", b"identity"}

    def on_headers_complete(self) -> None:
        """End the head; one that only says that another follows is passed over."""
        status = self._parser.get_status_code()
        if status >= 200 and not self._is_complete:
            self.status = status
        elif status < 200:
            self.content_type, self._has_length, self._is_compressed = "", False, False

    def on_body(self, data: bytes) -> None:
        """Take some of the body."""
        self._bytes_beside = 0
        if self._is_complete:
            return
        self._unread.append(data)
        self._unread_bytes += len(data)
        if self._unread_bytes > MOST_UNREAD_BYTES:
            self._connection.transport.pause_reading()

    def on_message_complete(self) -> None:
        """End the answer."""
        if self.status and not self._is_complete:
            self._is_complete = True
            self._is_spoilt = self._is_spoilt or not self._parser.should_keep_alive()
