"""The short way's own HTTP: connections that serve one message after the other, and servers that behave badly."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from apps.gateway import exchange_http
from apps.gateway.exchange_http import Answer, BrokeOff, Connections, NotReached, Target
from tests.certificates import certificate

__all__ = ["certificate"]

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


class Server:
    """Answers each message as `serve` says; counts connections, and keeps what it heard."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.connections = 0
        self.heard: list[bytes] = []
        self.ended = asyncio.Event()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                self.heard.append(head + await reader.readexactly(length))
                await self._serve(reader, writer, len(self.heard))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.ended.set()
            writer.close()


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[tuple[Server, Connections, Target]]:
    server, connections = Server(serve), Connections()
    listening = await asyncio.start_server(server.connected, "127.0.0.1", 0)
    host, port = listening.sockets[0].getsockname()
    try:
        yield server, connections, Target.of(f"http://{host}:{port}/v1/chat/completions")
    finally:
        await connections.close()
        listening.close()


def saying(*answers: bytes) -> Serve:
    """Answer the first message by the first of these, and so on; the last one again and again."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(answers[min(number, len(answers)) - 1])

    return serve


def whole(body: bytes) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def post(connections: Connections, target: Target, **options: Any) -> Answer:
    given = {"bearer": "key", "body": b"{}", "seconds_to_connect": 5, "seconds_kept": 1, "on_sent": lambda: None}
    return await asyncio.wait_for(connections.post(target, **{**given, **options}), 20)


async def read(answer: Answer) -> bytes:
    async with answer:
        return b"".join([data async for data in pieces(answer)])


async def pieces(answer: Answer) -> AsyncIterator[bytes]:
    while data := await asyncio.wait_for(answer.readany(), 20):
        yield data


async def test_a_message_goes_out_whole_and_its_answer_comes_back() -> None:
    sent = []
    async with serving(saying(whole(b"one"))) as (server, connections, target):
        answer = await post(connections, target, body=b'{"a": 1}', on_sent=lambda: sent.append(1))

        assert (answer.status, answer.content_type, await read(answer)) == (200, "text/event-stream", b"one")

    [heard] = server.heard
    lines = heard.split(b"\r\n")
    assert lines[0] == b"POST /v1/chat/completions HTTP/1.1"
    assert b"Authorization: Bearer key" in lines
    assert b"Accept-Encoding: identity" in lines
    assert b"Host: " + target.head.partition(b"Host: ")[2].split(b"\r\n")[0] in lines
    assert heard.endswith(b'\r\n\r\n{"a": 1}')
    assert sent == [1]


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [
        whole(b"onetwo"),
        CHUNKED + b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + whole(b"onetwo"),
        b"HTTP/1.1 103 Early Hints\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n" + whole(b"onetwo"),
    ],
    ids=["length", "chunks", "after 100", "after 103"],
)
async def test_an_answer_whose_end_is_told_leaves_its_connection_for_the_next_message(said: bytes) -> None:
    async with serving(saying(said)) as (server, connections, target):
        answers = [await read(await post(connections, target)) for _ in range(3)]

    assert answers == [b"onetwo"] * 3
    assert server.connections == 1


async def test_an_answer_of_no_stated_length_ends_with_its_connection() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(OK + b"\r\none")
        writer.close()

    async with serving(serve) as (server, connections, target):
        assert [await read(await post(connections, target)) for _ in range(2)] == [b"one", b"one"]

    assert server.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        OK + b"Connection: close\r\nContent-Length: 3\r\n\r\none",
        whole(b"one") + b"HTTP/1.1 200 OK\r\n",
        whole(b"one") + whole(b"two"),
        b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 3\r\n\r\none",
    ],
    ids=["it says so", "the next begins", "two at once", "HTTP/1.0"],
)
async def test_a_connection_that_may_hold_something_else_carries_no_other_message(said: bytes) -> None:
    async with serving(saying(said)) as (server, connections, target):
        assert [await read(await post(connections, target)) for _ in range(2)] == [b"one", b"one"]

    assert server.connections == 2


@pytest.mark.parametrize("seconds", [0, 0.05], ids=["not read yet", "read"])
async def test_what_comes_between_two_messages_is_not_the_answer_to_the_second(seconds: float) -> None:
    """Also where the loop has not read it yet: it lies in the kernel when the second message is sent."""
    is_time = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(whole(b"%d" % number))
        if number == 1:
            writers.append(writer)
            is_time.set()

    writers: list[asyncio.StreamWriter] = []
    async with serving(serve) as (server, connections, target):
        assert await read(await post(connections, target)) == b"1"
        await is_time.wait()
        os.write(writers[0].get_extra_info("socket").fileno(), whole(b"somebody else's"))
        if seconds:
            await asyncio.sleep(seconds)
        assert await read(await post(connections, target)) == b"2"

    assert server.connections == 2


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200 O",
        OK,
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        OK + b"Content-Length: 3\r\nContent-Length: 30\r\n\r\none",
        OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\none",
    ],
    ids=["nothing", "half a line", "half a head", "SSH", "another protocol", "two lengths", "compressed"],
)
async def test_what_is_no_answer_is_said_to_be_broken_off(said: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(said)
        writer.close()

    async with serving(serve) as (server, connections, target):
        with pytest.raises(BrokeOff):
            await post(connections, target)
        await asyncio.wait_for(server.ended.wait(), 20)


async def test_a_head_that_does_not_end_is_not_read_for_ever() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(OK + b"X: " + b"x" * 70_000)
        await reader.read()

    async with serving(serve) as (server, connections, target):
        with pytest.raises(BrokeOff):
            await post(connections, target)
        await asyncio.wait_for(server.ended.wait(), 20)


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [(b"0\r\nX: ", b"x" * 1000), (b"0\r\n", b"X: x\r\n" * 200), (b"3;", b"x" * 1000), (b"", b"0" * 1000)],
    ids=["a line after the body", "lines after the body", "what is said of a chunk", "the length of a chunk"],
)
async def test_what_is_no_part_of_the_body_is_not_read_for_ever(begins: bytes, goes_on: bytes) -> None:
    """None of it is given to anybody, so nobody would ever stop it: it would be read, and lines kept, without end."""

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(CHUNKED + b"3\r\none\r\n" + begins)
        for _number in range(300):
            writer.write(goes_on)
            await writer.drain()

    async with serving(serve) as (server, connections, target), await post(connections, target) as answer:
        assert await answer.readany() == b"one"
        with pytest.raises(BrokeOff):
            await asyncio.wait_for(answer.readany(), 20)
        await asyncio.wait_for(server.ended.wait(), 20)


@pytest.mark.parametrize("line", [b"Content-Type: text/html", b"Content-Encoding: gzip"])
async def test_a_line_after_the_body_says_nothing_about_it(line: bytes) -> None:
    async with serving(saying(CHUNKED + b"3\r\none\r\n0\r\n" + line + b"\r\n\r\n")) as (_, connections, target):
        answer = await post(connections, target)

        assert (answer.content_type, await read(answer)) == ("text/event-stream", b"one")


async def test_a_message_that_could_not_be_counted_leaves_no_connection_behind() -> None:
    def fail() -> None:
        raise OSError("The count is on a disk that is full.")

    async with serving(saying(whole(b"one"))) as (server, connections, target):
        with pytest.raises(OSError, match="disk"):
            await post(connections, target, on_sent=fail)
        await asyncio.wait_for(server.ended.wait(), 20)


async def test_a_server_that_answers_before_it_has_heard_everything_is_given_no_second_message_there() -> None:
    connected = 0

    async def answer_the_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connected
        connected += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(whole(b"one"))
        await ends.wait()
        writer.close()

    ends, connections = asyncio.Event(), Connections()
    listening = await asyncio.start_server(answer_the_head, "127.0.0.1", 0)
    target = Target.of(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/")
    async with listening:
        assert await read(await post(connections, target, body=b"x" * 50_000_000)) == b"one"
        assert await read(await post(connections, target)) == b"one"
        ends.set()
        await connections.close()

    assert connected == 2


@pytest.mark.parametrize(
    "said",
    [OK + b"Content-Length: 30\r\n\r\none", CHUNKED + b"3\r\none\r\n", CHUNKED + b"3\r\none\r\nzz\r\n"],
    ids=["too few bytes", "no last chunk", "no chunk"],
)
async def test_an_answer_that_breaks_off_gives_what_came_and_then_says_so(said: bytes) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(said)
        writer.close()

    async with serving(serve) as (_, connections, target), await post(connections, target) as answer:
        got = await answer.readany()
        with pytest.raises(BrokeOff):
            await answer.readany()

    assert got == b"one"


async def test_an_answer_that_is_left_before_its_end_ends_its_connection() -> None:
    async with serving(saying(CHUNKED + b"3\r\none\r\n")) as (server, connections, target):
        async with await post(connections, target) as answer:
            assert await answer.readany() == b"one"
        await asyncio.wait_for(server.ended.wait(), 20)


async def test_whoever_gives_up_before_the_answer_ends_the_connection() -> None:
    has_heard = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter, number: int) -> None:
        has_heard.set()
        await reader.read()

    async with serving(serve) as (server, connections, target):
        asking = asyncio.create_task(post(connections, target))
        await asyncio.wait_for(has_heard.wait(), 20)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.wait_for(server.ended.wait(), 20)


async def test_a_connection_is_kept_for_its_time_and_no_longer() -> None:
    async with serving(saying(whole(b"one"))) as (server, connections, target):
        await read(await post(connections, target, seconds_kept=0.05))
        await asyncio.wait_for(server.ended.wait(), 20)
        await read(await post(connections, target))

    assert server.connections == 2


@pytest.mark.parametrize("rests", [False, True])
async def test_what_nobody_takes_stays_with_the_server(monkeypatch: pytest.MonkeyPatch, rests: bool) -> None:
    """A server that sends without end fills neither our memory nor that of others."""
    monkeypatch.setattr(exchange_http, "MOST_UNREAD_BYTES", 10_000)
    taken, sent = 0, 0

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        nonlocal sent
        writer.write(CHUNKED)
        for _number in range(1000):
            writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
            await writer.drain()
            sent += 65_536
        writer.write(b"0\r\n\r\n")

    async with serving(serve) as (_, connections, target), await post(connections, target) as answer:
        await asyncio.sleep(1)
        halted_at = sent
        async for data in pieces(answer):
            taken += len(data)
            if rests:
                answer.rest_until(asyncio.get_running_loop().time() + 0.001)

    assert halted_at < 30_000_000
    assert taken == 65_536_000


async def test_what_rests_is_read_when_the_rest_is_over() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(CHUNKED + b"3\r\none\r\n")
        for _number in range(5):
            await asyncio.sleep(0.02)
            writer.write(b"1\r\nx\r\n")
        writer.write(b"0\r\n\r\n")

    async with serving(serve) as (server, connections, target):
        for _ in range(2):
            async with await post(connections, target) as answer:
                assert await answer.readany() == b"one"
                answer.rest_until(asyncio.get_running_loop().time() + 0.4)
                assert await answer.readany() == b"xxxxx"
                assert await answer.readany() == b""

    assert server.connections == 1


async def test_where_nothing_listens_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    sent: list[int] = []

    with pytest.raises(NotReached):
        await post(Connections(), Target.of(f"http://127.0.0.1:{port}/"), on_sent=lambda: sent.append(1))
    assert sent == []


@pytest.fixture
async def lookups(monkeypatch: pytest.MonkeyPatch) -> Lookups:
    found = Lookups()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found.ask)
    return found


class Lookups:
    """Questions for the addresses of a host, which are answered when a test says so."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.may_answer = asyncio.Event()
        self._really_ask = asyncio.get_running_loop().getaddrinfo

    async def ask(self, host: str, port: int, **how: Any) -> Any:
        self.asked.append(host)
        await self.may_answer.wait()
        if host == "nobody.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return await self._really_ask("127.0.0.1", port, **how)


