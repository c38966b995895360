"""A worker that answers a batch of one line, and ends itself at a chosen moment of that."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Final

from bench.crash.moments import Countdown, count_statements, count_steps

MANY: Final = 10_000
"""Lines of workers that died count as under way until their leases end."""
SECONDS: Final = 0.2


def answer(question: str, *, port: int, kind: str, number: int) -> None:
    """Upload the question as a batch, start it, and work as a worker does; a file says that the end was reached."""
    from django.db import connections
    from django.utils import timezone

    from apps.accounts.models import User
    from apps.batch import preparing
    from apps.gateway.models import LanguageModel

    preparing.MOST_UNFINISHED = MANY  # type: ignore[misc]
    maya, model, now = User.objects.get(username="maya"), LanguageModel.objects.get(label="Referee"), timezone.now()
    team = maya.memberships.get().team
    raw = json.dumps({"id": "one", "prompt": question}).encode()
    draft = preparing.keep_draft(maya, team=team, model=model, name="one.jsonl", raw=raw, now=now)
    preparing.start(draft.pk, by=maya, columns=None, now=now)
    connections.close_all()
    countdown = Countdown(number)
    if kind == "sql":
        count_statements(countdown.tick)
    asyncio.run(_work(countdown, counts_steps=kind == "await"))
    done_file(port).touch()


def done_file(port: int) -> Path:
    """Name the file that a worker leaves which was not ended."""
    return Path(os.environ["PORTCULLIS_STATE_DIR"]) / f"batch-{port}.done"


async def _work(countdown: Countdown, *, counts_steps: bool) -> None:
    from apps.batch import claiming, running

    really_take = claiming.take
    claiming.take = lambda *, most_at_once, now: really_take(most_at_once=MANY, now=now)
    if counts_steps:
        count_steps(countdown.tick)
    countdown.is_armed = True
    await asyncio.create_task(running.work(seconds=SECONDS))
