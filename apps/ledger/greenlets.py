"""
Statements on the event loop's own thread: a function that asks the database rests in a greenlet while the server works.

The function is the same plain one that a worker thread would run, with Django's connections and transactions. What it
saves is the threads: handing over, waking up and fighting for the interpreter cost more than the statements. It is
meant for short functions that hold no lock while they ask; everything else goes to a thread (`apps.chat.database`).
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import events
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, ParamSpec, TypeVar, cast
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from greenlet import getcurrent, greenlet
from psycopg import OperationalError
from psycopg.pq import TransactionStatus
from psycopg.waiting import Ready, Wait

from apps.ledger import lanes

_log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

CONNECTIONS: Final = 8
"""Most connections that one event loop uses at once; whoever comes later waits in line."""
SECONDS_AT_HAND: Final = 1.0
"""So long a connection that rests stays with the loop; then it goes back to the pool, which asks whether it lives."""
SECONDS_OF_A_LANE: Final = 60.0
"""So long the lane is kept that nobody uses; its end is heard at once, so it need not be asked whether it lives."""


class WaitTimeout(OperationalError):
    """The server did not answer in time."""


class _Awaited(NamedTuple):
    """What a function rests for: that a socket can be read or written, so many seconds at most (None: for ever)."""

    fileno: int
    state: Wait
    seconds: float | None


class _Unconnected(NamedTuple):
    """A function rests until its connection is open."""


class _Function(greenlet):
    """A function that runs on the event loop's thread and gives way while it waits."""

    is_given_up = False
    desk: _Desk
    held: BaseDatabaseWrapper


def is_resting_place() -> bool:
    """Say whether the code that runs now may give way to the event loop."""
    current = getcurrent()
    return isinstance(current, _Function) and not current.is_given_up


def wait(generator: Generator[Any, Any, R], fileno: int, seconds: float | None) -> R:
    """
    Do what psycopg's `wait` does, and let the event loop work meanwhile.

    :raises WaitTimeout: if the server keeps silent for `seconds`.
    """
    loop = cast(greenlet, getcurrent().parent)
    try:
        state = next(generator)
        while True:
            ready = loop.switch(_Awaited(fileno, state, seconds))
            if ready == Ready.NONE:
                raise WaitTimeout
            state = generator.send(ready)
    except StopIteration as end:
        return cast(R, end.value)


def rest_until_connected(connection: BaseDatabaseWrapper) -> bool:
    """
    Rest until the connection that the running function was given is open; false where it was given another or none.

    Most functions need none: their statements go over the lane.
    """
    current = getcurrent()
    if not isinstance(current, _Function) or current.is_given_up or current.held is not connection:
        return False
    cast(greenlet, current.parent).switch(_Unconnected())
    return True


def in_line(text: str, values: Sequence[Any]) -> lanes.Rows | None:
    """
    Do one statement, a transaction by itself, behind those of others on the loop's lane, and rest until it is done.

    None where that is not possible or would not be sooner: then it is for the connection of the function's own. Raises
    what psycopg raises.
    """
    current = getcurrent()
    if not isinstance(current, _Function) or current.is_given_up:
        return None
    lane = current.desk.lane_for_now()
    if lane is None:
        return None
    sent = lane.send(text, values)
    cast(greenlet, current.parent).switch(sent)
    if sent.error is not None:
        raise sent.error
    return sent.rows


