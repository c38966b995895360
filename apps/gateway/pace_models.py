"""Pace as rows: how fast somebody may ask, what the guard against runaway programs stopped, and what is known work."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q

from apps.accounts.models import Role, User
from apps.gateway.money_models import Scope, Scoped, names_its_subject
from apps.ledger.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime


class RateLimit(Scoped):
    """How many calls and tokens in any 60 seconds, and how many answers at once. What is not set is not limited."""

    requests = models.PositiveIntegerField(null=True, blank=True)
    tokens = models.PositiveIntegerField(null=True, blank=True)
    streams = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["scope", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            names_its_subject("gateway_rate_names_its_subject"),
            models.UniqueConstraint(
                fields=["scope", "team", "person", "model", "key_id"],
                name="gateway_one_rate_each_subject",
                nulls_distinct=False,
                violation_error_message="There is such a limit already. Change that one.",
            ),
            models.CheckConstraint(
                condition=Q(requests__gte=1) | Q(tokens__gte=1) | Q(streams__gte=1), name="gateway_rate_has_a_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.requests} calls, {self.tokens} tokens a minute, {self.streams} at once"


class RunawayRules(models.Model):
    """When the guard slows and stops; one row for the company. Counts are calls of one key or person."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    slow_after = models.PositiveSmallIntegerField(default=8)
    stop_after = models.PositiveSmallIntegerField(default=20)
    longest_run = models.PositiveSmallIntegerField(default=200)
    run_ceiling = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(20))
    stop_minutes = models.PositiveSmallIntegerField(default=10)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(id=1), name="gateway_one_row_of_rules"),
            models.CheckConstraint(
                condition=Q(slow_after__gte=3)
                & Q(stop_after__gt=models.F("slow_after"))
                & Q(longest_run__gte=20, longest_run__lte=500, run_ceiling__gt=0, stop_minutes__gte=1),
                name="gateway_rules_make_sense",
            ),
        ]

    def __str__(self) -> str:
        return f"slow after {self.slow_after}, stop after {self.stop_after}"


class LoopStopQuerySet(models.QuerySet["LoopStop"]):
    def visible_to(self, person: Any) -> Self:
        """Admins see every stop, others their own and those of the keys they answer for."""
        if not getattr(person, "is_active", False):
            return self.none()
        return self if person.has_role(Role.ADMIN) else self.filter(person=person)

    def in_force(self, now: datetime) -> Self:
        """Stops by which calls are refused at `now`."""
        return self.filter(lifted_at=None, until__gt=now)


class LoopStop(models.Model):
    """A key or a person that was stopped for a while because a program of theirs ran away. Never deleted."""

    class Reason(models.TextChoices):
        REPEATS = "REPEATS", "the same request again and again"
        FAILURES = "FAILURES", "the same request again after each failure"
        GROWTH = "GROWTH", "a conversation with itself that repeats its last step"
        LENGTH = "LENGTH", "one run of more calls than allowed, without a pause"
        CEILING = "CEILING", "one run that cost as much as a run may cost"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="loop_stops")
    key_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=8, choices=Reason)
    calls = models.PositiveIntegerField()
    cost = models.DecimalField(max_digits=24, decimal_places=12)
    currency = models.CharField(max_length=3, blank=True)
    """What the model of the run is paid in; empty in stops of before it was kept."""
    began_at = models.DateTimeField()
    until = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    objects = LoopStopQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-began_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "until"], condition=Q(lifted_at=None), name="gateway_stops_in_force"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} until {self.until}"

    def is_in_force(self, now: datetime) -> bool:
        """Whether calls are refused because of it."""
        return self.lifted_at is None and self.until > now


class BatchMark(Scoped):
    """A person or key whose work repeats by design, so that repetition is no sign of a loop. Money and pace hold."""

    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["scope", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(scope=Scope.PERSON, person__isnull=False, team=None, model=None, key_id=None)
                | Q(scope=Scope.KEY, key_id__isnull=False, team=None, model=None, person=None),
                name="gateway_mark_names_its_subject",
            ),
            models.UniqueConstraint(fields=["person", "key_id"], name="gateway_marked_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: batch work"
