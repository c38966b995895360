"""
The demo company's past: exchanges of twelve weeks that nobody had, so that the officers' desk is not empty.

They are recorded as the chat records its own, and each says what it is: its model is called "… (demo history)", its
provider "Made up for the demo". Nothing was sent, so no call is counted. Their own times lie in the past;
``recorded_at``, the database's, says when they were really written.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypedDict
from uuid import UUID

from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import Membership, Team, User
from apps.chat.demo_lines import BLOCKED, LINES, ORDERS, Line
from apps.chat.recording import LEDGER_ANSWER, PAYLOAD, sealed_typed
from apps.ledger import records
from apps.ledger.facts import MaskedSpan, Who
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose
from apps.privacy import keys
from apps.privacy.scrub import Draft
from apps.privacy.vault import Vault

WEEKS: Final = 12
A_WEEK: Final = 14
LATELY: Final = 7
"""Of the last two days: too young for the demo's officers to have looked at."""
ORDERS_WEEKS_AGO: Final = 3
"""In that week order numbers of a new form were taken for bank accounts: a wave of false alarms."""
SEED: Final = 20_262
FIRST_HOUR, LAST_HOUR = 8, 17
MODELS: Final = ("SmolLM2 135M (demo history)", "SmolLM2 135M, short answers (demo history)")
PROVIDER: Final = "Made up for the demo"
VERSION: Final = "demo"


@dataclass(frozen=True, slots=True)
class _Moment:
    """One exchange that is to be made up: what is asked, by whom, when."""

    line: Line
    person: User
    team: Team
    at: datetime


class _Facts(TypedDict):
    """What is recorded alike of an exchange that was answered and of one that was refused."""

    who: Who
    door: str
    purpose: str
    conversation_id: UUID
    turn_id: UUID
    model_label: str
    provider_label: str
    egress_class: str
    masked: Sequence[MaskedSpan]
    policy_version: str
    prompt_version: str
    sealed_typed: bytes
    now: datetime


def seed_history(*, now: datetime) -> int:
    """
    Record the made-up exchanges, oldest first; return how many. Some 5 ms each: two transactions and a key.

    The people of the demo company must exist; teams without anybody have no past.
    """
    dice = random.Random(SEED)  # noqa: S311 - the same past everywhere, and nothing secret
    moments = sorted(_moments(dice, now=now), key=lambda moment: moment.at)
    for moment in moments:
        _record(moment, model=dice.choice(MODELS))
    return len(moments)


def _moments(dice: random.Random, *, now: datetime) -> Iterator[_Moment]:
    staff = _staff()
    for line, at in _asked(dice, now=now):
        if people := staff.get(line.team):
            yield _Moment(line, *dice.choice(people), at)


def _asked(dice: random.Random, *, now: datetime) -> Iterator[tuple[Line, datetime]]:
    """Say what was asked when: some each week, the wave on two days of one week, and the last two days' work."""
    for week in range(WEEKS):
        for line in [*dice.choices(LINES, k=A_WEEK), *dice.choices(BLOCKED, k=week % 2)]:
            yield line, _office_hour(dice, now - timedelta(weeks=week), now=now)
    tuesday = now - timedelta(weeks=ORDERS_WEEKS_AGO, days=now.weekday() - 1)
    for line in ORDERS:
        yield line, _at_work(dice, tuesday + timedelta(days=dice.randrange(2)))
    for line in dice.choices([*LINES, *BLOCKED], k=LATELY):
        yield line, now - timedelta(hours=dice.uniform(2, 44))


def _staff() -> dict[str, list[tuple[User, Team]]]:
    """List who works in which team, of the demo's people. One query."""
    found: dict[str, list[tuple[User, Team]]] = {}
    members = Membership.objects.filter(person__is_demo=True, person__is_active=True).select_related("person", "team")
    for member in members.order_by("person__username"):
        found.setdefault(member.team.slug, []).append((member.person, member.team))
    return found


def _office_hour(dice: random.Random, end: datetime, *, now: datetime) -> datetime:
    """Choose a moment of the week that ends at `end`, on a working day and before `now`."""
    day = end - timedelta(days=dice.randrange(7))
    while day.weekday() > 4:
        day -= timedelta(days=1)
    at = _at_work(dice, day)
    return at if at < now - timedelta(hours=1) else at - timedelta(days=3 if at.weekday() == 0 else 1)


def _at_work(dice: random.Random, day: datetime) -> datetime:
    return day.replace(hour=dice.randrange(FIRST_HOUR, LAST_HOUR), minute=dice.randrange(60), second=dice.randrange(60))


def _record(moment: _Moment, *, model: str) -> None:
    """Put one exchange on the record as the chat does: sealed under a key of its own, with its placeholders kept."""
    line, conversation_id = moment.line, new_id()
    key = keys.open_key(conversation_id)
    with transaction.atomic():
        vault = Vault(key)
        placeholders = [vault.placeholder_for(type_, value) for type_, value in line.values]
        vault.save_first()
    facts = _Facts(
        who=who(moment.person, moment.team), door=Door.BROWSER, purpose=Purpose.CHAT, conversation_id=conversation_id,
        turn_id=new_id(), model_label=model, provider_label=PROVIDER, egress_class=EgressClass.INSIDE,
        masked=_masked(line, placeholders), policy_version=VERSION, prompt_version=VERSION,
        sealed_typed=sealed_typed(key, [Draft(role="user", text=line.typed)]), now=moment.at,
    )  # fmt: skip
    if line.refused:
        records.record_refusal(reason=line.refused, **facts)
        return
    left, answer = line.question.format(*placeholders), line.answer.format(*placeholders)
    sealed = key.box(PAYLOAD).seal(_payload(left))
    intent_id = records.open_intent(sealed_payload=sealed, left_text=left, passages=(), **facts)
    records.conclude(
        intent_id, outcome=OutcomeKind.ANSWERED, reason="", sealed_answer=key.box(LEDGER_ANSWER).seal(answer.encode()),
        answer_text=answer, input_tokens=len(left.split()), output_tokens=len(answer.split()), cost=Decimal(0),
        currency="", now=moment.at + timedelta(seconds=2 + len(answer) // 60),
    )  # fmt: skip


def _masked(line: Line, placeholders: Sequence[str]) -> list[MaskedSpan]:
    how = "BLOCKED_BY_POLICY in your message" if line.refused else "pattern and check digits"
    kinds = [type_ for type_, _ in line.values]
    return [MaskedSpan(kind, placeholder, 0.95, how) for kind, placeholder in zip(kinds, placeholders, strict=True)]


def _payload(left: str) -> bytes:
    payload = {"messages": [{"role": "user", "text": left}], "passages": {}}
    return json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