async def run(function: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """
    Run `function` on this thread, with a connection of the loop's own; other work goes on while the server works.

    A cancelled caller lets go only once the function has ended: a transaction is never left running behind its back.
    """
    desk = _desk()
    async with desk.free:
        held = desk.take()
        try:
            running = _Function(lambda: function(*arguments, **named))
            running.desk, running.held = desk, held
            outcome: R = await _driven(running, held)
            return outcome
        finally:
            desk.give_back(held)


def keep_at_hand() -> None:
    """Keep connections with this event loop for the next function; call `let_go` before the loop ends."""
    _desk().seconds = SECONDS_AT_HAND


def let_go() -> None:
    """Give every connection that rests with this event loop back to the pool."""
    _desk().seconds = 0.0
    _desk().close_lane()
    _desk().tidy()


@dataclass(slots=True)
class _Desk:
    """The connections of one event loop."""

    loop: asyncio.AbstractEventLoop
    free: asyncio.Semaphore
    seconds: float = 0.0
    resting: list[tuple[float, BaseDatabaseWrapper]] = field(default_factory=list)
    unopened: list[BaseDatabaseWrapper] = field(default_factory=list)
    is_to_be_tidied: bool = False
    lane: lanes.Lane | None = None
    lane_held: BaseDatabaseWrapper | None = None
    lane_idle_since: float = 0.0
    opening: asyncio.Task[None] | None = None

    def take(self) -> BaseDatabaseWrapper:
        """Give the connection that was used last, or one that is not open yet."""
        if self.resting:
            return self.resting.pop()[1]
        return self.unopened.pop() if self.unopened else connections.create_connection(DEFAULT_DB_ALIAS)

    def give_back(self, used: BaseDatabaseWrapper) -> None:
        """Take a connection back; one that is not as it was found is given up."""
        if used.connection is None:
            self.unopened.append(used)
            return
        self.resting.append((self.loop.time(), used))
        if not self.seconds or not _is_clean(used):
            self.resting.pop()
            _close(used)
        elif not self.is_to_be_tidied:
            self.is_to_be_tidied = True
            self.loop.call_later(self.seconds, self.tidy)

    def lane_for_now(self) -> lanes.Lane | None:
        """Give the lane where statements flow on it; where there is none, one is opened."""
        if self.lane is None:
            if self.seconds and self.opening is None:
                self.opening = self.loop.create_task(self._open_lane())
            return None
        return self.lane if self.lane.is_flowing else None

    async def _open_lane(self) -> None:
        """Open a connection for the lane. Nobody waits for it, so where there is none each uses their own."""
        held = connections.create_connection(DEFAULT_DB_ALIAS)
        try:
            await _connect(held)
            raw: Any = held.connection
            if self.seconds:
                patience = getattr(raw, "longest_wait", None)
                self.lane = lanes.Lane(self.loop, raw, seconds=patience, when_idle=self._note_idle)
                self.lane_held, self.lane_idle_since = held, self.loop.time()
                self.loop.call_later(SECONDS_OF_A_LANE, self._tidy_lane, self.lane)
        except DatabaseError as error:
            _log.warning("No connection for statements in line (%s); each uses its own.", type(error).__name__)
        finally:
            self.opening = None
            if self.lane_held is not held:
                _close(held)

    def _note_idle(self) -> None:
        self.lane_idle_since = self.loop.time()
        if self.lane is not None and self.lane.is_broken:
            self.close_lane()

    def _tidy_lane(self, lane: lanes.Lane) -> None:
        """Give a lane's connection back once nobody has used it for long."""
        if lane is not self.lane:
            return
        left = self.lane_idle_since + SECONDS_OF_A_LANE - self.loop.time() if lane.is_idle else SECONDS_OF_A_LANE
        if left > 0:
            self.loop.call_later(left, self._tidy_lane, lane)
        else:
            self.close_lane()

    def close_lane(self) -> None:
        """Give the lane's connection back; one on which statements are under way is ended."""
        lane, held, self.lane, self.lane_held = self.lane, self.lane_held, None, None
        if lane is None or held is None:
            return
        if lane.is_idle:
            lane.close()
        else:
            lane.give_up()
        _close(held)

    def tidy(self) -> None:
        """Close what has rested long enough; the newest lie at the end."""
        now = self.loop.time()
        old = [one for at, one in self.resting if now - at >= self.seconds]
        del self.resting[: len(old)]
        for one in old:
            _close(one)
        self.is_to_be_tidied = bool(self.resting)
        if self.resting:
            self.loop.call_later(self.resting[0][0] + self.seconds - now + 0.001, self.tidy)


_desks: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Desk]] = WeakKeyDictionary()


def _desk() -> _Desk:
    loop = asyncio.get_running_loop()
    if loop not in _desks:
        _desks[loop] = _Desk(loop, asyncio.Semaphore(CONNECTIONS))
    return _desks[loop]


