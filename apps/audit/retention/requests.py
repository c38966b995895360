"""What people ask for about their own data, as an officer enters it: a copy, or erasure, which takes two officers."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from celery import current_app
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models.functions import Coalesce

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.pseudonyms import pseudonym
from apps.audit.retention import holding
from apps.audit.retention.models import PersonRequest
from apps.ledger.facts import Json
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action
from apps.privacy import erasure

PERSON = "person"
PACKAGE = "package"
PACKAGE_TERMS: Final[dict[str, Json]] = {"what": "all of a person's own words, in clear"}
WORK_ON = "retention.work_on"


class AlreadyAsked(Exception):
    """The same is under way for this person."""

    sentence = "The same is under way for this person already. Wait until it has ended; it stands in the list."


class PersonHeld(Exception):
    """A legal hold keeps what was to be erased."""

    sentence = (
        "A legal hold covers this person's data, so it cannot be erased. Two officers can lift the hold; ask for the "
        "erasure again after that."
    )


class NoSuchPerson(Exception):
    """Nobody is known by that id."""

    sentence = "Nobody is known under this id any more. Refuse this request."


@transaction.atomic
def ask_for_package(person: User, *, why: str, by: User, now: datetime) -> PersonRequest:
    """
    Have a copy of all that is stored about a person made, on the record. It is made in the background.

    :raises PermissionDenied: if `by` is no officer now, or it is their own data.
    :raises AlreadyAsked: if one is being made.
    """
    _must_be_somebody_elses(person.pk, by)
    request = _opened(PersonRequest.Kind.ACCESS, person, why=why, by=by, now=now)
    record(Action.PACKAGE_REQUESTED, request, by=by, details={"reason": why}, now=now)
    _queue(request.pk)
    return request


@transaction.atomic
def ask_for_erasure(person: User, *, closes_account: bool, why: str, by: User, now: datetime) -> Approval:
    """
    Ask a second officer to consent to the erasure of a person's data. Nothing is erased before that.

    :raises PermissionDenied: if `by` is no officer now, or it is their own data.
    :raises PersonHeld: if a hold covers any of it.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    _must_be_somebody_elses(person.pk, by)
    keys = keys_of(person.pk)
    if holding.is_anything_held(person.pk, keys):
        raise PersonHeld
    terms: dict[str, Json] = {
        "conversations_and_exchanges": len(keys),
        "documents_they_uploaded": "deleted for everybody",
        "words_of_cases": "titles, reasons, findings and notes of every case with an exchange of theirs",
        "account": "closed, name and address removed" if closes_account else "stays open",
        "stays_on_the_record": "that exchanges took place, with the person's name as it was then",
    }
    subject = Subject(PERSON, str(person.pk), pseudonym(person.pk), person_id=person.pk)
    return asking.ask(Deed.ERASURE, subject=subject, terms=terms, why=why, by=by, now=now)


def package_of(request: PersonRequest) -> Subject:
    """Name a package for whoever has to consent to an officer reading it."""
    words = pseudonym(request.person_id)
    return Subject(PACKAGE, str(request.pk), f"Copy of the data of {words}", person_id=request.person_id)


def ask_to_download(request: PersonRequest, *, by: User, now: datetime) -> None:
    """
    Ask a second officer to consent to handing a package to an officer, unless that was asked and waits.

    :raises PermissionDenied: if `by` is no officer now, or it is their own data.
    """
    subject = package_of(request)
    if asking.open_request(Deed.EXPORT, subject=subject, by=by, now=now) is None:
        asking.ask(Deed.EXPORT, subject=subject, terms=PACKAGE_TERMS, why=request.reason, by=by, now=now)


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Open the erasure that two officers agreed on, in the transaction of the consent; it is done in the background."""
    person = User.objects.filter(pk=approval.subject_id).first()
    if person is None:
        raise CannotBeCarriedOut(NoSuchPerson.sentence)
    if holding.is_anything_held(person.pk, keys_of(person.pk)):
        raise CannotBeCarriedOut(PersonHeld.sentence)
    try:
        request = _opened(PersonRequest.Kind.ERASURE, person, why=approval.why, by=approval.asked_by, now=now)
    except AlreadyAsked as reason:
        raise CannotBeCarriedOut(reason.sentence) from reason
    closes = str(approval.terms.get("account", "")).startswith("closed")
    PersonRequest.objects.filter(pk=request.pk).update(closes_account=closes, approved_by_label=by.name)
    details: dict[str, Json] = {"reason": approval.why, "consent": by.name, "closes_account": closes}
    record(Action.ERASURE_REQUESTED, request, by=approval.asked_by, details=details, now=now)
    _queue(request.pk)


def keys_of(person_id: UUID) -> set[UUID]:
    """Give every key that seals something of a person: of exchanges, conversations, batches and packages."""
    recorded = Intent.objects.filter(person_id=person_id).annotate(key=Coalesce("conversation_id", "id"))
    packages = PersonRequest.objects.filter(person_id=person_id, kind=PersonRequest.Kind.ACCESS)
    return {
        *recorded.order_by().values_list("key", flat=True).distinct(),
        *packages.values_list("pk", flat=True),
        *erasure.keys_of(person_id),
    }


def record(
    action: Action, request: PersonRequest, *, by: User | None, details: dict[str, Json] | None = None, now: datetime
) -> UUID:
    """Record what happened to a request, in the caller's transaction."""
    return record_event(
        action,
        who=who(by) if by else None,
        subject_kind=PERSON,
        subject_id=str(request.person_id),
        details={"request": str(request.pk), **(details or {})},
        now=now,
    )


def _opened(kind: PersonRequest.Kind, person: User, *, why: str, by: User, now: datetime) -> PersonRequest:
    try:
        with transaction.atomic():
            return PersonRequest.objects.create(
                kind=kind, person_id=person.pk, person_label=pseudonym(person.pk), reason=why, asked_at=now,
                asked_by_id=by.pk, asked_by_label=by.name,
            )  # fmt: skip
    except IntegrityError:
        raise AlreadyAsked from None


def _must_be_somebody_elses(person_id: UUID, by: User) -> None:
    if person_id == by.pk or not by.has_role(Role.COMPLIANCE_OFFICER):
        raise PermissionDenied


def _queue(request_id: UUID) -> None:
    """Begin after the commit. Where the broker is away, the task that looks every minute begins it."""
    transaction.on_commit(partial(current_app.send_task, WORK_ON, [str(request_id)]), robust=True)
