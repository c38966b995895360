"""What must not be destroyed: legal holds, the keys they remember, and what waits for their end."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from apps.ledger.ids import new_id


class HoldQuerySet(models.QuerySet["Hold"]):
    def in_force(self) -> Self:
        """Holds that nobody has lifted."""
        return self.filter(lifted_at=None)


class Hold(models.Model):
    """
    An order to destroy nothing of a person, of a team, or of what a search of the desk finds, whatever else is due.

    Ids and labels, as in the ledger: a hold outlives its team. It is placed once and lifted once; nothing else of it
    changes.
    """

    class Kind(models.TextChoices):
        PERSON = "PERSON", "A person"
        TEAM = "TEAM", "A team"
        QUERY = "QUERY", "A search"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    person_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    query = models.CharField(max_length=2000, blank=True)
    scope_label = models.CharField(max_length=300)
    reason = models.CharField(max_length=500)
    remembered = models.PositiveIntegerField(default=0)
    placed_at = models.DateTimeField()
    placed_by_id = models.UUIDField()
    placed_by_label = models.CharField(max_length=200)
    lifted_at = models.DateTimeField(null=True)
    lifted_by_id = models.UUIDField(null=True)
    lifted_by_label = models.CharField(max_length=200, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-placed_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="privacy_hold_has_one_scope",
                condition=Q(kind="PERSON", person_id__isnull=False, team_id=None, query="")
                | Q(kind="TEAM", person_id=None, team_id__isnull=False, query="")
                | (Q(kind="QUERY", person_id=None, team_id=None) & ~Q(query="")),
            ),
            models.CheckConstraint(
                name="privacy_hold_is_lifted_by_somebody",
                condition=Q(lifted_at=None, lifted_by_id=None, lifted_by_label="")
                | (Q(lifted_at__isnull=False, lifted_by_id__isnull=False) & ~Q(lifted_by_label="")),
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person_id"], condition=Q(lifted_at=None), name="privacy_hold_person"),
            models.Index(fields=["team_id"], condition=Q(lifted_at=None), name="privacy_hold_team"),
        ]

    def __str__(self) -> str:
        return self.name


class HeldKey(models.Model):
    """A key that a hold's search found when the hold was placed; it stays held whatever the search finds now."""

    is_append_only: ClassVar[bool] = True

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="keys")
    key_id = models.UUIDField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key_id", "hold"], name="privacy_hold_remembers_a_key_once"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} under {self.hold_id}"


class AwaitedDestruction(models.Model):
    """A key that would have been destroyed were it not held: looked at again each day, until no hold covers it."""

    class Cause(models.TextChoices):
        SCHEDULE = "SCHEDULE", "Its time is over"
        OWNER = "OWNER", "Its owner erased it"

    key_id = models.UUIDField(primary_key=True)
    cause = models.CharField(max_length=8, choices=Cause)
    since = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["cause", "key_id"], name="privacy_awaited_cause")]

    def __str__(self) -> str:
        return f"{self.key_id}: {self.cause}"
