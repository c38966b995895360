"""A search put into a case as it is at that moment: in small steps, each on the record, stopped at any time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Role, User
from apps.audit import exchanges
from apps.audit.cases import contents, runs, searches
from apps.audit.cases.contents import CaseIsFull, Chosen
from apps.audit.cases.models import Case, Run, Snapshot
from apps.audit.cases.recording import about_case
from apps.audit.cases.work import NotNow
from apps.audit.paging import Cursor, cursor_of
from apps.audit.reads import TookTooLong
from apps.ledger import clock
from apps.ledger.vocabulary import Action

MOST_AT_ONCE = 10_000
A_STEP = 250
STOPPED = "It was cancelled. What was added before stays in the case."
NO_RIGHT = "Whoever began it may not do this any more, so it was stopped."
FULL = f"It stopped at {MOST_AT_ONCE:,} exchanges. Narrow the search and add the rest by another one."


@transaction.atomic
def begin(case: Case, *, query: str, by: User, now: datetime) -> Snapshot:
    """
    Queue a search to be added to a case.

    :raises NotNow: if the case was closed meanwhile.
    """
    if not Case.objects.filter(pk=case.pk, state=Case.State.OPEN).exists():
        raise NotNow
    snapshot = Snapshot.objects.create(case=case, by=by, query=query, total=MOST_AT_ONCE, asked_at=now)
    about_case(Action.CASE_SEARCH_STARTED, case, by=by, now=now, query=query, snapshot=str(snapshot.pk))
    return snapshot


def work(snapshot_id: UUID) -> None:
    """Add the exchanges of a search to its case, from where the last worker stopped. A few statements a step."""
    snapshot = runs.claim(Snapshot.objects.select_related("case", "by"), snapshot_id, now=clock.now())
    if snapshot is None:
        return
    try:
        sentence = _added(snapshot)
    except runs.Interrupted:
        return
    except (NotNow, CaseIsFull, TookTooLong, searches.NotASearch) as reason:
        _end(snapshot, Run.State.FAILED, reason.sentence)
        return
    _end(snapshot, Run.State.DONE, sentence)


@transaction.atomic
def cancel(snapshot: Snapshot, *, by: User, now: datetime) -> bool:
    """Stop adding; what was added stays. False if it has ended."""
    if not runs.cancel(snapshot, now=now):
        return False
    Snapshot.objects.filter(pk=snapshot.pk).update(sentence=STOPPED)
    done = Snapshot.objects.values_list("done", flat=True).get(pk=snapshot.pk)
    about_case(Action.CASE_SEARCH_ENDED, snapshot.case, by=by, now=now, added=done, ended="cancelled")
    return True


def _added(snapshot: Snapshot) -> str:
    form = searches.form_of(snapshot.query)
    seen = 0
    while seen < MOST_AT_ONCE:
        if not snapshot.by.has_role(Role.COMPLIANCE_OFFICER):
            return NO_RIGHT
        rows = exchanges.in_steps(snapshot.by, form, _place(snapshot), before=snapshot.asked_at, at_most=A_STEP)
        if not rows:
            return ""
        _step(snapshot, rows)
        seen += len(rows)
    return FULL


@transaction.atomic
def _step(snapshot: Snapshot, rows: list[exchanges.Place]) -> None:
    """Add one step's exchanges and move the place, or neither."""
    now = clock.now()
    picked = [Chosen(row.id, row.person_id, row.started_at) for row in rows]
    count = contents.add(snapshot.case, picked, by=snapshot.by, how="by a search", now=now)
    place = Cursor("older", rows[-1].started_at, rows[-1].id).code()
    runs.step(snapshot, now=now, done=snapshot.done + count, place=place)


def _place(snapshot: Snapshot) -> Cursor | None:
    return cursor_of({"older": snapshot.place}) if snapshot.place else None


@transaction.atomic
def _end(snapshot: Snapshot, state: Run.State, sentence: str) -> None:
    now = clock.now()
    try:
        runs.end(snapshot, state=state, sentence=sentence, now=now)
    except runs.Interrupted:
        return
    about_case(
        Action.CASE_SEARCH_ENDED, snapshot.case, by=snapshot.by, now=now, added=snapshot.done, ended=state.label.lower()
    )
