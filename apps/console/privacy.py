"""Doors to the privacy policy: read it in words, change it, see what it was, try a text. Only admins change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.access import person_of, roles_required
from apps.accounts.actors import who
from apps.accounts.models import Role, Team
from apps.console.privacy_forms import PolicyForm, ScopeForm, TrialForm
from apps.ledger import records
from apps.ledger.vocabulary import Action, EgressClass
from apps.privacy import policies, policy_words, preview
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.policies import Change
from apps.privacy.policy import NotConfirmed, PolicyRefused
from apps.privacy.preview import Foreseen
from apps.privacy.vocabulary import WORDS_FOR

READERS = (Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.AUDITOR)
NEWEST = 50


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rules a page shows; no team is the whole company."""

    team: Team | None
    side: str

    @property
    def address(self) -> str:
        """The page that shows them."""
        return (
            f"{reverse('console:privacy')}?{urlencode({'team': self.team.pk if self.team else '', 'side': self.side})}"
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a tried text: plain, or a value with what would be done with it."""

    text: str
    value: Foreseen | None = None

    @property
    def kind(self) -> str:
        """The kind of value, in words."""
        return WORDS_FOR.get(self.value.finding.type, "value") if self.value else ""

    @property
    def deed(self) -> str:
        """What would be done with it, in words."""
        if self.value is None:
            return ""
        if self.value.is_unsure:
            return "Left in clear: the score is too low"
        return self.value.treatment.label


@roles_required(*READERS)
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Show the rules of the company or of a team, in words and as a table, and what they were."""
    return _page(request, _scope(request.GET if "side" in request.GET else {"side": EgressClass.OUTSIDE}))


@roles_required(Role.ADMIN)
@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Put changed rules in force as a new version."""
    scope = _scope(request.POST)
    form = _form(scope, request.POST)
    if not form.is_valid():
        return _page(request, scope, form)
    try:
        version = policies.change(
            form.wanted(),
            team=scope.team,
            egress_class=scope.side,
            based_on=form.cleaned_data["based_on"],
            is_confirmed=form.cleaned_data["is_confirmed"],
            by=person_of(request),
            now=timezone.now(),
        )
    except PolicyRefused as refused:
        form.must_confirm = isinstance(refused, NotConfirmed)
        form.add_error(None, refused.sentence)
        return _page(request, scope, form)
    messages.success(request, f"{version} is in force from the next message on." if version else "Nothing was changed.")
    return redirect(scope.address)


@roles_required(*READERS)
@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: HttpRequest) -> HttpResponse:
    """Show what would happen to a text. Nothing of it is kept; that somebody tried is on the record."""
    form = TrialForm(request.POST or None, initial={"side": EgressClass.OUTSIDE})
    context: dict[str, Any] = {"form": form, "scope_fields": [form["team"], form["side"]]}
    if request.method != "POST" or not form.is_valid():
        return render(request, "console/privacy_trial.html", context, status=422 if form.errors else 200)
    scope, text = Scope(form.cleaned_data["team"], form.cleaned_data["side"]), form.cleaned_data["text"]
    _record_trial(request, scope, text)
    in_force = policies.in_force(team_id=scope.team.pk if scope.team else None, egress_class=scope.side)
    try:
        foreseen = async_to_sync(preview.foresee)(text, policy=in_force)
    except ScrubberUnavailable as failure:
        form.add_error("text", failure.sentence)
        return render(request, "console/privacy_trial.html", context, status=503)
    pieces = list(_pieces(text, foreseen))
    found = [piece for piece in pieces if piece.value]
    return render(
        request, "console/privacy_trial.html", {**context, "pieces": pieces, "found": found, "is_tried": True}
    )


def _scope(source: Mapping[str, Any]) -> Scope:
    form = ScopeForm(source)
    if not form.is_valid():
        raise BadRequest
    return Scope(form.cleaned_data["team"], form.cleaned_data["side"])


def _form(scope: Scope, data: Mapping[str, Any] | None = None) -> PolicyForm:
    team_id = scope.team.pk if scope.team else None
    return PolicyForm(
        data,
        own=policies.own_rules(team_id=team_id, egress_class=scope.side),
        company=policies.in_force(team_id=None, egress_class=scope.side),
        is_company=scope.team is None,
        initial={"based_on": policies.newest_number()},
    )


def _page(request: HttpRequest, scope: Scope, form: PolicyForm | None = None) -> HttpResponse:
    team_id = scope.team.pk if scope.team else None
    in_force = policies.in_force(team_id=team_id, egress_class=scope.side)
    context = {
        "scope": scope,
        "scope_form": ScopeForm(initial={"team": scope.team, "side": scope.side}),
        "sentences": policy_words.sentences(in_force),
        "number": in_force.number,
        "form": form or _form(scope),
        "history": _told(policies.history(team_id=team_id, egress_class=scope.side, newest=NEWEST)),
        "may_change": person_of(request).has_role(Role.ADMIN),
    }
    return render(request, "console/privacy.html", context, status=422 if form else 200)


def _told(history: Sequence[Change]) -> list[tuple[Change, list[tuple[str, str, str, bool]]]]:
    """Put differences into words: kind, before, after, whether it was confirmed."""
    return [
        (
            change,
            [
                (WORDS_FOR[one.type], policy_words.rule(one.before), policy_words.rule(one.after), one.is_confirmed)
                for one in change.differences
            ],
        )
        for change in history
    ]


def _pieces(text: str, foreseen: Sequence[Foreseen]) -> Iterator[Piece]:
    position = 0
    for one in foreseen:
        if one.finding.start > position:
            yield Piece(text[position : one.finding.start])
        yield Piece(text[one.finding.start : one.finding.end], one)
        position = one.finding.end
    if position < len(text):
        yield Piece(text[position:])


def _record_trial(request: HttpRequest, scope: Scope, text: str) -> None:
    records.record_event(
        Action.POLICY_TRIED,
        who=who(person_of(request), scope.team),
        subject_kind="policy",
        subject_label=f"{scope.team or 'company'}, {scope.side.lower()}",
        details={"characters": len(text)},
        now=timezone.now(),
    )