async def test_a_host_is_looked_up_once_for_all_who_wait_for_it(lookups: Lookups) -> None:
    """There are few threads for that: a name that nobody answers for would have them all, and others none."""
    async with serving(saying(whole(b"one"))) as (_, connections, target):
        named = Target.of(f"http://here.example:{target.place.port}/v1")
        waiting = [asyncio.create_task(post(connections, named)) for _ in range(20)]
        impatient = asyncio.create_task(post(connections, named, seconds_to_connect=0.05))
        with pytest.raises(TimeoutError):
            await impatient
        asked = list(lookups.asked)
        lookups.may_answer.set()

        assert [await read(await answer) for answer in waiting] == [b"one"] * 20
        assert asked == ["here.example"]
        assert connections._lookups == {}


async def test_a_host_that_is_not_found_is_looked_up_again_by_the_next(lookups: Lookups) -> None:
    connections, target = Connections(), Target.of("http://nobody.example/v1")
    waiting = [asyncio.create_task(post(connections, target)) for _ in range(3)]
    await asyncio.sleep(0.01)
    lookups.may_answer.set()

    for each in waiting:
        with pytest.raises(NotReached):
            await each
    with pytest.raises(NotReached):
        await post(connections, target)
    assert len(lookups.asked) == 2


async def test_a_lookup_that_is_under_way_ends_with_the_connections(lookups: Lookups) -> None:
    connections = Connections()
    waiting = asyncio.create_task(post(connections, Target.of("http://here.example/v1")))
    await asyncio.sleep(0.01)
    await connections.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert connections._lookups == {}


