"""
One connection of an event loop on which the statements of many exchanges follow one another.

Answers that are read in time end in time (`apps.gateway.beats`), so several exchanges close at once, and programs that
ask again are let out at once. On connections of their own each wakes another process of the server, which finds its
code and its rows gone from the processor's cache and then waits for the locks of the others. Here they are sent one
behind the other, without waiting for answers, to a process that is awake already (PostgreSQL's pipeline mode).

Each statement is a transaction by itself, as on a connection of its own: what it wrote is on disk when its answer
comes, and one that fails takes none of the others with it. Where the oldest has been waiting for long, for a lock
perhaps, nobody is sent behind it any more: whoever comes then uses a connection of their own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from psycopg import Connection, OperationalError
from psycopg._preparing import Key, Prepare
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from apps.ledger import direct

SECONDS_IN_LINE: Final = 0.02
"""Once a statement has waited so long for its answer, no other is sent behind it."""

Rows: TypeAlias = "list[tuple[Any, ...]]"


class LaneBroken(OperationalError):
    """The connection ended, or the server kept silent, before the answer came. Whether it was done is not known."""


class Sent:
    """A statement under way, and then what came of it."""

    def __init__(self, key: Key | None, prepare: Prepare, name: bytes, *, at: float) -> None:
        self.key, self.prepare, self.name = key, prepare, name
        self.at = at
        self.said: list[PGresult] = []
        self.rows: Rows = []
        self.error: Exception | None = None
        self._is_answered = False
        self._waiter: asyncio.Future[None] | None = None

    async def answered(self) -> None:
        """Return once there are rows or an error; one who is cancelled meanwhile may wait again."""
        if not self._is_answered:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def answer(self, rows: Rows, error: Exception | None = None) -> None:
        """Say what came of it, to whoever waits."""
        self.rows, self.error, self._is_answered = rows, error, True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Lane:
    """
    A connection in pipeline mode, for one event loop; everything here is called on its thread.

    :param seconds: how long the server may be silent; None for ever.
    :param when_idle: called when nobody waits any more, and when the connection broke.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        connection: Connection[Any],
        *,
        seconds: float | None,
        when_idle: Callable[[], None],
    ) -> None:
        self._loop, self._connection, self._server = loop, connection, connection.pgconn
        self._adapting = direct.adapting_of(connection)
        self._under_way: deque[Sent] = deque()
        self._seconds, self._when_idle = seconds, when_idle
        self._timer: asyncio.TimerHandle | None = None
        self._is_writing = False
        self.is_broken = False
        self._socket = self._server.socket
        self._server.enter_pipeline_mode()
        loop.add_reader(self._socket, self._hear)

    @property
    def is_idle(self) -> bool:
        """Say whether nobody waits for an answer."""
        return not self._under_way

    @property
    def is_flowing(self) -> bool:
        """Say whether a statement that is sent now will be answered soon, as far as can be known."""
        if self.is_broken:
            return False
        return not self._under_way or self._loop.time() - self._under_way[0].at < SECONDS_IN_LINE

    def send(self, text: str, values: Sequence[Any]) -> Sent:
        """
        Send a statement behind those under way. Waits for nothing.

        :raises psycopg.Error: if its values do not fit, or if it cannot be sent.
        """
        statement, given = direct.bound(self._adapting, text, values)
        prepared = self._connection._prepared
        try:
            self._let_plans_go()
            prepare, name = prepared.get(statement, True)  # type: ignore[arg-type]  # as direct.rows does
            if prepare is Prepare.SHOULD:
                self._server.send_prepare(name, statement.query, param_types=statement.types)
            self._server.send_query_prepared(
                name, given, param_formats=self._adapting.formats, result_format=Format.TEXT
            )
            self._server.pipeline_sync()
            key = prepared.maybe_add_to_cache(statement, prepare, name)  # type: ignore[arg-type]
            sent = Sent(key, prepare, name, at=self._loop.time())
            self._under_way.append(sent)
            self._flush()
        except OperationalError:
            self._break()
            raise
        if self._timer is None and self._seconds is not None:
            self._timer = self._loop.call_later(self._seconds, self._look_at_the_clock, self._seconds)
        return sent

    def close(self) -> None:
        """Leave the connection as it was found. Only where nothing is under way."""
        if not self.is_broken:
            self._leave()
            self._server.exit_pipeline_mode()

    def give_up(self) -> None:
        """End the connection, whatever is under way."""
        if not self.is_broken:
            self._break()

    def _hear(self) -> None:
        """Take what the server has said, and give each statement its answer."""
        try:
            self._server.consume_input()
            while self._under_way and not self._server.is_busy():
                self._take(self._server.get_result())
            if self._is_writing:
                self._flush()
        except OperationalError:
            self._break()
            return
        if not self._under_way:
            self._when_idle()

    def _take(self, result: PGresult | None) -> None:
        """Take one result; that of a synchronisation says that the oldest statement, and its transaction, is over."""
        if result is None:
            return
        if result.status != ExecStatus.PIPELINE_SYNC:
            self._under_way[0].said.append(result)
            return
        sent = self._under_way.popleft()
        if sent.key is not None:
            self._connection._prepared.validate(sent.key, sent.prepare, sent.name, sent.said[-1:])
        failed = next((one for one in sent.said if one.status not in direct.GOOD), None)
        if failed is not None:
            sent.answer([], error_from_result(failed, encoding=self._connection.info.encoding))
            return
        try:
            rows = direct.read(self._adapting, sent.said[-1])
        except Exception as error:  # noqa: BLE001 - whoever waits has to hear it: nobody else will wake them
            sent.answer([], error)
        else:
            sent.answer(rows)

    def _let_plans_go(self) -> None:
        """Have the server forget the statements that psycopg's book has no place for any more; nobody waits for it."""
        forgotten = self._connection._prepared._to_flush
        while forgotten:
            self._server.send_query_params(b"DEALLOCATE " + (forgotten.popleft() or b"ALL"), None)
            self._server.pipeline_sync()
            self._under_way.append(Sent(None, Prepare.NO, b"", at=self._loop.time()))

    def _flush(self) -> None:
        """Hand on what the kernel did not take at once."""
        is_left = bool(self._server.flush())
        if is_left and not self._is_writing:
            self._loop.add_writer(self._socket, self._go_on_writing)
        elif self._is_writing and not is_left:
            self._loop.remove_writer(self._socket)
        self._is_writing = is_left

    def _go_on_writing(self) -> None:
        try:
            self._flush()
        except OperationalError:
            self._break()

    def _look_at_the_clock(self, seconds: float) -> None:
        """Break off where the oldest statement has waited too long; else come again when that could be so."""
        self._timer = None
        if not self._under_way or self.is_broken:
            return
        left = self._under_way[0].at + seconds - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look_at_the_clock, seconds)
        else:
            self._break()

    def _break(self) -> None:
        self._leave()
        self.is_broken = True
        self._server.finish()
        while self._under_way:
            self._under_way.popleft().answer([], LaneBroken("The database did not answer."))
        self._when_idle()

    def _leave(self) -> None:
        """Watch the connection no more."""
        self._loop.remove_reader(self._socket)
        if self._is_writing:
            self._loop.remove_writer(self._socket)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
