"""Doors to cases. What a case holds is shown only once the look at it is on the record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.models import User
from apps.audit.cases import confidence, contents, custody, integrity, words, work
from apps.audit.cases.contents import CaseIsFull
from apps.audit.cases.forms import (
    CaseForm,
    ChooseCaseForm,
    CloseForm,
    NoteForm,
    PersonForm,
    ReasonForm,
    WordsForm,
    officers,
    people_of_the_desk,
)
from apps.audit.cases.models import Case, CaseExchange
from apps.audit.cases.recording import about_case, listed
from apps.audit.cases.work import NotNow
from apps.audit.doors import desk, officers_only, officers_read
from apps.audit.paging import PAGE_SIZE, Cursor, CursorBroken, cursor_of
from apps.audit.reads import TookTooLong
from apps.ledger.vocabulary import Action

SHOWN = 100
NOTES_SHOWN = 200
STATES = {"open": Case.State.OPEN, "closed": Case.State.CLOSED}


@desk
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases that the person may see, newest first."""
    actor = person_of(request)
    state = request.GET.get("state", "")
    visible = Case.objects.visible_to(actor).select_related("officer")
    if state in STATES:
        visible = visible.filter(state=STATES[state])
    rows = list(visible.order_by("-year", "-serial")[:SHOWN])
    listed(Action.CASES_LISTED, by=actor, shown=len(rows), now=timezone.now(), state=state if state in STATES else "")
    said = words.of_all(rows)
    return render(request, "audit/cases/cases.html", {"rows": [(row, said[row.pk]) for row in rows], "state": state})


@officers_read
def new(request: HttpRequest) -> HttpResponse:
    """Offer the form of a new case."""
    return render(request, "audit/cases/new.html", {"form": CaseForm()})


@officers_only
def open_case(request: HttpRequest) -> HttpResponse:
    """Open a case."""
    form = CaseForm(request.POST)
    if not form.is_valid():
        return render(request, "audit/cases/new.html", {"form": form}, status=422)
    opened = work.open_case(**form.cleaned_data, by=person_of(request), now=timezone.now())
    messages.success(request, f"{opened.number} is open, in your hands.")
    return redirect("cases:case", case_id=opened.pk)


@desk
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case."""
    return _page(request, _visible(request, case_id))


@desk
def chain(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show a case's chain of custody."""
    shown, actor, now = _visible(request, case_id), person_of(request), timezone.now()
    page: dict[str, Any] = {"case": shown, "words": words.of(shown)}
    try:
        page["chain"] = custody.page(shown, actor, cursor_of(request.GET))
    except (CursorBroken, TookTooLong) as reason:
        return render(request, "audit/cases/custody.html", page | {"trouble": reason.sentence}, status=400)
    about_case(Action.CASE_CUSTODY_READ, shown, by=actor, now=now, shown=len(page["chain"].acts))
    return render(request, "audit/cases/custody.html", page)


@officers_only
def reword(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Change title and reason."""
    found, form = _in_hand(request, case_id), WordsForm(request.POST)
    if not form.is_valid():
        return _page(request, found, words_form=form, status=422)
    return _do(request, found, "Changed.", work.reword, **form.cleaned_data)


@officers_only
def note(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Write a note."""
    found, form = _in_hand(request, case_id), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, found, note_form=form, status=422)
    return _do(request, found, "The note is written.", work.write_note, text=form.cleaned_data["text"])


@officers_only
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Close a case with a finding."""
    found, form = _in_hand(request, case_id), CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, found, close_form=form, status=422)
    ends = {"finding": form.cleaned_data["finding"], "finding_words": form.cleaned_data["words"]}
    return _do(request, found, f"{found.number} is closed.", work.close, **ends)


@officers_only
def reopen(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Open a closed case again."""
    found, form = _in_hand(request, case_id), ReasonForm(request.POST)
    if not form.is_valid():
        return _page(request, found, reopen_form=form, status=422)
    return _do(request, found, f"{found.number} is open again.", work.reopen, reason=form.cleaned_data["reason"])


