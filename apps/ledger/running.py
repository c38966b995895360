"""The sequencer as a process: lead, do rounds, bring checkpoints to the witnesses, come back after every fault."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections
from django.utils import timezone

from apps.ledger.clocks import Others
from apps.ledger.clockwatch import Watch
from apps.ledger.evidence import Evidence, JournalUnwritable
from apps.ledger.notes import BadNote, SigningKey
from apps.ledger.sequencer import NotLeading, Round, Sequencer, TreeBroken
from apps.ledger.stored import HashMissing
from apps.ledger.timestamps import Authority, AuthorityAway, Notary
from apps.ledger.witnesses import Courier, WitnessAddress, WitnessAway, WitnessRefuses

ROUND_SECONDS = 0.5
WITNESS_SECONDS = 10.0
AFTER_TROUBLE_SECONDS = 2.0
LONGEST_LAG_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stop:
    """Asked to stop: finish the round in progress, then end."""

    event: threading.Event

    def wait(self, seconds: float) -> bool:
        """Wait, and say whether it is time to stop."""
        return self.event.wait(seconds)


def origin() -> str:
    """Name the log after the address people type; the name is kept in the key once there is one."""
    return f"{urlsplit(settings.BASE_URL).netloc}/ledger"


def connect() -> psycopg.Connection[Any]:
    """Open a connection of the sequencer's own, outside the pool: it holds the leader's lock while it lives."""
    parameters = connections["default"].get_connection_params()
    wanted = {name: parameters[name] for name in ("dbname", "user", "password", "host", "port") if parameters.get(name)}
    return psycopg.connect(**wanted, autocommit=True, connect_timeout=3)


def run(
    evidence: Evidence, witnesses: Sequence[WitnessAddress], stop: Stop, *, authorities: Sequence[Authority] = ()
) -> None:
    """
    Sequence until told to stop. A lost database is waited for; another leader is waited for.

    :raises apps.ledger.evidence.KeyUnusable: if there is no usable key.
    """
    key, others = evidence.signing_key(origin=origin()), Others()
    makers: list[Callable[[psycopg.Connection[Any]], Carrier]] = [
        *(partial(Courier, address=address, others=others) for address in witnesses),
        *(partial(Notary, authority=authority, evidence=evidence, others=others) for authority in authorities),
    ]
    for make in makers:
        threading.Thread(target=carry, args=(make, stop), name="ledger-courier", daemon=True).start()
    while not stop.event.is_set():
        try:
            with connect() as connection:
                _lead(connection, evidence, key, stop, others)
        except NotLeading:
            _log.info("Another sequencer leads this ledger; waiting.")
        except psycopg.OperationalError as error:
            _log.warning("The ledger's database is gone (code %s); trying again.", error.sqlstate)
        stop.wait(AFTER_TROUBLE_SECONDS)


def _lead(connection: psycopg.Connection[Any], evidence: Evidence, key: SigningKey, stop: Stop, others: Others) -> None:
    leader = Sequencer(connection, evidence, key)
    leader.lead()
    watch = Watch(connection, others)
    _log.info("This sequencer leads the ledger.")
    while not stop.event.is_set():
        began = time.monotonic()
        done = one_round(leader, now=timezone.now())
        watch.follow(now=timezone.now())
        stop.wait(rest_after(done, took=time.monotonic() - began))


def rest_after(done: Round | None, *, took: float) -> float:
    """
    Say for how many seconds to rest after a round: writers come first.

    Where more is waiting it rests as long as it worked, so that it takes half of a processor at most from whoever
    writes records. Once a record has waited for half a minute it rests no more: the tree must not fall behind for ever.
    """
    if done is None or not done.is_full:
        return max(ROUND_SECONDS, took)
    return took if done.waited < LONGEST_LAG_SECONDS else 0.0


def one_round(leader: Sequencer, *, now: datetime) -> Round | None:
    """
    Do one round; None where there was nothing new, or the tree does not fit.

    A tree that does not fit is tried again: it may be restored.
    """
    if not leader.has_news(now=now):
        return None
    try:
        return leader.round(now=now)
    except TreeBroken:
        return None


class Carrier(Protocol):
    """Brings the newest checkpoint to somebody outside: a witness, or an authority that states the time."""

    def carry(self, *, now: datetime) -> bool:
        """Bring it unless they have it; return whether it was brought."""
        ...


def carry(make: Callable[[psycopg.Connection[Any]], Carrier], stop: Stop) -> None:
    """Bring checkpoints to one of them until told to stop. What goes wrong is said once, not every ten seconds."""
    trouble = ""
    while not stop.event.is_set():
        try:
            with connect() as connection:
                carrier = make(connection)
                while not stop.event.is_set():
                    said = _carried(carrier)
                    if said and said != trouble:
                        _log.warning("A witness or an authority cannot be used: %s", said)
                    trouble = said
                    stop.wait(WITNESS_SECONDS)
        except psycopg.OperationalError:
            stop.wait(AFTER_TROUBLE_SECONDS)


def _carried(carrier: Carrier) -> str:
    """Bring the newest checkpoint; return what went wrong, or nothing."""
    try:
        carrier.carry(now=timezone.now())
    except (WitnessAway, WitnessRefuses, AuthorityAway, JournalUnwritable, BadNote, HashMissing) as trouble:
        return type(trouble).__name__
    return ""