async def _connect(unopened: BaseDatabaseWrapper) -> None:
    """Open a connection in a thread: the pool may have to wait for one, or to make one."""
    unopened.inc_thread_sharing()
    opening = asyncio.get_running_loop().run_in_executor(None, unopened.ensure_connection)
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        raise
    finally:
        unopened.dec_thread_sharing()


async def _driven(function: _Function, connection: BaseDatabaseWrapper) -> Any:
    """Run a function to its end; a cancellation is raised when that has come."""
    loop, cancelled = asyncio.get_running_loop(), None
    try:
        outcome = _gone_on(loop, connection, function.switch)
        while not function.dead:
            ready = None
            try:
                if isinstance(outcome, lanes.Sent):
                    await outcome.answered()
                elif isinstance(outcome, _Unconnected):
                    await _connect(connection)
                else:
                    ready = await _readiness(loop, outcome)
            except asyncio.CancelledError as error:
                cancelled = error
                continue
            except DatabaseError as error:  # there is no connection: that is for the function to hear
                outcome = _gone_on(loop, connection, function.throw, error)
                continue
            outcome = _gone_on(loop, connection, function.switch, ready)
    except Exception:
        if cancelled is None:
            raise
    finally:
        if not function.dead:
            _give_up(function, loop, connection)
    if cancelled is not None:
        raise cancelled
    return outcome


def _give_up(function: _Function, loop: asyncio.AbstractEventLoop, connection: BaseDatabaseWrapper) -> None:
    """End a function whose event loop ends: its connection is closed under it, so that nothing it began is kept."""
    function.is_given_up = True
    if connection.connection is not None:
        _gone_on(loop, connection, connection.connection.close)
    _gone_on(loop, connection, function.throw)


async def _readiness(loop: asyncio.AbstractEventLoop, awaited: _Awaited) -> Ready:
    """Wait for a socket; `Ready.NONE` says that it took too long."""
    come: asyncio.Future[Ready] = loop.create_future()
    fileno, state, seconds = awaited
    if state & Wait.R:
        loop.add_reader(fileno, _settle, come, Ready.R)
    if state & Wait.W:
        loop.add_writer(fileno, _settle, come, Ready.W)
    timer = None if seconds is None else loop.call_later(seconds, _settle, come, Ready.NONE)
    try:
        return await come
    finally:
        if timer is not None:
            timer.cancel()
        if state & Wait.R:
            loop.remove_reader(fileno)
        if state & Wait.W:
            loop.remove_writer(fileno)


def _settle(come: asyncio.Future[Ready], ready: Ready) -> None:
    if not come.done():
        come.set_result(ready)


def _gone_on(
    loop: asyncio.AbstractEventLoop, connection: BaseDatabaseWrapper, step: Callable[..., Any], *given: Any
) -> Any:
    """
    Take a step as if in a thread: Django finds this connection, and no event loop that it could block.

    Whatever waits inside gives way. A function takes several steps for each statement, so the connection is put where
    Django's own handler keeps that of a thread without a loop (asgiref's `Local`), and not by way of the handler.
    """
    kept: dict[str, Any] = connections._connections._storage.__dict__  # type: ignore[attr-defined]
    before = kept.get(DEFAULT_DB_ALIAS)
    kept[DEFAULT_DB_ALIAS] = connection
    events._set_running_loop(None)
    try:
        return step(*given)
    finally:
        events._set_running_loop(loop)
        if before is None:
            del kept[DEFAULT_DB_ALIAS]
        else:
            kept[DEFAULT_DB_ALIAS] = before


def _is_clean(connection: BaseDatabaseWrapper) -> bool:
    """Say whether the next function finds this connection as this one did."""
    raw = connection.connection
    is_idle = raw is not None and not raw.closed and raw.pgconn.transaction_status == TransactionStatus.IDLE
    return is_idle and connection.autocommit and not connection.in_atomic_block and not connection.needs_rollback


def _close(connection: BaseDatabaseWrapper) -> None:
    _gone_on(asyncio.get_running_loop(), connection, connection.close)
