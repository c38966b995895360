"""Writing a decision down twice, alike: as a row that nobody may change, and as an event in the signed tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.audit.review import acts
from apps.audit.review.models import Decision, Item, Note
from apps.audit.review.vocabulary import Step
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Action


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an officer found, whether they say that they read it, and how long they looked."""

    tag: str
    own_tags: tuple[str, ...] = ()
    is_read: bool = False
    seconds: int | None = None
    is_one_of_many: bool = False


NONE = Verdict("")


def write_decision(
    item: Item,
    step: Step,
    *,
    verdict: Verdict = NONE,
    note: Note | None = None,
    by: User,
    second: User | None = None,
    now: datetime,
) -> Decision:
    """Write the row and its event, in the caller's transaction. Two inserts."""
    decision = Decision(
        id=new_id(), item=item, queue_id=item.queue_id, step=step, tag=verdict.tag, own_tags=list(verdict.own_tags),
        level=item.level, is_read=verdict.is_read, seconds=verdict.seconds, is_one_of_many=verdict.is_one_of_many,
        officer_id=by.pk, officer_label=by.name, second_officer_id=second.pk if second else None,
        second_officer_label=second.name if second else "", note=note, decided_at=now,
    )  # fmt: skip
    decision.event_id = acts.record(action_of(step), item, by=by, now=now, details=said_of(decision))
    decision.save(force_insert=True)
    return decision


def said_of(decision: Decision) -> dict[str, Json]:
    """Say all of a decision that its event says beside officer, moment, item and queue."""
    return {
        "decision": str(decision.pk),
        "step": str(decision.step),
        "tag": str(decision.tag),
        "own_tags": list(decision.own_tags),
        "level": int(decision.level),
        "is_read": decision.is_read,
        "seconds": decision.seconds,
        "is_one_of_many": decision.is_one_of_many,
        "second_officer": str(decision.second_officer_id or ""),
        "note": str(decision.note_id or ""),
    }


def action_of(step: str) -> Action:
    """Say which act a step is recorded as."""
    return {
        Step.CLOSED: Action.REVIEW_DECIDED,
        Step.ESCALATED: Action.REVIEW_ESCALATED,
        Step.REOPENED: Action.REVIEW_REOPENED,
        Step.RECHECKED: Action.REVIEW_RECHECKED,
    }[Step(step)]
