"""How long records are kept, how far the purge has come, and what people asked for about their own data."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import Role, User
from apps.ledger.ids import new_id

SHORTEST_DAYS = 183
LONGEST_DAYS = 36_500
PACKAGE_KEPT = timedelta(days=14)


class ScheduleVersion(models.Model):
    """
    One change of how long records are kept: of the whole company, or of one team. Numbers have no gaps.

    Empty `days` means: a team follows the company, the company keeps everything.
    """

    is_append_only: ClassVar[bool] = True

    number = models.PositiveIntegerField(primary_key=True)
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()
    made_by_label = models.CharField(max_length=200)
    team_id = models.UUIDField(null=True)
    team_label = models.CharField(max_length=200, blank=True)
    days = models.PositiveIntegerField(null=True)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(number__gt=0), name="retention_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=Q(days=None) | Q(days__gte=SHORTEST_DAYS, days__lte=LONGEST_DAYS),
                name="retention_keeps_half_a_year_at_least",
            ),
            models.CheckConstraint(
                condition=Q(team_id=None, team_label="") | (Q(team_id__isnull=False) & ~Q(team_label="")),
                name="retention_team_is_whole",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["team_id", "-number"], name="retention_schedule_of_a_team")
        ]

    def __str__(self) -> str:
        return f"Schedule {self.number}"


class Position(models.Model):
    """How far the purge has come in the exchanges of one schedule (of the company where `team_id` is empty)."""

    team_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    intent_id = models.UUIDField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team_id"], name="retention_one_position", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.team_id or 'company'} up to {self.at}"


class Purge(models.Model):
    """One pass over what is past its time, and what it has done so far. At most one is not finished."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", "Running"
        PAUSED = "PAUSED", "Paused"
        FINISHED = "FINISHED", "Finished"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    looked_at = models.PositiveBigIntegerField(default=0)
    keys = models.PositiveBigIntegerField(default=0)
    texts = models.PositiveBigIntegerField(default=0)
    held = models.PositiveBigIntegerField(default=0)
    certificates = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                models.Value(1), condition=~Q(state="FINISHED"), name="retention_one_purge_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="FINISHED", ended_at__isnull=False) | (~Q(state="FINISHED") & Q(ended_at=None)),
                name="retention_purge_ends_when_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"Purge of {self.started_at:%Y-%m-%d}: {self.state}"


class PersonRequestQuerySet(models.QuerySet["PersonRequest"]):
    def visible_to(self, actor: User) -> Self:
        """Officers and auditors see every request but those about themselves; others none."""
        if not actor.is_active or not actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR):
            return self.none()
        return self.exclude(person_id=actor.pk)

    def of_person(self, person: User) -> Self:
        """Packages that were made about `person`, who may take them along."""
        return self.filter(person_id=person.pk, kind=PersonRequest.Kind.ACCESS) if person.is_active else self.none()


class PersonRequest(models.Model):
    """
    What a person asked for about their data: to have a copy of it, or to have it erased.

    A package is sealed under a key of its own, which the request's id names, and is gone when its time is over.
    """

    class Kind(models.TextChoices):
        ACCESS = "ACCESS", "Copy of their data"
        ERASURE = "ERASURE", "Erasure"

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Waiting to begin"
        RUNNING = "RUNNING", "Under way"
        HELD = "HELD", "Waiting for the end of a legal hold"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"
        DISCARDED = "DISCARDED", "Package discarded"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    person_id = models.UUIDField()
    person_label = models.CharField(max_length=200)
    closes_account = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    asked_by_id = models.UUIDField()
    asked_by_label = models.CharField(max_length=200)
    approved_by_label = models.CharField(max_length=200, blank=True)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    certificates = models.PositiveIntegerField(default=0)

    objects = PersonRequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person_id", "kind"],
                condition=Q(state__in=["QUEUED", "RUNNING", "HELD"]),
                name="retention_one_open_request",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person_id", "-asked_at"], name="retention_requests_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}: {self.state}"

    @property
    def is_open(self) -> bool:
        """Say whether something may still change by itself."""
        return self.state in {self.State.QUEUED, self.State.RUNNING, self.State.HELD}

    @property
    def percent(self) -> int:
        """How far it is, of a hundred."""
        return min(100, 100 * self.done // self.total) if self.total else 0
