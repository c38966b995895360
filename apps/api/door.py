"""
The door for programs, `/v1`: one lean ASGI application for every dialect.

No session, no cookie, no form token and no page: a key in a header, JSON in, JSON or server-sent events out. What the
pages' middleware keeps safe and a program needs too (the host's name, TLS, the size of a body) is kept here.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import parse_qsl, unquote
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from apps.api import (
    batch_calls,
    batches_format,
    catalogue,
    counting,
    embeddings_format,
    entering,
    failures,
    messages_in,
    openai_shape,
    uploads,
)
from apps.api.callers import Caller
from apps.api.chat_out import ChatCompletions
from apps.api.dialects import Dialect
from apps.api.entering import Entered
from apps.api.known import Known
from apps.api.messages_out import Messages
from apps.api.models import Scope
from apps.api.neutral import ApiError, ErrorKind, Event, JsonObject, Request
from apps.api.outlet import Outdated, Outlet
from apps.api.responses_out import Responses
from apps.chat import exchanges, lifecycle
from apps.chat.database import LONG, by_length, in_database
from apps.chat.exchange_rows import Asking, Standing
from apps.chat.exchanges import ExchangeKeeper
from apps.gateway.admission import Refused
from apps.gateway.refusals import PortalFull
from apps.ledger.ids import new_id

logger = logging.getLogger(__name__)

P = ParamSpec("P")
Answer = TypeVar("Answer")

PREFIX: Final = "/v1/"
LARGEST_BODY: Final = 8 * 1024 * 1024
DIALECTS: Final[Mapping[str, Dialect]] = {
    "/v1/chat/completions": ChatCompletions(),
    "/v1/responses": Responses(),
    "/v1/messages": Messages(),
}
ANTHROPICS: Final = DIALECTS["/v1/messages"]
"""Its clients name their version with every request, at addresses that all dialects share as well."""


class Gone(Exception):
    """The program hung up before it had sent its request."""


class ProgramsDoor:
    """Answers what is asked under /v1; everything else goes on to the application behind."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._application(scope, receive, send)
            return
        call = Call(scope, receive, send)
        try:
            await call.answer()
        except Gone:
            return
        except ApiError as error:
            await call.refuse(error)
        except Exception as error:  # noqa: BLE001 - the one place that catches everything: its text may hold anybody's
            logger.critical("Call %s failed: %s", call.id, type(error).__name__)
            await call.refuse(failures.of_ending(None))


