"""The story of a notice: an officer tells a person something about an exchange, and the person says they read it."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.looks import EXCHANGE
from apps.audit.notices import words
from apps.audit.notices.drafting import must_be_officer
from apps.audit.notices.models import Kind, Notice, NoticeTemplate
from apps.audit.review.models import Decision
from apps.audit.review.vocabulary import Step
from apps.audit.scope import exchanges_for
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.models import HiddenLook, Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


class NoSuchExchange(Exception):
    """No exchange that this officer may read at the desk has this id."""


class CannotBeSent(Exception):
    """The notice may not go out now; ``sentence`` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NoSuchNotice(Exception):
    """This person has no such notice."""


class ReplyMissing(Exception):
    """A question is answered, not only read."""

    sentence = f"It is a question: write your answer, in {words.SHORTEST} to {words.LONGEST:,} characters."


@transaction.atomic
def send(
    exchange_id: UUID, template: NoticeTemplate, *, added: str = "", tells_finding: bool, by: User, now: datetime
) -> Notice:
    """
    Send the newest version of a template to the person of an exchange, with a few words of the officer's own.

    :raises NoSuchExchange: if there is none, or it is this officer's own.
    :raises CannotBeSent: if the template is off, or the exchange may not be spoken of now.
    :raises apps.audit.notices.words.WordsUnusable: if the exchange was erased, or the words are too many.
    """
    must_be_officer(by)
    intent = exchanges_for(by).filter(pk=exchange_id).first()
    if intent is None:
        raise NoSuchExchange(exchange_id)
    if not NoticeTemplate.objects.filter(pk=template.pk, is_on=True).exists():
        raise CannotBeSent("This template was switched off meanwhile. Choose another one.")
    if HiddenLook.objects.filter(exchange_id=exchange_id).exists():
        raise CannotBeSent("No notice about this exchange can be sent at the moment. Ask the officer of its case.")
    version = template.newest
    text = f"{version.text}\n\n{added.strip()}".strip()
    decision = finding_on(exchange_id) if tells_finding else None
    return write(
        intent, kind=template.kind, title=version.title, text=text, by=by, now=now, version_id=version.pk,
        decision_id=decision.pk if decision else None,
    )  # fmt: skip


def write(
    intent: Intent,
    *,
    kind: str,
    title: str,
    text: str,
    by: User,
    now: datetime,
    version_id: UUID | None = None,
    decision_id: UUID | None = None,
) -> Notice:
    """Write a notice and its event, in the caller's transaction. Raises what `words.seal` does."""
    notice_id, key_id = new_id(), words.key_of(intent)
    plain = json.dumps({"title": title, "text": words.checked(text)})
    sealed = words.seal(key_id, plain, purpose=words.NOTICE, label=notice_id)
    event_id = _record(
        Action.NOTICE_SENT, intent.pk, by=by, now=now, label=Kind(kind).label, notice=str(notice_id), kind=str(kind),
        version=str(version_id or ""), decision=str(decision_id or ""), digest=sealed.digest,
    )  # fmt: skip
    return Notice.objects.create(
        id=notice_id, exchange_id=intent.pk, person_id=intent.person_id, key_id=key_id, kind=kind,
        version_id=version_id, decision_id=decision_id, sealed=sealed.bytes, digest=sealed.digest, officer_id=by.pk,
        officer_label=by.name, event_id=event_id, sent_at=now,
    )  # fmt: skip


@transaction.atomic
def acknowledge(notice_id: UUID, *, reply: str = "", by: User, now: datetime) -> Notice:
    """
    Keep that a person read a notice, and what they answer where it asks something. A second time changes nothing.

    :raises NoSuchNotice: if it is not theirs.
    :raises ReplyMissing: if it is a question and nothing is answered.
    :raises apps.audit.notices.words.WordsUnusable: if the answer is too long, or the exchange was erased.
    """
    notice = Notice.objects.of_person(by).select_for_update().filter(pk=notice_id).first()
    if notice is None:
        raise NoSuchNotice(notice_id)
    if notice.acknowledged_at is not None:
        return notice
    digest = ""
    if notice.kind == Kind.QUESTION:
        if len(reply.strip()) < words.SHORTEST:
            raise ReplyMissing
        sealed = words.seal(notice.key_id, words.checked(reply), purpose=words.REPLY, label=notice.pk)
        notice.sealed_reply, digest = sealed.bytes, sealed.digest
    notice.acknowledged_at = now
    notice.save(update_fields=["acknowledged_at", "sealed_reply"])
    _record(
        Action.NOTICE_ACKNOWLEDGED, notice.exchange_id, by=by, now=now, label=notice.get_kind_display(),
        notice=str(notice.pk), reply_digest=digest,
    )  # fmt: skip
    return notice


def finding_on(exchange_id: UUID) -> Decision | None:
    """Find the newest finding of review on an exchange, if it has one. One query."""
    decided = Decision.objects.filter(item__exchange_id=exchange_id, step=Step.CLOSED)
    return decided.order_by("-decided_at", "-id").first()


def _record(action: Action, exchange_id: UUID, *, by: User, now: datetime, label: str, **details: Json) -> UUID:
    return record_event(
        action, who=who(by), subject_kind=EXCHANGE, subject_id=str(exchange_id), subject_label=label, details=details,
        now=now,
    )  # fmt: skip
