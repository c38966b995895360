"""What the ledger compares of cases and exports: how each stands, what is in it, who works on it."""

from __future__ import annotations

from apps.audit.cases.models import Case, Run
from apps.audit.cases.recording import digest
from apps.ledger import registers
from apps.ledger.registers import UNKNOWN, Facts, Register, Rows, Told, stamp
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

OPEN, CLOSED = Case.State.OPEN.value, Case.State.CLOSED.value
_CONTENTS = {
    "members": "SELECT case_id::text, person_id::text FROM cases_casemember",
    "exchanges": "SELECT case_id::text, exchange_id::text FROM cases_caseexchange",
}


def cases(cursor: Cursor) -> Rows:
    """
    Read every case with its members, exchanges and notes. Four statements; ids alone are kept in memory.

    What belongs to a case that is gone is left out: that the case is gone is the finding.
    """
    cursor.execute(
        "SELECT id::text, state, finding, is_confidential, kept_until, officer_id::text, sealed_words FROM cases_case"
    )
    found: Rows = {
        key: _case(officer, digest(sealed), confidential=confidential)
        | {"state": state, "finding": finding, "hidden until": stamp(kept_until)}
        for key, state, finding, confidential, kept_until, officer, sealed in cursor.fetchall()
    }
    for name, statement in _CONTENTS.items():
        cursor.execute(statement)
        for case, one in cursor.fetchall():
            if case in found:
                found[case][name].add(one)
    cursor.execute("SELECT case_id::text, id::text, author_id::text, sealed_text FROM cases_casenote")
    for case, note, author, sealed in cursor.fetchall():
        if case in found:
            found[case]["notes"][note] = [author, digest(sealed)]
    return found


def apply_case(rows: Rows, told: Told) -> None:
    """Do to a case what one event says was done."""
    said = told.details
    if told.action == Action.CASE_OPENED:
        rows[told.subject_id] = _case(str(told.actor_id), said["words"], confidential=said["confidential"])
    case = rows.get(told.subject_id)
    if case is None:
        return
    if "words" in said:
        case["words"] = said["words"]
    if told.action == Action.CASE_HANDED_OVER:
        case["members"] = (case["members"] | {case["officer"]}) - {said["to_id"]}
        case["officer"] = said["to_id"]
    elif told.action in (Action.CASE_CLOSED, Action.CASE_REOPENED):
        is_closed = told.action == Action.CASE_CLOSED
        case |= {"state": CLOSED if is_closed else OPEN, "finding": said["finding"] if is_closed else ""}
        case["hidden until"] = case["hidden until"] if is_closed else None
    elif told.action in (Action.CASE_MADE_CONFIDENTIAL, Action.CASE_CONFIDENCE_LIFTED):
        case |= {"confidential": told.action == Action.CASE_MADE_CONFIDENTIAL, "hidden until": None}
    elif told.action == Action.CASE_CONFIDENCE_PROLONGED:
        case["hidden until"] = stamp(said["until"])
    else:
        _change_contents(case, told)


def exports(cursor: Cursor) -> Rows:
    """Read every export that was asked for. One statement."""
    cursor.execute("SELECT id::text, by_id::text, variant, query, state, manifest FROM cases_export")
    return {
        key: {
            "by": by, "variant": variant, "query": query, "waits for a second officer": state == Run.State.ASKED,
            "end": state if state in _ENDS.values() else "", "manifest": manifest,
        }
        for key, by, variant, query, state, manifest in cursor.fetchall()
    }  # fmt: skip


def apply_export(rows: Rows, told: Told) -> None:
    """Ask for, begin or end an export. What its manifest is, only the event of its deletion says for sure."""
    said = told.details
    if told.action == Action.EXPORT_ASKED:
        rows[told.subject_id] = {
            "by": str(told.actor_id), "variant": said["variant"], "query": said["query"],
            "waits for a second officer": said.get("second_officer", UNKNOWN), "end": "", "manifest": UNKNOWN,
        }  # fmt: skip
    elif told.subject_id in rows:
        end = _ENDS.get(told.action, "")
        rows[told.subject_id] |= {"waits for a second officer": False, "end": end}
        if told.action == Action.EXPORT_DELETED:
            rows[told.subject_id]["manifest"] = said["manifest"]


def keep_all() -> None:
    """Have the ledger compare both registers of this room."""
    registers.keep(_CASES)
    registers.keep(_EXPORTS)


def _case(officer: str, words: str, *, confidential: bool) -> Facts:
    """Give the facts of a case that was just opened."""
    return {
        "state": OPEN, "finding": "", "confidential": confidential, "hidden until": None, "officer": officer,
        "words": words, "members": set(), "exchanges": set(), "notes": {},
    }  # fmt: skip


def _change_contents(case: Facts, told: Told) -> None:
    said = told.details
    if told.action == Action.CASE_MEMBER_ADDED:
        case["members"].add(said["member_id"])
    elif told.action == Action.CASE_MEMBER_REMOVED:
        case["members"].discard(said["member_id"])
    elif told.action == Action.CASE_EXCHANGES_ADDED:
        case["exchanges"].update(said["exchanges"])
    elif told.action == Action.CASE_EXCHANGE_REMOVED:
        case["exchanges"].discard(said["exchange"])
    elif told.action == Action.CASE_NOTE_WRITTEN:
        case["notes"][said["note"]] = [str(told.actor_id), said["sealed"]]


_ENDS: dict[str, str] = {
    Action.EXPORT_DELETED: Run.State.GONE.value,
    Action.EXPORT_CANCELLED: Run.State.CANCELLED.value,
    Action.EXPORT_FAILED: Run.State.FAILED.value,
}
_CASES = Register(
    "cases", "case", (
        Action.CASE_OPENED, Action.CASE_CHANGED, Action.CASE_MADE_CONFIDENTIAL, Action.CASE_CONFIDENCE_LIFTED,
        Action.CASE_CONFIDENCE_PROLONGED, Action.CASE_HANDED_OVER, Action.CASE_MEMBER_ADDED,
        Action.CASE_MEMBER_REMOVED, Action.CASE_EXCHANGES_ADDED, Action.CASE_EXCHANGE_REMOVED,
        Action.CASE_NOTE_WRITTEN, Action.CASE_CLOSED, Action.CASE_REOPENED,
    ), cases, apply_case,
)  # fmt: skip
_EXPORTS = Register(
    "exports", "export", (
        Action.EXPORT_ASKED, Action.EXPORT_STARTED, Action.EXPORT_FAILED, Action.EXPORT_CANCELLED,
        Action.EXPORT_DELETED,
    ), exports, apply_export,
)  # fmt: skip
