"""Templates of notices: officers write them in versions, and switch them on and off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.notices.models import NoticeTemplate, TemplateVersion
from apps.audit.notices.words import checked
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

TEMPLATE = "notice template"


class NameTaken(Exception):
    """There is a template of this name."""

    sentence = "There is a template of this name already. Write a new version of it, or choose another name."


@transaction.atomic
def write_new(name: str, *, kind: str, title: str, text: str, by: User, now: datetime) -> NoticeTemplate:
    """
    Keep a new template with its first version.

    :raises NameTaken: if another one has this name.
    :raises apps.audit.notices.words.WordsUnusable: if the text says too little or too much.
    """
    must_be_officer(by)
    try:
        with transaction.atomic():
            template = NoticeTemplate.objects.create(name=name, kind=kind)
    except IntegrityError:
        raise NameTaken from None
    _write(template, title=title, text=text, by=by, now=now)
    return template


@transaction.atomic
def write_version(template: NoticeTemplate, *, title: str, text: str, by: User, now: datetime) -> TemplateVersion:
    """
    Write the next version, which is sent from now on. What was sent stays as it was.

    :raises apps.audit.notices.words.WordsUnusable: if the text says too little or too much.
    """
    must_be_officer(by)
    template = NoticeTemplate.objects.select_for_update().get(pk=template.pk)
    template.number += 1
    template.save(update_fields=["number"])
    return _write(template, title=title, text=text, by=by, now=now)


@transaction.atomic
def switch(template: NoticeTemplate, *, on: bool, by: User, now: datetime) -> bool:
    """Offer a template to be sent, or offer it no more; say whether that changed anything."""
    must_be_officer(by)
    if not NoticeTemplate.objects.filter(pk=template.pk).exclude(is_on=on).update(is_on=on):
        return False
    _record(Action.NOTICE_TEMPLATE_SWITCHED_ON if on else Action.NOTICE_TEMPLATE_SWITCHED_OFF, template, {}, by, now)
    return True


def must_be_officer(by: User) -> None:
    """
    Refuse everybody else.

    :raises PermissionDenied: if `by` is no compliance officer now.
    """
    if not by.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied


def _write(template: NoticeTemplate, *, title: str, text: str, by: User, now: datetime) -> TemplateVersion:
    said: dict[str, Json] = {
        "number": template.number, "kind": template.kind, "title": title, "text": checked(text)
    }  # fmt: skip
    event_id = _record(Action.NOTICE_TEMPLATE_WRITTEN, template, said, by, now)
    return TemplateVersion.objects.create(
        id=new_id(), template=template, number=template.number, title=title, text=checked(text), event_id=event_id,
        written_by=by.name, written_at=now,
    )  # fmt: skip


def _record(action: Action, template: NoticeTemplate, details: dict[str, Json], by: User, now: datetime) -> UUID:
    return record_event(
        action, who=who(by), subject_kind=TEMPLATE, subject_id=str(template.pk), subject_label=template.name,
        details=details, now=now,
    )  # fmt: skip