@pytest.mark.parametrize(
    "address",
    [
        "nothing",
        "http://",
        "ftp://here.example/",
        "http://here.example:99999/",
        "http://[::1/",
        "http://\ud800/",
    ],
)
def test_what_is_no_address_is_not_reached(address: str) -> None:
    with pytest.raises(NotReached):
        Target.of(address)


def test_an_address_cannot_bring_lines_of_the_head() -> None:
    head = Target.of("http://here.example/v1\r\nX-Theirs: 1?a=\r\nX-Theirs: 2").head

    assert b"\r\nX-Theirs" not in head
    assert head.count(b"\r\n") == 5


@pytest.mark.parametrize("bearer", ["key\r\nX-Theirs: 1", "key\nX", "key\x00", "key\x7f"])
async def test_a_key_cannot_bring_lines_of_the_head(bearer: str) -> None:
    async with serving(saying(whole(b"one"))) as (server, connections, target):
        with pytest.raises(NotReached):
            await post(connections, target, bearer=bearer)

    assert server.connections == 0


@pytest.mark.parametrize(
    ("bearer", "said"),
    [("", b"Authorization: Basic bWF5YTpnZWhlaW3DvDpA"), ("key", b"Authorization: Bearer key")],
    ids=["no key", "a key"],
)
async def test_name_and_password_in_an_address_are_said_where_there_is_no_key(bearer: str, said: bytes) -> None:
    async with serving(saying(whole(b"one"))) as (server, connections, target):
        address = f"http://maya:geheim%C3%BC:%40@{target.place.host}:{target.place.port}/v1"
        await read(await post(connections, Target.of(address), bearer=bearer))

    head = server.heard[0].split(b"\r\n")
    assert [line for line in head if line.startswith(b"Authorization")] == [said]
    assert b"geheim" not in server.heard[0]
    assert "geheim" not in repr(Target.of(address))


