"""Whether a case is as the record says: its state, its words and its notes against the events that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from apps.audit.cases.models import Case, CaseNote
from apps.audit.cases.recording import CASE, digest
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action

STATES: Final = {
    Action.CASE_OPENED: Case.State.OPEN, Action.CASE_REOPENED: Case.State.OPEN, Action.CASE_CLOSED: Case.State.CLOSED,
}  # fmt: skip
WORDED: Final = (Action.CASE_OPENED, Action.CASE_CHANGED, Action.CASE_CLOSED)


def differences(case: Case) -> list[str]:
    """
    Say in sentences what of a case is not as it was recorded. Two queries.

    That the events themselves are what was signed is the ledger's own check.
    """
    acts = [*STATES, Action.CASE_CHANGED, Action.CASE_NOTE_WRITTEN]
    told = Event.objects.filter(subject_kind=CASE, subject_id=str(case.pk), action__in=acts)
    events = list(told.order_by("recorded_at", "id"))
    notes = list(case.notes.order_by("written_at", "id"))
    return [*_of_state(case, events), *_of_words(case, events), *_of_notes(notes, events)]


def _of_state(case: Case, events: Sequence[Event]) -> list[str]:
    decided = [event for event in events if event.action in STATES]
    if not decided:
        return ["That this case was opened is not on the record."]
    last = decided[-1]
    finding = last.details.get("finding", "")
    if STATES[Action(last.action)] == case.state and finding == case.finding:
        return []
    return ["Its state or finding is not the one that was recorded last."]


def _of_words(case: Case, events: Sequence[Event]) -> list[str]:
    worded = [event.details.get("words") for event in events if event.action in WORDED]
    if worded and worded[-1] == digest(case.sealed_words):
        return []
    return ["Its title, reason or finding was changed beside the record."]


def _of_notes(notes: Sequence[CaseNote], events: Sequence[Event]) -> list[str]:
    written = {e.details["note"]: e.details["sealed"] for e in events if e.action == Action.CASE_NOTE_WRITTEN}
    found = {str(note.pk): digest(note.sealed_text) for note in notes}
    wrong = sum(found.get(key) != sealed for key, sealed in written.items()) + len(found.keys() - written.keys())
    return [f"{wrong} of its notes are missing, added or changed beside the record."] if wrong else []