@officers_only
def confidential(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Make a case confidential, or show it to the desk."""
    is_confidential = request.POST.get("is_confidential") == "yes"
    done = "Only you and the members see it now." if is_confidential else "The whole desk sees it now."
    return _do(request, _in_hand(request, case_id), done, work.set_confidential, is_confidential=is_confidential)


@officers_only
def hand_over(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Put a case into the hands of another officer."""
    found, form = _in_hand(request, case_id), PersonForm(request.POST, people=officers())
    if not form.is_valid():
        return _page(request, found, hand_over_form=form, status=422)
    person = form.cleaned_data["person"]
    return _do(request, found, f"It is in the hands of {person} now.", work.hand_over, to=person)


@officers_only
def add_member(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Add a member."""
    found, form = _in_hand(request, case_id), PersonForm(request.POST, people=people_of_the_desk())
    if not form.is_valid():
        return _page(request, found, member_form=form, status=422)
    person = form.cleaned_data["person"]
    return _do(request, found, f"{person} is a member now.", work.add_member, person=person)


@officers_only
def remove_member(request: HttpRequest, case_id: UUID, person_id: UUID) -> HttpResponse:
    """Take a member out."""
    found = _in_hand(request, case_id)
    return _do(request, found, "The member is taken out.", work.remove_member, person_id=person_id)


@officers_only
def add_exchange(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Put one exchange into a case, from the exchange's page."""
    officer = person_of(request)
    picked, form = contents.chosen(exchange_id, by=officer), ChooseCaseForm(request.POST, officer=officer)
    if picked is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, "Choose one of your open cases.")
        return redirect("audit:exchange", exchange_id=exchange_id)
    into = form.cleaned_data["case"]
    try:
        count = contents.add(into, [picked], by=officer, how="one by one", now=timezone.now())
    except (NotNow, CaseIsFull) as reason:
        messages.error(request, reason.sentence)
    else:
        messages.success(request, f"It is in {into.number} now." if count else f"It was in {into.number} already.")
    return redirect("audit:exchange", exchange_id=exchange_id)


@officers_only
def remove_exchange(request: HttpRequest, case_id: UUID, exchange_id: UUID) -> HttpResponse:
    """Take an exchange out of a case."""
    found, form = _in_hand(request, case_id), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return _page(request, found, status=422)
    return _do(
        request, found, "It is taken out. That it was in the case stays on the record.", contents.remove,
        exchange_id=exchange_id, reason=form.cleaned_data["reason"],
    )  # fmt: skip


@officers_only
def keep_hidden(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Keep the looks of a confidential case hidden for longer, as the second officer."""
    found, form = _in_hand(request, case_id), ReasonForm(request.POST, auto_id="keep_%s")
    if not form.is_valid():
        return _page(request, found, keep_form=form, status=422)
    return _do(
        request, found, "The looks stay hidden for 90 days more. That you decided it is on the record.",
        confidence.keep_longer, why=form.cleaned_data["reason"],
    )  # fmt: skip


def _visible(request: HttpRequest, case_id: UUID) -> Case:
    return get_object_or_404(Case.objects.visible_to(person_of(request)).select_related("officer"), pk=case_id)


def _in_hand(request: HttpRequest, case_id: UUID) -> Case:
    """Find a case that the officer works on; one that they only see answers 403."""
    found, officer = _visible(request, case_id), person_of(request)
    if not Case.objects.worked_on_by(officer).filter(pk=found.pk).exists():
        raise PermissionDenied
    return found


def _do(request: HttpRequest, found: Case, done: str, act: Any, **wanted: Any) -> HttpResponse:
    """Do one act on a case, say how it ended, and come back to the case."""
    try:
        act(found, **wanted, by=person_of(request), now=timezone.now())
    except (NotNow, confidence.TakesAnother) as reason:
        messages.error(request, reason.sentence)
    else:
        messages.success(request, done)
    return redirect("cases:case", case_id=found.pk)


def _page(request: HttpRequest, shown: Case, *, status: int = 200, **forms_: forms.Form) -> HttpResponse:
    """Show a case: its words, what is in it, who works on it, what was done, and what can be done next."""
    actor, now = person_of(request), timezone.now()
    page: dict[str, Any] = {"case": shown, "words": words.of(shown), "differences": integrity.differences(shown)}
    page |= _in_it(request, shown, actor)
    page["members"] = list(shown.members.select_related("person").order_by("person__name"))
    notes = list(shown.notes.order_by("-written_at", "-id")[:NOTES_SHOWN])
    texts = words.notes_of(shown, notes)
    page["notes"] = [(one, texts[one.pk]) for one in notes]
    page["may_act"] = Case.objects.worked_on_by(actor).filter(pk=shown.pk).exists()
    page["hides"], page["may_keep"] = confidence.is_kept(shown), confidence.may_keep_longer(shown, actor)
    page |= _offered(shown, page["words"]) | forms_
    about_case(Action.CASE_LOOKED_AT, shown, by=actor, now=now, shown=len(page["exchanges"]))
    page["chain"] = custody.page(shown, actor, None, size=8)
    return render(request, "audit/cases/case.html", page, status=status)


def _in_it(request: HttpRequest, shown: Case, actor: User) -> dict[str, Any]:
    """Read one page of the exchanges in a case, newest first, from the one that the address names on."""
    there = contents.seen_in(shown, actor)
    rows = there.order_by("-started_at", "-exchange_id")
    try:
        cursor = cursor_of(request.GET)
    except CursorBroken:
        cursor = None
    if cursor is not None:
        rows = rows.filter(started_at__lte=cursor.at).exclude(started_at=cursor.at, exchange_id__gte=cursor.id)
    links = list(rows[: PAGE_SIZE + 1])
    return {
        "exchanges": contents.rows_of(links[:PAGE_SIZE], actor=actor),
        "held": there.count(),
        "older": _place(links[PAGE_SIZE - 1]) if len(links) > PAGE_SIZE else "",
    }


def _place(link: CaseExchange) -> str:
    return Cursor("older", link.started_at, link.exchange_id).code()


def _offered(shown: Case, said: words.Words) -> dict[str, forms.Form]:
    """Give the empty forms of what can be done with a case."""
    return {
        "words_form": WordsForm(initial={"title": said.title, "why": said.why}),
        "note_form": NoteForm(),
        "close_form": CloseForm(),
        "keep_form": ReasonForm(auto_id="keep_%s"),
        "reopen_form": ReasonForm(auto_id="reopen_%s"),
        "remove_form": ReasonForm(auto_id="remove_%s"),
        "member_form": PersonForm(people=people_of_the_desk().exclude(pk=shown.officer_id), auto_id="member_%s"),
        "hand_over_form": PersonForm(people=officers().exclude(pk=shown.officer_id), auto_id="officer_%s"),
    }
