"""Rows of the desk: the names under which people appear there, and what is closed to it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH


class Pseudonym(models.Model):
    """
    A person's number at the desk, from which the words are made.

    Without the master key nobody can tell whose it is: ``handle`` is a keyed hash of the person's id, and
    ``sealed_person`` opens for this number alone, so two rows cannot be swapped unnoticed either.
    """

    handle = models.BinaryField(unique=True)
    number = models.PositiveIntegerField(unique=True)
    sealed_person = models.BinaryField()

    def __str__(self) -> str:
        return str(self.number)


class ClosedTeam(models.Model):
    """A team of which the desk sees figures, and no single exchange but by an `Opening`."""

    team_id = models.UUIDField(primary_key=True)
    team_label = models.CharField(max_length=LABEL_LENGTH)
    closed_at = models.DateTimeField()
    event_id = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return self.team_label


class Opening(models.Model):
    """One exchange of a closed team, or all that one person of it wrote, open to the desk until a moment."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    exchange_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    until = models.DateTimeField()
    event_id = models.UUIDField(unique=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(exchange_id=None, person_id__isnull=False) | Q(exchange_id__isnull=False, person_id=None),
                name="audit_opening_is_of_one_thing",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["exchange_id", "until"], name="audit_opening_exchange"),
            models.Index(fields=["person_id", "until"], name="audit_opening_person"),
        ]

    def __str__(self) -> str:
        return str(self.id)
