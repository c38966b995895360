"""An exchange that nobody waits for ends by `stop`; a cancellation by anybody else stays one."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from apps.chat.companions import Stopped
from apps.chat.exchanges import ExchangeKeeper


@pytest.fixture
def keeper():
    return ExchangeKeeper(SimpleNamespace(drafts=()), SimpleNamespace())


async def waiting_in(keeper):
    async def wait():
        async with keeper.kept_alive():
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    return task


async def test_what_is_stopped_ends_as_stopped_and_is_not_cancelled(keeper):
    task = await waiting_in(keeper)

    keeper.stop()
    keeper.stop()

    with pytest.raises(Stopped):
        await task


async def test_what_was_stopped_before_it_began_does_not_begin(keeper):
    keeper.stop()

    with pytest.raises(Stopped):
        await (await waiting_in(keeper))


async def test_a_cancellation_from_elsewhere_stays_one(keeper):
    task = await waiting_in(keeper)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_from_elsewhere_wins_over_a_stop(keeper):
    task = await waiting_in(keeper)

    keeper.stop()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stop_after_the_end_cancels_nobody(keeper):
    async def end_and_go_on():
        async with keeper.kept_alive():
            pass
        keeper.stop()
        await asyncio.sleep(0)
        return "went on"

    assert await end_and_go_on() == "went on"
