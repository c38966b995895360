"""Sums of the day, kept beside the ledger so that no page has to count it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.db import models


class Facet(models.TextChoices):
    """By what the exchanges of a day are counted. Each counts all of them once, but for masked types."""

    HOUR = "HOUR", "Hour of the day"
    TEAM = "TEAM", "Team"
    MODEL = "MODEL", "Model"
    DOOR = "DOOR", "Door"
    MASKED = "MASKED", "Masked type"


class Grain(models.TextChoices):
    """How long the time is that one row adds up; `day` is its first day."""

    DAY = "D", "Day"
    MONTH = "M", "Month"


class TallyQuerySet(models.QuerySet["Tally"]):
    def of(self, facet: Facet, grain: Grain, *, first: date, last: date) -> Self:
        """Sums of one facet over the days or months that begin in a span, both ends included."""
        return self.filter(facet=facet, grain=grain, day__gte=first, day__lte=last)


class Tally(models.Model):
    """
    How many exchanges of a day or month ended in one way, by one facet. `key` is a team's id, a model's name ...

    Hours are not kept for months. Days are of the portal's time zone, by the beginning of the exchange. An aid, not a
    record: it can be made anew.
    """

    grain = models.CharField(max_length=1, choices=Grain)
    day = models.DateField()
    facet = models.CharField(max_length=8, choices=Facet)
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=16)
    currency = models.CharField(max_length=3, blank=True)
    label = models.CharField(max_length=200)
    exchanges = models.BigIntegerField(default=0)
    masked = models.BigIntegerField(default=0)
    secrets = models.BigIntegerField(default=0)
    tokens = models.BigIntegerField(default=0)
    cost = models.DecimalField(max_digits=26, decimal_places=10, default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["grain", "facet", "day", "key", "kind", "currency"], name="overview_one_sum"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grain} {self.day} {self.facet} {self.key} {self.kind}: {self.exchanges}"


class Place(models.Model):
    """One row: the leaf of the ledger's tree up to which the sums reach, itself not included."""

    next_leaf = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.next_leaf)
