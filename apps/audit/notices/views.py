"""Doors of the desk to notices and objections."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from apps.accounts.access import person_of
from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.doors import desk, officers_only
from apps.audit.notices import drafting, objecting, sending, words
from apps.audit.notices.forms import AnswerForm, SendForm, TemplateForm, VersionForm
from apps.audit.notices.models import NoticeTemplate, Objection
from apps.audit.scope import exchanges_for
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

OPEN_SHOWN, ANSWERED_SHOWN, VERSIONS_SHOWN = 100, 50, 20


@dataclass(frozen=True, slots=True)
class Waiting:
    """An objection that waits; ``form`` is empty for whoever had a part in what it is about."""

    complaint: words.Complaint
    is_overdue: bool
    form: AnswerForm | None


@desk
def templates(request: HttpRequest) -> HttpResponse:
    """List the templates of notices."""
    _looked(request, "templates")
    return _templates_page(request)


@desk
def template(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Show a template with its versions."""
    found = get_object_or_404(NoticeTemplate, pk=template_id)
    _looked(request, "template", template=str(template_id))
    return _template_page(request, found)


@officers_only
def write_new(request: HttpRequest) -> HttpResponse:
    """Keep a new template."""
    form = TemplateForm(request.POST)
    if not form.is_valid():
        return _templates_page(request, form=form, status=422)
    try:
        drafting.write_new(**form.cleaned_data, by=person_of(request), now=timezone.now())
    except (drafting.NameTaken, words.WordsUnusable) as reason:
        form.add_error(None, reason.sentence)
        return _templates_page(request, form=form, status=409)
    messages.success(request, "Kept. Officers can send it from the page of an exchange.")
    return redirect("notices:templates")


@officers_only
def write_version(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Write the next version of a template."""
    found, form = get_object_or_404(NoticeTemplate, pk=template_id), VersionForm(request.POST)
    if not form.is_valid():
        return _template_page(request, found, form=form, status=422)
    try:
        drafting.write_version(found, **form.cleaned_data, by=person_of(request), now=timezone.now())
    except words.WordsUnusable as reason:
        form.add_error(None, reason.sentence)
        return _template_page(request, found, form=form, status=409)
    messages.success(request, "The new version is sent from now on.")
    return redirect("notices:template", template_id)


@officers_only
def switch_on(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Offer a template."""
    return _switched(request, template_id, on=True)


@officers_only
def switch_off(request: HttpRequest, template_id: UUID) -> HttpResponse:
    """Offer a template no more."""
    return _switched(request, template_id, on=False)


@officers_only
def send(request: HttpRequest, exchange_id: UUID) -> HttpResponse:
    """Tell the person of an exchange something about it."""
    officer = person_of(request)
    if not exchanges_for(officer).filter(pk=exchange_id).exists():
        raise Http404
    form = SendForm(request.POST)
    if not form.is_valid():
        return _send_page(request, exchange_id, form, status=422)
    try:
        said = form.cleaned_data
        sending.send(
            exchange_id, said["template"], added=said["added"], tells_finding=said["tells_finding"], by=officer,
            now=timezone.now(),
        )  # fmt: skip
    except (sending.CannotBeSent, words.WordsUnusable) as reason:
        form.add_error(None, reason.sentence)
        return _send_page(request, exchange_id, form, status=409)
    messages.success(request, "Sent. The person finds it under Notices; this page says when they have read it.")
    return redirect("audit:exchange", exchange_id)


@desk
def objections(request: HttpRequest) -> HttpResponse:
    """Show what people object to, due first, and what was answered lately."""
    _looked(request, "objections")
    return _objections_page(request)


@officers_only
def answer(request: HttpRequest, objection_id: UUID) -> HttpResponse:
    """Answer an objection."""
    officer, now = person_of(request), timezone.now()
    found = get_object_or_404(Objection.objects.visible_to(officer), pk=objection_id)
    form = AnswerForm(request.POST, auto_id=f"answer_{found.pk}_%s")
    if not form.is_valid():
        return _objections_page(request, typed={found.pk: form}, status=422)
    try:
        objecting.answer(objection_id, **form.cleaned_data, by=officer, now=now)
    except (objecting.AnsweredAlready, objecting.HadAPart, words.WordsUnusable) as reason:
        messages.error(request, reason.sentence)
        return redirect("notices:objections")
    messages.success(request, "Answered. The person finds it under Notices.")
    return redirect("notices:objections")


def _switched(request: HttpRequest, template_id: UUID, *, on: bool) -> HttpResponse:
    found = get_object_or_404(NoticeTemplate, pk=template_id)
    drafting.switch(found, on=on, by=person_of(request), now=timezone.now())
    return redirect("notices:template", template_id)


def _templates_page(request: HttpRequest, *, form: TemplateForm | None = None, status: int = 200) -> HttpResponse:
    page = {
        "templates": NoticeTemplate.objects.all(),
        "form": form or TemplateForm(),
        "is_officer": _is_officer(request),
    }
    return render(request, "audit/notices/templates.html", page, status=status)


def _template_page(
    request: HttpRequest, found: NoticeTemplate, *, form: VersionForm | None = None, status: int = 200
) -> HttpResponse:
    versions = list(found.versions.all()[:VERSIONS_SHOWN])
    first = {"title": versions[0].title, "text": versions[0].text}
    page = {
        "template": found, "versions": versions, "is_officer": _is_officer(request),
        "form": form or VersionForm(initial=first),
    }  # fmt: skip
    return render(request, "audit/notices/template.html", page, status=status)


def _send_page(request: HttpRequest, exchange_id: UUID, form: SendForm, *, status: int) -> HttpResponse:
    return render(request, "audit/notices/send.html", {"exchange_id": exchange_id, "form": form}, status=status)


def _objections_page(
    request: HttpRequest, *, typed: dict[UUID, AnswerForm] | None = None, status: int = 200
) -> HttpResponse:
    reader, now = person_of(request), timezone.now()
    seen = Objection.objects.visible_to(reader).select_related("notice__decision", "answer")
    is_officer = _is_officer(request)
    waiting = [
        Waiting(
            each, each.objection.is_overdue(now),
            form=_form_for(each.objection, reader, typed or {}) if is_officer else None,
        )
        for each in words.complaints(seen.open()[:OPEN_SHOWN])
    ]  # fmt: skip
    answered = words.complaints(seen.filter(state=Objection.State.ANSWERED).order_by("-answered_at")[:ANSWERED_SHOWN])
    page = {"waiting": waiting, "answered": answered, "is_officer": is_officer}
    return render(request, "audit/notices/objections.html", page, status=status)


def _form_for(row: Objection, officer: User, typed: dict[UUID, AnswerForm]) -> AnswerForm | None:
    if officer.pk in objecting.had_a_part(row.exchange_id):
        return None
    return typed.get(row.pk) or AnswerForm(auto_id=f"answer_{row.pk}_%s")


def _is_officer(request: HttpRequest) -> bool:
    return person_of(request).has_role(Role.COMPLIANCE_OFFICER)


def _looked(request: HttpRequest, page: str, **details: Json) -> None:
    said = {"page": page, **details}
    record_event(Action.NOTICES_LOOKED, who=who(person_of(request)), details=said, now=timezone.now())
