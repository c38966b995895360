"""Closing an account for good: what names the person goes, the row stays, because others point at it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from allauth.socialaccount.models import SocialAccount
from django.db import transaction

from apps.accounts.models import Membership, RoleAssignment, User
from apps.accounts.registers import ERASED
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

ERASED_NAME = "Erased person"


@transaction.atomic
def forget(person_id: UUID, *, now: datetime) -> None:
    """
    Shut a person out for good and remove name, user name, address, identities, teams and roles, on the record.

    Whoever signs in with the same company identity later is somebody new.
    """
    person = User.objects.select_for_update().get(pk=person_id)
    was_active = person.is_active
    person.is_active = person.is_demo = False
    person.name, person.email, person.username = ERASED_NAME, "", f"erased-{person.pk.hex}"
    person.end_sessions()
    person.save()
    SocialAccount.objects.filter(user=person).delete()
    Membership.objects.filter(person=person).delete()
    RoleAssignment.objects.filter(person=person).delete()
    record_event(
        Action.PERSON_DEACTIVATED if was_active else Action.PERSON_CHANGED,
        who=None,
        subject_kind="person",
        subject_id=str(person_id),
        details={"why": ERASED},
        now=now,
    )
