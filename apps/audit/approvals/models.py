"""What one officer asked a second one for, and where a second one is needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import Role, User
from apps.audit.approvals.deeds import Deed
from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH

WAITS_FOR = timedelta(days=7)
COUNTS_FOR = timedelta(hours=24)
LONGEST_REASON = 500


class State(models.TextChoices):
    """Where a request stands. It is decided once, and what was granted is spent once."""

    OPEN = "OPEN", "Waiting for a second officer"
    GRANTED = "GRANTED", "Granted, not yet used"
    SPENT = "SPENT", "Granted and done"
    REFUSED = "REFUSED", "Refused"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def visible_to(self, actor: User) -> Self:
        """Officers and auditors see every request but those about their own data; others none."""
        if not actor.is_active or not actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR):
            return self.none()
        return self.exclude(person_id=actor.pk)

    def open_at(self, now: datetime) -> Self:
        """Requests that can still be decided."""
        return self.filter(state=State.OPEN, asked_at__gt=now - WAITS_FOR)

    def waiting_for(self, officer: User, now: datetime) -> Self:
        """Requests that this officer may decide: somebody else's, in time, oldest first."""
        return self.visible_to(officer).open_at(now).exclude(asked_by=officer).order_by("asked_at")

    def granted_at(self, now: datetime) -> Self:
        """What was granted, was not used yet and still counts."""
        return self.filter(state=State.GRANTED, decided_at__gt=now - COUNTS_FOR)


class Approval(models.Model):
    """
    A request of one officer for another's consent to one deed, with exactly these `terms`.

    An open request waits for seven days, a consent counts for one. Whoever asked may not decide, nor may the person
    whose data it is about.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deed = models.CharField(max_length=32, choices=Deed)
    subject_kind = models.CharField(max_length=LABEL_LENGTH)
    subject_id = models.CharField(max_length=LABEL_LENGTH)
    subject_label = models.CharField(max_length=LABEL_LENGTH)
    person_id = models.UUIDField(null=True)
    terms = models.JSONField(default=dict)
    why = models.CharField(max_length=LONGEST_REASON)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=LONGEST_REASON, blank=True)
    spent_at = models.DateTimeField(null=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deed", "subject_kind", "subject_id", "asked_by"], name="approvals_of_a_deed"),
            models.Index(fields=["-asked_at"], condition=Q(state="OPEN"), name="approvals_open"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["deed", "subject_kind", "subject_id", "asked_by"],
                condition=Q(state="OPEN"),
                name="approvals_one_open_request",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="approvals_four_eyes_are_two_people"
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(person_id=None) | ~Q(decided_by=F("person_id")),
                name="approvals_nobody_decides_about_themselves",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "WITHDRAWN"], decided_by=None)
                | Q(state__in=["GRANTED", "SPENT", "REFUSED"], decided_by__isnull=False, decided_at__isnull=False),
                name="approvals_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="SPENT", spent_at__isnull=False) | (~Q(state="SPENT") & Q(spent_at=None)),
                name="approvals_spent_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} of {self.subject_kind} {self.subject_id}: {self.state}"

    @property
    def lapses_at(self) -> datetime | None:
        """When the request, or the consent to it, stops counting; None where nothing is waiting any more."""
        if self.state == State.OPEN:
            return self.asked_at + WAITS_FOR
        return self.decided_at + COUNTS_FOR if self.state == State.GRANTED and self.decided_at else None

    def words_at(self, now: datetime) -> str:
        """Say where it stands."""
        if self.lapses_at is not None and self.lapses_at <= now:
            return "Lapsed"
        return str(self.get_state_display())


class FourEyesRule(models.Model):
    """Whether a deed needs a second officer. Without a row it does."""

    deed = models.CharField(max_length=32, choices=Deed, primary_key=True)
    is_needed = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.deed}: {'two officers' if self.is_needed else 'one officer'}"


def terms_of(approval: Approval) -> list[tuple[str, Any]]:
    """List what would be done, name by name, for the officer who decides."""
    said = {True: "Yes", False: "No"}
    return [
        (name.replace("_", " ").capitalize(), said[value] if isinstance(value, bool) else value)
        for name, value in approval.terms.items()
        if value != ""
    ]
