"""
What a process of the product remembers between two requests, and a test must not know from the test before.

Everything that is kept outside the database and says something about rows, about time or about what was done lies here.
Not here is what follows from its key alone (a compiled pattern, a statement, the digest of a text), what is kept for an
event loop, a key or a person, which every test has anew, and what a room above is told once at the start.
"""

from __future__ import annotations

import asyncio

import pytest

from apps.api import known
from apps.audit import pseudonyms
from apps.chat import lifecycle, live, ways
from apps.gateway import admitted, beats, departures, health, leases, openai_client, routing
from apps.ledger import clock, hosts
from apps.privacy import dictionary_handover, engine, policies


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin as a process does that has just started."""
    policies.forget()
    dictionary_handover.expire()
    engine.forget()
    pseudonyms._remembered.clear()
    health.forget()
    admitted.callers.clear()
    known.callers.clear()
    leases._renewed_at.clear()
    openai_client._names_a_proxy.cache_clear()
    monkeypatch.setattr(routing, "retries", routing.RetryBudget())
    monkeypatch.setattr(routing, "blind_retries", routing.RetryBudget(routing.BLIND_RETRIES_AT_MOST))
    monkeypatch.setattr(beats, "_under_way", 0)
    monkeypatch.setattr(clock._clock, "read_at", None)
    monkeypatch.setattr(clock._clock, "ahead", None)
    monkeypatch.setattr(clock._clock, "unsteady_until", 0.0)
    monkeypatch.setattr(hosts._Said, "at", None)
    lifecycle.runner._line.start()
    live._listeners.clear()
    live._wakers.clear()
    monkeypatch.setattr(ways, "_one_at_a_time", asyncio.Semaphore(1))  # one that somebody waited for keeps its loop
    # A thread would write the count of calls down in the middle of the next test: it is written when a test says so.
    monkeypatch.setattr(departures, "_start_writer", lambda: None)
    departures._unwritten.clear()
