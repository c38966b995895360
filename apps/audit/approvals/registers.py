"""What the ledger compares of four eyes: every consent until its use, and which deeds take two officers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from django.db import connection

from apps.audit.approvals.deeds import RULE
from apps.ledger import registers
from apps.ledger.registers import UNKNOWN, Facts, Register, Rows, Told, stamp
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

if TYPE_CHECKING:
    from apps.audit.approvals.models import Approval

_APPROVALS = """
    SELECT id::text, deed, subject_kind, subject_id, terms::text, why, state, asked_by_id::text, asked_at,
        decided_by_id::text, decided_at, answer, spent_at
    FROM approvals_approval
"""
_DECISIVE: Final = ("deed", "terms", "asked by", "decided by", "spent", "state")
_NOT_NEEDED = "SELECT deed FROM approvals_foureyesrule WHERE NOT is_needed"


def approvals(cursor: Cursor) -> Rows:
    """Read every request for a consent. One statement."""
    cursor.execute(_APPROVALS)
    return {
        row[0]: {
            "deed": row[1], "subject": [row[2], row[3]], "terms": json.loads(row[4]), "why": row[5], "state": row[6],
            "asked by": row[7], "asked at": stamp(row[8]), "decided by": row[9], "decided at": stamp(row[10]),
            "answer": row[11], "spent": [stamp(row[12])] if row[12] else [],
        }
        for row in cursor.fetchall()
    }  # fmt: skip


def apply_step(rows: Rows, told: Told) -> None:
    """Ask, grant, refuse, withdraw or use, as one event says; a second use shows as a second time."""
    said, at, by = told.details, stamp(told.happened_at), str(told.actor_id)
    if told.action == Action.APPROVAL_ASKED:
        rows[said["approval"]] = {
            "deed": said["deed"], "subject": [told.subject_kind, told.subject_id], "terms": said["terms"],
            "why": said["why"], "state": "OPEN", "asked by": by, "asked at": at, "decided by": None,
            "decided at": None, "answer": "", "spent": [],
        }  # fmt: skip
        return
    row = rows.get(said["approval"])
    if row is None:
        return
    if told.action == Action.APPROVAL_WITHDRAWN:
        row["state"] = "WITHDRAWN"
    elif told.action == Action.APPROVAL_USED:
        used = [] if row["spent"] is UNKNOWN else row["spent"]
        row |= {"state": "SPENT", "spent": [*used, at]}
    else:
        row |= {"decided by": by, "decided at": at, "answer": said["answer"]}
        row |= _standing(said.get("carried_out"), at) if "terms" in said else {"state": "REFUSED"}


def rules(cursor: Cursor) -> Rows:
    """Read which deeds were left to one officer. One statement."""
    cursor.execute(_NOT_NEEDED)
    return {deed: {} for (deed,) in cursor.fetchall()}


def apply_rule(rows: Rows, told: Told) -> None:
    """Leave a deed to one officer, or have it take two again."""
    if told.action == Action.FOUR_EYES_SWITCHED_OFF:
        rows[told.subject_id] = {}
    else:
        rows.pop(told.subject_id, None)


def keep_all() -> None:
    """Have the ledger compare both registers of this room."""
    registers.keep(_CONSENTS)
    registers.keep(_RULES)


def _granted_long_ago(said: Facts) -> Facts:
    """Read an older form of consent, which did not say whether the deed was done with it, as not done."""
    return {**said, "state": "GRANTED", "spent": []} if said.get("state") is UNKNOWN else said


def _standing(is_carried_out: bool | None, at: str | None) -> dict[str, object]:
    """Say how a granted request stands: events once did not say whether the deed was done in the same step."""
    if is_carried_out is None:
        return {"state": UNKNOWN, "spent": UNKNOWN}
    return {"state": "SPENT", "spent": [at]} if is_carried_out else {"state": "GRANTED"}


def is_as_recorded(approval: Approval) -> bool:
    """Say whether a request stands as its events say: who asked for what, who decided, not used yet. One statement."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        subject = (approval.subject_kind, approval.subject_id)
        for told in registers.events(cursor, _CONSENTS.actions, subject=subject):
            apply_step(rows, told)
    said = _granted_long_ago(rows.get(str(approval.pk), {}))
    return {name: said.get(name) for name in _DECISIVE} == {
        "deed": approval.deed, "terms": approval.terms, "asked by": str(approval.asked_by_id),
        "decided by": str(approval.decided_by_id) if approval.decided_by_id else None, "spent": [],
        "state": approval.state,
    }  # fmt: skip


def is_left_to_one(deed: str) -> bool:
    """Say whether the record says that one officer alone may do this. One statement."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for told in registers.events(cursor, _RULES.actions, subject=(RULE, deed)):
            apply_rule(rows, told)
    return deed in rows


_CONSENTS = Register(
    "consents", "consent", (
        Action.APPROVAL_ASKED, Action.APPROVAL_GRANTED, Action.APPROVAL_REFUSED, Action.APPROVAL_WITHDRAWN,
        Action.APPROVAL_USED,
    ), approvals, apply_step,
)  # fmt: skip
_RULES = Register(
    "four eyes", "rule that one officer alone may do", (Action.FOUR_EYES_SWITCHED_ON, Action.FOUR_EYES_SWITCHED_OFF),
    rules, apply_rule,
)  # fmt: skip
