"""Doors around four eyes: what waits for a second officer, what was decided, and where a second one is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.fresh import freshly_signed_in, proved_at
from apps.accounts.models import Role, User
from apps.audit.approvals import asking
from apps.audit.approvals.deeds import ALWAYS_NEEDED, CannotBeCarriedOut, Deed
from apps.audit.approvals.forms import ConsentForm, RefusalForm, WhyForm
from apps.audit.approvals.models import Approval, FourEyesRule, State, terms_of
from apps.audit.doors import desk, officers_only
from apps.audit.telling import written

DECIDED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that this officer may decide, with the two forms to do it."""

    approval: Approval
    terms: list[tuple[str, Any]]
    consent: ConsentForm
    refusal: RefusalForm


@dataclass(frozen=True, slots=True)
class Rule:
    """A deed and whether it takes two; ``form`` asks a second officer to leave it to one."""

    deed: Deed
    is_needed: bool
    form: WhyForm | None
    is_asked: bool = False


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody sent that was not taken, to be shown where they typed it."""

    key: str = ""
    forms: dict[str, Any] = field(default_factory=dict)


@desk
def approvals(request: HttpRequest) -> HttpResponse:
    """Show what waits for this officer, what they asked for, what was decided, and the rules."""
    return _page(request)


@officers_only
@freshly_signed_in
def grant(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Consent to what another officer asked for."""
    form = written(ConsentForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, typed=Typed(str(approval_id), {"consent": form}), status=422)
    return _decided(
        request, approval_id, "You consented.",
        lambda by, now: asking.grant(
            approval_id, by=by, answer=form.cleaned_data["answer"], signed_in_at=proved_at(request), now=now
        ),
    )  # fmt: skip


@officers_only
def refuse(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Refuse what another officer asked for, with a reason."""
    _must_be_there(request, approval_id)
    form = written(RefusalForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, typed=Typed(str(approval_id), {"refusal": form}), status=422)
    return _decided(
        request, approval_id, "You refused.",
        lambda by, now: asking.refuse(approval_id, by=by, answer=form.cleaned_data["answer"], now=now),
    )  # fmt: skip


@officers_only
def withdraw(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Take one's own request back."""
    return _decided(
        request, approval_id, "Your request is withdrawn.",
        lambda by, now: asking.withdraw(approval_id, by=by, now=now),
    )  # fmt: skip


@officers_only
def ask_for_two(request: HttpRequest, deed: str) -> HttpResponse:
    """Have a deed need a second officer from now on."""
    asking.ask_for_two(_deed(deed), by=person_of(request), now=timezone.now())
    messages.success(request, f"“{_deed(deed).label}” takes a second officer from now on.")
    return redirect("approvals:approvals")


@officers_only
def ask_for_one(request: HttpRequest, deed: str) -> HttpResponse:
    """Ask a second officer to leave a deed to one from now on."""
    about = asking.rule_about(_deed(deed))
    form = written(WhyForm(request.POST), by=person_of(request))
    if not form.is_valid():
        return _page(request, typed=Typed(deed, {"why": form}), status=422)
    asking.ask(
        Deed.FOUR_EYES_OFF, subject=about, terms={}, why=form.cleaned_data["why"], by=person_of(request),
        now=timezone.now(),
    )  # fmt: skip
    messages.success(request, "You asked. It stays as it is until a second officer consents.")
    return redirect("approvals:approvals")


def _decided(
    request: HttpRequest, approval_id: UUID, done: str, decide: Callable[[User, datetime], object]
) -> HttpResponse:
    _must_be_there(request, approval_id)
    try:
        decide(person_of(request), timezone.now())
    except (asking.AlreadyDecided, asking.AskerGone, CannotBeCarriedOut) as reason:
        messages.error(request, reason.sentence)
    else:
        messages.success(request, done)
    return redirect("approvals:approvals")


def _must_be_there(request: HttpRequest, approval_id: UUID) -> None:
    if not Approval.objects.visible_to(person_of(request)).filter(pk=approval_id).exists():
        raise Http404


def _page(request: HttpRequest, *, typed: Typed | None = None, status: int = 200) -> HttpResponse:
    officer, now, typed = person_of(request), timezone.now(), typed or Typed()
    seen = Approval.objects.visible_to(officer).select_related("asked_by", "decided_by")
    is_officer = officer.has_role(Role.COMPLIANCE_OFFICER)
    waiting = seen.waiting_for(officer, now)
    own = seen.filter(asked_by=officer).exclude(state__in=[State.REFUSED, State.WITHDRAWN, State.SPENT])
    context = {
        "waiting": [_waiting(each, typed) for each in waiting],
        "own": [(each, each.words_at(now)) for each in own],
        "decided": [(each, each.words_at(now)) for each in seen.exclude(state=State.OPEN)[:DECIDED_SHOWN]],
        "rules": _rules(officer, typed, now),
        "is_officer": is_officer,
    }
    return render(request, "audit/approvals/approvals.html", context, status=status)


def _waiting(approval: Approval, typed: Typed) -> Waiting:
    forms = typed.forms if typed.key == str(approval.pk) else {}
    return Waiting(
        approval,
        terms_of(approval),
        forms.get("consent") or ConsentForm(auto_id=f"consent_{approval.pk}_%s"),
        forms.get("refusal") or RefusalForm(auto_id=f"refusal_{approval.pk}_%s"),
    )


def _rules(officer: User, typed: Typed, now: datetime) -> list[Rule]:
    left_to_one = set(FourEyesRule.objects.filter(is_needed=False).values_list("deed", flat=True))
    asked = Approval.objects.open_at(now).filter(deed=Deed.FOUR_EYES_OFF).values_list("subject_id", flat=True)
    return [
        Rule(
            deed,
            is_needed=deed not in left_to_one,
            form=None if deed in ALWAYS_NEEDED else _why(deed, typed),
            is_asked=deed.value in set(asked),
        )
        for deed in Deed
    ]


def _why(deed: Deed, typed: Typed) -> WhyForm:
    return typed.forms["why"] if typed.key == deed else WhyForm(auto_id=f"why_{deed.value}_%s")


def _deed(code: str) -> Deed:
    if code not in Deed.values or Deed(code) in ALWAYS_NEEDED:
        raise Http404
    return Deed(code)