class Call:
    """One HTTP request of a program and the answer to it."""

    def __init__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self._receive, self._send = receive, send
        self._headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        self._scheme = scope.get("scheme", "http")
        self._method: str = scope["method"]
        self._path: str = scope["path"].rstrip("/")
        self._query: str = scope.get("query_string", b"").decode("latin-1")
        self._dialect = DIALECTS.get(self._path) or (ANTHROPICS if self._is_anthropics() else None)
        self._has_begun = self._is_gone = False
        self.id: UUID = new_id()

    def _is_anthropics(self) -> bool:
        return b"anthropic-version" in self._headers or self._path.startswith("/v1/messages/")

    async def answer(self) -> None:
        """Answer, or raise an `ApiError` while nothing has been sent."""
        self._require_house()
        here = [(address, found) for address in ADDRESSES if (found := address.matches(self._path))]
        if not here:
            raise ApiError(
                ErrorKind.NOT_FOUND, "There is nothing at this address. See /v1/models for a start.", code="not_found"
            )
        for address, found in here:
            if address.method == self._method:
                await address.answer(self, **found.groupdict())
                return
        methods = " or ".join(address.method for address, _ in here)
        raise ApiError(ErrorKind.METHOD_NOT_ALLOWED, f"Use {methods} at this address.", code="method_not_allowed")

    async def refuse(self, error: ApiError) -> None:
        """Send an error in the dialect's own shape; where an answer has begun, nothing more can be said."""
        if self._has_begun:
            return
        body = self._dialect.error(error) if self._dialect else openai_shape.error(error)
        extra = [] if error.retry_after is None else [(b"retry-after", str(error.retry_after).encode())]
        if error.kind == ErrorKind.UNAUTHENTICATED:
            extra.append((b"www-authenticate", b"Bearer"))
        await self._send_json(error.kind.status, body, extra)

    def _require_house(self) -> None:
        """Refuse a host that is not ours, and a key that would travel in clear."""
        domain, _ = split_domain_port(self._headers.get(b"host", ""))
        if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
            raise ApiError(ErrorKind.BAD_REQUEST, "This portal has another name. Check the address.", code="bad_host")
        forwarded = self._headers.get(b"x-forwarded-proto", self._scheme)
        if settings.IS_SECURE and "https" not in {self._scheme, forwarded}:
            raise ApiError(
                ErrorKind.FORBIDDEN, f"Use {settings.BASE_URL}: keys do not travel in clear.", code="https_required"
            )

    async def _caller(self, scope: Scope) -> Caller:
        """Find who calls. One query, and a second a minute."""
        return await self._asked(entering.caller_of, self._shown, scope, now=timezone.now())

    async def _asked(self, question: Callable[P, Answer], *arguments: P.args, **named: P.kwargs) -> Answer:
        """Ask the database something, and say it in the program's words where it cannot be reached."""
        with _said_when_away():
            return await in_database(question, *arguments, **named)

    @property
    def _shown(self) -> dict[str, str]:
        names = (("Authorization", b"authorization"), ("X-Api-Key", b"x-api-key"))
        return {name: self._headers[raw] for name, raw in names if raw in self._headers}

    async def _body(self, largest: int = LARGEST_BODY) -> bytes:
        """
        Read the whole body.

        :raises ApiError: if it is larger than so many bytes; the rest is not read.
        """
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > largest:
                most = largest // 1024 // 1024
                raise ApiError(
                    ErrorKind.TOO_LARGE, f"A request may hold {most} MB. Send less at once.", code="too_large"
                )
            if not message.get("more_body", False):
                return b"".join(parts)

    async def answer_models(self) -> None:
        """List the models that the key may call."""
        caller = await self._caller(Scope.MODELS)
        await self._send_json(200, await self._asked(catalogue.listing, caller, now=timezone.now()))

    async def answer_model(self, name: str) -> None:
        """Give one of them."""
        caller = await self._caller(Scope.MODELS)
        await self._send_json(200, await self._asked(catalogue.entry, caller, unquote(name), now=timezone.now()))

    async def answer_about_batches(self, question: Callable[..., JsonObject], *given: Any) -> None:
        """Answer one question about the caller's files and batches."""
        await self._send_json(200, await self._about_batches(question, *given))

    async def answer_upload(self) -> None:
        """Keep a file; whoever may not is told before it is read."""
        await self._caller(Scope.BATCH)
        raw = await self._body(uploads.LARGEST_FORM)
        upload = await asyncio.to_thread(uploads.read, self._headers, raw)
        await self.answer_about_batches(batch_calls.keep_file, upload)

    async def answer_content(self, file_id: str) -> None:
        """Give the content of a file."""
        data = await self._about_batches(batch_calls.content, file_id)
        length = (b"content-length", str(len(data)).encode())
        await self._start(200, [(b"content-type", b"application/jsonl; charset=utf-8"), length])
        await self._send({"type": "http.response.body", "body": data})

    async def answer_new_batch(self) -> None:
        """Begin a batch."""
        raw = await self._body()
        await self._caller(Scope.BATCH)  # what is wrong with a request is told to callers only
        await self.answer_about_batches(batch_calls.begin_batch, batches_format.read_batch(_json(raw)))

    async def _about_batches(self, question: Callable[..., Answer], *given: Any) -> Answer:
        return await self._asked(batch_calls.asked, self._shown, question, *given, now=timezone.now())

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the question mark; of a name that comes twice, the last."""
        return dict(parse_qsl(self._query, keep_blank_values=True))

    async def answer_embeddings(self) -> None:
        """Give the vectors of some texts."""
        raw = await self._body()
        try:
            ask = embeddings_format.read(_json(raw))
        except ApiError:
            await self._caller(Scope.EMBEDDINGS)
            raise
        entered = await self._asked(entering.enter_for_vectors, self._shown, ask, self.id, now=timezone.now())
        keeper, outlet = self._begun(*entered)
        async with self._watched(keeper):
            ending = await outlet.whole()
            written = partial(embeddings_format.written, ask=ask, model=outlet.model_label)
            body = await asyncio.to_thread(written, ending.vectors, input_tokens=ending.input_tokens)
            await self._send_json(200, body)

    async def answer_exchange(self) -> None:
        """Answer a question, in the dialect of the address."""
        body, dialect = await self._body(), DIALECTS[self._path]
        try:
            request = dialect.read(_json(body))
        except ApiError:
            await self._caller(Scope.CHAT)  # what is wrong with a request is told to callers only
            raise
        if recalled := await self._recalled(request, len(body)):
            with suppress(Outdated):
                await self._answer_entered(recalled, request, dialect)
                return
        with _said_when_away():
            entered = await by_length(len(body), entering.enter, self._shown, request, self.id, now=timezone.now())
        await self._answer_entered(entered, request, dialect)

    async def _recalled(self, request: Request, length: int) -> Entered | None:
        """Give who calls as far as that is remembered; a text of this length that is long is handled in a thread."""
        if length > LONG:
            return await asyncio.to_thread(entering.recall, self._shown, request, self.id, now=timezone.now())
        return entering.recall(self._shown, request, self.id, now=timezone.now())

    async def _answer_entered(self, entered: Entered, request: Request, dialect: Dialect) -> None:
        """
        Answer a question of somebody who was let in.

        :raises Outdated: if that was from memory and does not hold; nothing was sent to anybody then.
        """
        keeper, outlet = self._begun(*entered)
        async with self._watched(keeper):
            if request.is_stream:
                await self._stream(dialect, request, outlet)
            else:
                events: list[Event] = [event async for batch in outlet.batches() for event in batch]
                await self._send_json(200, dialect.whole(request, events))

    async def answer_count(self) -> None:
        """Say how many tokens a question would take, in Anthropic's format. It is not asked."""
        body = await self._body()
        try:
            request = messages_in.read_to_count(_json(body))
        except ApiError:
            await self._caller(Scope.CHAT)
            raise
        await self._send_json(200, await self._asked(self._counted, request))

    def _counted(self, request: Request) -> JsonObject:
        return counting.counted(*entering.enter(self._shown, request, self.id, now=timezone.now())[:2])

    def _begun(
        self, asking: Asking, prepared: Standing | Refused, known: Known | None = None
    ) -> tuple[ExchangeKeeper, Outlet]:
        """Let the story begin, beside this request; where there is no room for it, it is that of a refusal."""
        try:
            lifecycle.require_room()
        except PortalFull as refusal:
            prepared = refusal
        outlet = Outlet(self.id, known)
        keeper = ExchangeKeeper(asking, outlet, exchange_id=self.id, prepared=prepared)
        task = asyncio.ensure_future(exchanges.answer(keeper))
        lifecycle.adopt(task)
        task.add_done_callback(lambda _: outlet.give_up())
        return keeper, outlet

    @asynccontextmanager
    async def _watched(self, keeper: ExchangeKeeper) -> AsyncIterator[None]:
        """Stop the exchange when the program hangs up, or when answering it fails."""

        async def hang_up() -> None:
            while not self._is_gone:
                self._is_gone = (await self._receive())["type"] == "http.disconnect"
            keeper.stop()

        watch = asyncio.ensure_future(hang_up())
        try:
            yield
        except BaseException:
            keeper.stop()
            raise
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch

    async def _stream(self, dialect: Dialect, request: Request, outlet: Outlet) -> None:
        """Send events as they come. The status waits for the first: until then an error has one of its own."""
        writer = dialect.open_stream(request)
        try:
            async for batch in outlet.batches():
                if not self._has_begun:
                    await self._start(200, [(b"content-type", b"text/event-stream; charset=utf-8")])
                data = b"".join(writer.write(event) for event in batch)
                await self._send({"type": "http.response.body", "body": data, "more_body": True})
        except ApiError as error:
            if not self._has_begun:
                raise
            await self._send({"type": "http.response.body", "body": writer.fail(error), "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _send_json(self, status: int, body: JsonObject, extra: list[tuple[bytes, bytes]] | None = None) -> None:
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")
        length = (b"content-length", str(len(data)).encode())
        await self._start(status, [(b"content-type", b"application/json"), length, *(extra or [])])
        await self._send({"type": "http.response.body", "body": data})

    async def _start(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self._has_begun = True
        mine = [*headers, (b"x-request-id", self.id.hex.encode()), *_ALWAYS]
        if settings.IS_SECURE:
            mine.append((b"strict-transport-security", f"max-age={settings.SECURE_HSTS_SECONDS}".encode()))
        await self._send({"type": "http.response.start", "status": status, "headers": mine})


@dataclass(frozen=True, slots=True)
class Address:
    """An address under /v1 with one method; the named groups of its pattern are given to `answer`."""

    method: str
    pattern: str
    answer: Callable[..., Awaitable[None]]

    def matches(self, path: str) -> re.Match[str] | None:
        """Say whether a path is this address."""
        return re.fullmatch(self.pattern, path)


def _about_batches(
    method: str, pattern: str, question: Callable[..., JsonObject], *, in_pages: bool = False
) -> Address:
    """Make an address that answers one question about the caller's files and batches."""

    async def answer(call: Call, **named: str) -> None:
        page = [batches_format.read_page(call.query)] if in_pages else []
        await call.answer_about_batches(question, *named.values(), *page)

    return Address(method, pattern, answer)


ADDRESSES: Final = (
    *(Address("POST", path, Call.answer_exchange) for path in DIALECTS),
    Address("POST", "/v1/messages/count_tokens", Call.answer_count),
    Address("POST", "/v1/embeddings", Call.answer_embeddings),
    Address("GET", "/v1/models", Call.answer_models),
    Address("GET", "/v1/models/(?P<name>.+)", Call.answer_model),
    Address("POST", "/v1/files", Call.answer_upload),
    _about_batches("GET", "/v1/files", batch_calls.list_files, in_pages=True),
    _about_batches("GET", "/v1/files/(?P<file_id>[^/]+)", batch_calls.file),
    _about_batches("DELETE", "/v1/files/(?P<file_id>[^/]+)", batch_calls.delete_file),
    Address("GET", "/v1/files/(?P<file_id>[^/]+)/content", Call.answer_content),
    Address("POST", "/v1/batches", Call.answer_new_batch),
    _about_batches("GET", "/v1/batches", batch_calls.list_batches, in_pages=True),
    _about_batches("GET", "/v1/batches/(?P<batch_id>[^/]+)", batch_calls.batch),
    _about_batches("POST", "/v1/batches/(?P<batch_id>[^/]+)/cancel", batch_calls.cancel_batch),
)
"""Every address of this door. Each that calls or lists models stands in tests/gateway/test_every_door.py."""
_ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


def _json(body: bytes) -> JsonObject:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ApiError(ErrorKind.BAD_REQUEST, "The body must be a JSON object in UTF-8.", code="invalid_json")
    return value


@contextmanager
def _said_when_away() -> Iterator[None]:
    """Say it in the program's words where the database cannot be reached."""
    try:
        yield
    except (DatabaseError, InterfaceError):
        raise ApiError(
            ErrorKind.UNAVAILABLE,
            "The portal's database cannot be reached at the moment, so nothing was sent. Try again in a moment.",
            code="unavailable",
            retry_after=failures.BUSY_SECONDS,
        ) from None