@pytest.mark.parametrize(
    ("host", "is_vouched_for", "is_reached"),
    [("localhost", True, True), ("[::1]", True, False), ("localhost", False, False)],
    ids=["vouched for", "another host", "not vouched for"],
)
async def test_over_tls_only_the_host_that_was_meant_is_reached(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, host: str, is_vouched_for: bool, is_reached: bool
) -> None:
    theirs, server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), Server(saying(whole(b"one")))
    theirs.load_cert_chain(*certificate)
    theirs.set_alpn_protocols(["h2", "http/1.1"])
    if is_vouched_for:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    here = "::1" if host == "[::1]" else "127.0.0.1"
    listening = await asyncio.start_server(server.connected, here, 0, ssl=theirs)
    target = Target.of(f"https://{host}:{listening.sockets[0].getsockname()[1]}/v1")
    connections = Connections()
    async with listening:
        if is_reached:
            assert [await read(await post(connections, target)) for _ in range(3)] == [b"one"] * 3
            assert server.connections == 1
            [connection] = connections._all
            assert connection.transport.get_extra_info("ssl_object").selected_alpn_protocol() == "http/1.1"
        else:
            with pytest.raises(NotReached):
                await post(connections, target)
            assert server.heard == []
        await connections.close()


@pytest.mark.parametrize(
    ("address", "place", "host"),
    [
        ("https://api.example/v1/chat", ("api.example", 443, True), b"Host: api.example\r\n"),
        ("http://[::1]:8080/v1", ("::1", 8080, False), b"Host: [::1]:8080\r\n"),
        ("http://bücher.example/v1?a=ü b", ("xn--bcher-kva.example", 80, False), b"/v1?a=%C3%BC+b HTTP/1.1\r\n"),
    ],
)
def test_addresses_are_taken_apart_as_clients_do(address: str, place: Any, host: bytes) -> None:
    assert Target.of(address).place == place
    assert host in Target.of(address).head


def test_certificates_are_asked_for_and_compared_with_the_host() -> None:
    context = Connections()._context()

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
