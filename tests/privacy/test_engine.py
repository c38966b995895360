"""The engine's door: it finds here and in its own process, and whatever goes wrong there, nothing can be sent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from apps.privacy import engine, scrub, worker
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.processes import Engines
from apps.privacy.scrub import Draft
from apps.privacy.vault import Vault
from tests.platform.processes import wait_until
from tests.privacy import faults

pytestmark = pytest.mark.thorough

TEXT = "Grace Hopper, grace@example.com, 4111 1111 1111 1111"
SECONDS_TO_TAKE = 0.05
"""Enough for a thread to take up what it drew from the line; an engine's process takes ten times as long to start."""

SECRET_WORDS = "Quartermain hunter2"


def engine_processes() -> list[psutil.Process]:
    """List the children of this process that hold an engine."""
    children = psutil.Process().children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


async def test_the_engine_gives_the_same_answer_here_and_in_its_own_process() -> None:
    there = await engine.detect_async(TEXT)
    engine.forget()

    assert engine.detect(TEXT) == there
    assert [TEXT[finding.start : finding.end] for finding in there] == [
        "Grace Hopper",
        "grace@example.com",
        "4111 1111 1111 1111",
    ]


@pytest.mark.parametrize(
    "fault",
    [
        faults.raises,
        faults.dies,
        faults.finds_nothing,
        faults.points_outside,
        faults.points_one_off,
        faults.overlaps,
        faults.answers_another_question,
    ],
)
async def test_whatever_goes_wrong_nothing_can_be_sent(monkeypatch: pytest.MonkeyPatch, vault: Vault, fault) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(worker, "find", fault)

    with pytest.raises(ScrubberUnavailable):
        await scrub.scrub([Draft("user", TEXT)], vault=vault)

    monkeypatch.undo()
    assert "Grace" not in (await scrub.scrub([Draft("user", TEXT)], vault=vault)).text


@pytest.mark.parametrize("fault", [faults.raises, faults.finds_nothing, faults.points_outside])
def test_whatever_goes_wrong_at_ingest_is_no_answer_either(monkeypatch: pytest.MonkeyPatch, fault) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(worker, "find", fault)

    with pytest.raises(ScrubberUnavailable):
        engine.detect(TEXT)


async def test_a_late_engine_is_killed_and_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    await engine.detect_async("Warm now.")
    monkeypatch.setattr(engine, "SECONDS_AT_LEAST", 0.5)
    monkeypatch.setattr(worker, "find", faults.hangs)
    late = engine_processes()[0]

    began = time.monotonic()
    with pytest.raises(ScrubberUnavailable, match="too long"):
        await engine.detect_async(TEXT)

    assert time.monotonic() - began < 5
    wait_until(lambda: not late.is_running() or late.status() == psutil.STATUS_ZOMBIE, what="it is gone", seconds=5)
    monkeypatch.undo()
    assert await engine.detect_async(TEXT)


async def test_an_idle_engine_that_was_killed_is_replaced() -> None:
    await engine.detect_async("Warm now.")
    for process in engine_processes():
        os.kill(process.pid, signal.SIGKILL)
    await asyncio.sleep(0.5)

    assert len(await engine.detect_async(TEXT)) == 3


async def test_a_message_given_up_while_its_engine_starts_is_never_looked_through(tmp_path: Path) -> None:
    given_up, wanted = tmp_path / "given-up", tmp_path / "wanted"
    engines = Engines(lambda: 1)
    try:
        asking = asyncio.create_task(engines.ask(faults.leaves_a_mark, str(given_up), seconds=30))
        await asyncio.sleep(0)
        await asyncio.to_thread(wait_until, engines._line.empty, what="a thread took the text")
        await asyncio.sleep(SECONDS_TO_TAKE)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        answer = await engines.ask(faults.leaves_a_mark, str(wanted), seconds=30)
    finally:
        await asyncio.to_thread(engines.close)

    assert answer == "looked"
    assert wanted.exists()
    assert not given_up.exists()


async def test_a_cancelled_message_frees_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    await engine.detect_async("Warm now.")
    monkeypatch.setattr(worker, "find", faults.hangs)
    task = asyncio.create_task(engine.detect_async(TEXT))
    await asyncio.sleep(0.5)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    monkeypatch.undo()
    assert len(await engine.detect_async(TEXT)) == 3


async def test_the_sentence_for_the_person_holds_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "find", faults.raises)

    with pytest.raises(ScrubberUnavailable) as caught:
        await engine.detect_async(SECRET_WORDS)

    assert "hunter2" not in str(caught.value) + caught.value.sentence
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_a_text_seen_before_is_not_analysed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = await engine.detect_async(TEXT)
    monkeypatch.setattr(worker, "find", faults.raises)

    assert await engine.detect_async(TEXT) == first


async def test_the_event_loop_stays_free_while_a_long_text_is_analysed() -> None:
    await engine.detect_async("Warm now.")
    text = "Our colleague Grace Hopper wrote to the bank about the invoice. " * 700
    task = asyncio.create_task(engine.detect_async(text))

    # By the thread's own time: on a busy machine others may hold the processor for longer than that.
    ticks, longest, last = 0, 0.0, time.thread_time()
    while not task.done():
        await asyncio.sleep(0.005)
        ticks, longest, last = ticks + 1, max(longest, time.thread_time() - last), time.thread_time()

    assert await task
    assert longest < 0.5
    assert ticks > 10


async def test_the_web_process_does_not_load_the_language_model() -> None:
    script = (
        "import sys, django; django.setup(); import apps.privacy.scrub; "
        "print({'spacy', 'presidio_analyzer', 'thinc'} & set(sys.modules))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings"},
    )

    assert (await process.communicate())[0].strip() == b"set()"


async def test_the_engine_is_as_small_as_promised() -> None:
    await engine.detect_async(TEXT)

    for process in engine_processes():
        assert process.memory_info().rss < 250 * 2**20


@pytest.mark.django_db
async def test_an_engine_that_is_down_leaves_the_vault_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    from asgiref.sync import sync_to_async

    vault = await sync_to_async(Vault.open)(uuid.uuid4())
    monkeypatch.setattr(worker, "find", faults.raises)

    with pytest.raises(ScrubberUnavailable):
        await scrub.scrub([Draft("user", TEXT), Draft("user", "Ada", ())], vault=vault)

    assert vault.placeholders == {}
