"""
The demo company's review: three queues, and what two officers made of the exchanges in them over twelve weeks.

Nobody looked at anything: it is made up, so that a first visitor sees dashboard, drift and figures with something in
them. It goes through the same functions as an officer's clicks, so that every act is an event and the ledger verifies.
What is made up says so: each queue is called "… (demo)", each decision bears the tag "demo", and an event before the
first act says what follows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Role, User
from apps.audit import looks
from apps.audit.approvals import asking
from apps.audit.review import deciding, quality, queues, work
from apps.audit.review.definition import Conditions, Definition
from apps.audit.review.models import Follower, Item, Queue, Recheck
from apps.audit.review.recording import Verdict
from apps.audit.review.sampling import Share
from apps.audit.review.vocabulary import Severity, Tag
from apps.ledger.models import Entry, SearchRow
from apps.ledger.vocabulary import OutcomeKind
from apps.privacy.vocabulary import CARD, IBAN, SECRET

MONEY, SAMPLE, STOPPED = "Bank data and secrets (demo)", "Random sample (demo)", "Stopped by the policy (demo)"
QUEUES: Final = (MONEY, SAMPLE, STOPPED)
OFFICERS: Final = 2
DEMO_TAG: Final = "demo"
SEED: Final = 4_711
LEFT_WAITING: Final = timedelta(days=2)
"""What is younger stays open, so that there is something to take."""
WAVE: Final = "Order <IBAN"
"""What numbers of orders look like that were taken for bank accounts; the demo's chat has a week of them."""
WAVE_IS_FALSE: Final = 0.95
USUAL: Final = ((Tag.COMPLIANT, 12), (Tag.QUESTIONABLE, 3), (Tag.NON_COMPLIANT, 2), (Tag.FALSE_POSITIVE, 2))
AGREES: Final = 0.8


def has_room() -> bool:
    """Say whether the demo has officers, and no queues but its own. Two queries."""
    return len(_officers()) >= OFFICERS and not Queue.objects.exclude(name__in=QUEUES).exists()


def is_begun() -> bool:
    """Say whether the demo's queues are there. One query."""
    return Queue.objects.filter(name=MONEY).exists()


@transaction.atomic
def define_queues(*, now: datetime) -> None:
    """Define the demo's three queues, as an officer of the demo."""
    money = Conditions(masked_types=(IBAN, CARD, SECRET), outcomes=(OutcomeKind.ANSWERED,))
    stopped = Conditions(outcomes=(OutcomeKind.REFUSED,))
    for definition in (
        Definition(MONEY, Severity.MEDIUM, 72, conditions=money, recheck_share=3_500),
        Definition(SAMPLE, Severity.LOW, 168, share=Share(2_500), recheck_share=3_500),
        Definition(STOPPED, Severity.HIGH, 48, conditions=stopped),
    ):
        queues.define(definition, lexicon=None, by=_officers()[0], now=now)


def is_placed(record_id: UUID) -> bool:
    """Say whether the queues were shown everything up to this record. Two queries."""
    index = Entry.objects.filter(row_id=record_id).values_list("index", flat=True).first()
    following = Follower.objects.values_list("next_index", flat=True).first()
    return index is not None and following is not None and following > index


def play(*, now: datetime) -> int:
    """
    Have the demo's officers work through what lies in its queues, oldest first; return how many items they closed.

    Done again it goes on where it stopped: what is closed or checked already is left alone. Some 40 ms an item.
    """
    officers = _officers()
    dice = random.Random(SEED)  # noqa: S311 - the same story everywhere, and nothing secret
    old = Item.objects.open().filter(queue__name__in=QUEUES, claimed_by=None)
    closed = 0
    for item in old.filter(ended_at__lt=now - LEFT_WAITING).select_related("queue").order_by("ended_at", "id"):
        first, second = dice.sample(officers, 2)
        _decide(item, dice, by=first, second=second)
        closed += 1
    for check in Recheck.objects.filter(done_at=None, item__queue__name__in=(MONEY, SAMPLE)).order_by("drawn_at", "id"):
        _check(check, dice, officers, now=now)
    for item in _young(now=now):
        work.claim(item.pk, by=officers[0], now=now)
    return closed


def _officers() -> list[User]:
    """List the officers of the demo company, by name. One query."""
    people = User.objects.filter(is_demo=True, is_active=True, role_assignments__role=Role.COMPLIANCE_OFFICER)
    return list(people.order_by("name"))


def _young(*, now: datetime) -> Iterator[Item]:
    """Give one item of each queue that is not the gravest and waits: somebody has begun with it."""
    for name in (MONEY, SAMPLE):
        waiting = Item.objects.open().filter(queue__name=name, claimed_by=None, ended_at__gte=now - LEFT_WAITING)
        yield from waiting.order_by("due_at", "id")[:1]


@transaction.atomic
def _decide(item: Item, dice: random.Random, *, by: User, second: User) -> None:
    """Take an item some hours after it came, read it, and close it; with a second officer where it takes two."""
    at = item.ended_at + dice.uniform(0.2, 0.8) * LEFT_WAITING
    seconds = int(dice.lognormvariate(4.4, 0.5))
    verdict = Verdict(_finding(item, dice), (DEMO_TAG,), is_read=True)
    work.claim(item.pk, by=by, now=at)
    looks.opened(by, exchange_id=item.exchange_id, label="", now=at + timedelta(seconds=5))
    done_at = at + timedelta(seconds=5 + seconds)
    if item.severity != Severity.HIGH:
        deciding.close(item.pk, verdict=verdict, by=by, now=done_at)
        return
    why = "Demo: the person took it out and asked again."
    asked = deciding.ask_to_close(item.pk, verdict=verdict, why=why, by=by, now=done_at)
    asking.grant(asked.pk, by=second, answer="Demo: agreed.", now=done_at + timedelta(hours=dice.uniform(0.5, 4)))


def _check(check: Recheck, dice: random.Random, officers: list[User], *, now: datetime) -> None:
    """Let the other officer judge again what was drawn for that, mostly alike; what was closed lately waits."""
    at = check.drawn_at + timedelta(hours=dice.uniform(4, 48))
    others = [officer for officer in officers if officer.pk not in check.first_officers]
    if at > now or not others:
        return
    different = [tag for tag in Tag if tag != check.first.tag]
    found = check.first.tag if dice.random() < AGREES else dice.choice(different)
    looks.opened(others[0], exchange_id=check.item.exchange_id, label="", now=at)
    verdict = Verdict(found, (DEMO_TAG,), is_read=True)
    quality.recheck(check.pk, verdict=verdict, by=others[0], now=at + timedelta(seconds=60))


def _finding(item: Item, dice: random.Random) -> str:
    """Choose what an officer finds: mostly nothing, and of a wave of false alarms that it was one."""
    text = SearchRow.objects.filter(intent_id=item.exchange_id).values_list("left_text", flat=True).first() or ""
    if WAVE in text and dice.random() < WAVE_IS_FALSE:
        return Tag.FALSE_POSITIVE
    return dice.choices([tag for tag, _ in USUAL], [weight for _, weight in USUAL])[0]
