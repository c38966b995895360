"""The story of an objection: a person says what is wrong, and an officer who had no part in it answers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.looks import EXCHANGE
from apps.audit.notices import sending, words
from apps.audit.notices.drafting import must_be_officer
from apps.audit.notices.models import ANSWERED_WITHIN, Kind, Notice, Objection
from apps.audit.review.models import Decision
from apps.ledger.facts import Json
from apps.ledger.ids import new_id
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

ABOUT_RECORD, ABOUT_FINDING = "What was recorded", "A finding of review"


class NoSuchObjection(Exception):
    """No objection that this officer may read has this id."""


class CannotObject(Exception):
    """An objection about this is open already."""

    sentence = "Your objection about this exchange waits for its answer. You can object again when you have it."


class AnsweredAlready(Exception):
    """Another officer was faster."""

    sentence = "This objection was answered meanwhile. Reload the page to see how."


class HadAPart(Exception):
    """Whoever decided, or told the person, does not judge the objection to it."""

    sentence = "You decided about this exchange or wrote to its person, so another officer answers the objection."


@transaction.atomic
def object_to(exchange_id: UUID, *, text: str, notice_id: UUID | None = None, by: User, now: datetime) -> Objection:
    """
    Raise an objection to what was recorded of one's own exchange, or to the finding that a notice told.

    :raises sending.NoSuchExchange: if it is not this person's.
    :raises sending.NoSuchNotice: if no finding was told by that notice.
    :raises CannotObject: if one is open.
    :raises apps.audit.notices.words.WordsUnusable: if it says too little or too much, or the exchange was erased.
    """
    intent = Intent.objects.filter(pk=exchange_id, person_id=by.pk).first()
    if intent is None:
        raise sending.NoSuchExchange(exchange_id)
    notice = _notice_that_told(notice_id, exchange_id, by) if notice_id else None
    objection_id, key_id = new_id(), words.key_of(intent)
    sealed = words.seal(key_id, words.checked(text), purpose=words.OBJECTION, label=objection_id)
    event_id = _record(
        Action.OBJECTION_RAISED, intent.pk, ABOUT_FINDING if notice else ABOUT_RECORD, by=by, now=now,
        objection=str(objection_id), notice=str(notice_id or ""), digest=sealed.digest,
    )  # fmt: skip
    try:
        with transaction.atomic():
            return Objection.objects.create(
                id=objection_id, exchange_id=intent.pk, person_id=by.pk, key_id=key_id, notice=notice,
                sealed=sealed.bytes, digest=sealed.digest, event_id=event_id, raised_at=now,
                due_at=now + ANSWERED_WITHIN,
            )  # fmt: skip
    except IntegrityError:
        raise CannotObject from None


@transaction.atomic
def answer(objection_id: UUID, *, verdict: str, text: str, by: User, now: datetime) -> Objection:
    """
    Answer an objection; the person finds the answer among their notices.

    :raises NoSuchObjection: if there is none, or it is this officer's own.
    :raises AnsweredAlready: if it is not open any more.
    :raises HadAPart: if this officer decided about the exchange or wrote to its person.
    :raises apps.audit.notices.words.WordsUnusable: if the answer says too little or too much.
    """
    must_be_officer(by)
    seen = Objection.objects.visible_to(by).select_for_update(of=("self",))
    objection = seen.filter(pk=objection_id).first()
    if objection is None:
        raise NoSuchObjection(objection_id)
    if objection.state != Objection.State.OPEN:
        raise AnsweredAlready
    if by.pk in had_a_part(objection.exchange_id):
        raise HadAPart
    intent = Intent.objects.get(pk=objection.exchange_id)
    title = f"Your objection: {Objection.Verdict(verdict).label.lower()}"
    objection.answer = sending.write(intent, kind=Kind.ANSWER, title=title, text=text, by=by, now=now)
    objection.state, objection.verdict, objection.answered_at = Objection.State.ANSWERED, verdict, now
    objection.save(update_fields=["answer", "state", "verdict", "answered_at"])
    _record(
        Action.OBJECTION_ANSWERED, intent.pk, Objection.Verdict(verdict).label, by=by, now=now,
        objection=str(objection.pk), verdict=str(verdict), notice=str(objection.answer.pk),
    )  # fmt: skip
    return objection


def had_a_part(exchange_id: UUID) -> set[UUID]:
    """Give the officers who decided about an exchange, consented to it, or wrote to its person. Two queries."""
    decided = Decision.objects.filter(item__exchange_id=exchange_id)
    officers = {each for pair in decided.values_list("officer_id", "second_officer_id") for each in pair if each}
    wrote = Notice.objects.filter(exchange_id=exchange_id).exclude(kind=Kind.ANSWER)
    return officers | set(wrote.values_list("officer_id", flat=True))


def _notice_that_told(notice_id: UUID, exchange_id: UUID, person: User) -> Notice:
    told = Notice.objects.of_person(person).filter(exchange_id=exchange_id, decision__isnull=False)
    notice = told.filter(pk=notice_id).first()
    if notice is None:
        raise sending.NoSuchNotice(notice_id)
    return notice


def _record(action: Action, exchange_id: UUID, label: str, *, by: User, now: datetime, **details: Json) -> UUID:
    return record_event(
        action, who=who(by), subject_kind=EXCHANGE, subject_id=str(exchange_id), subject_label=label, details=details,
        now=now,
    )  # fmt: skip
