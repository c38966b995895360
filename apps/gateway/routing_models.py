"""How calls find their model as rows: health, alternates, and what the automatic route chose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import Team
from apps.ledger.ids import new_id

FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""A judgement that nobody has confirmed for so long says nothing any more."""


class ModelHealth(models.Model):
    """
    How a model has answered lately, as the processes that call it share it.

    Each process judges what it sees itself (apps/gateway/health.py) and writes here when its judgement changes, and
    otherwise at most every few seconds.
    """

    class State(models.TextChoices):
        OK = "OK", "Answers"
        SLOW = "SLOW", "Slow"
        DOWN = "DOWN", "Down"

    model = models.OneToOneField("gateway.LanguageModel", models.CASCADE, related_name="health", primary_key=True)
    state = models.CharField(max_length=4, choices=State, default=State.OK)
    since = models.DateTimeField()
    seen_at = models.DateTimeField()
    first_token_ms = models.PositiveIntegerField(null=True)
    error_percent = models.PositiveSmallIntegerField(default=0)
    fault = models.CharField(max_length=24, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(state__in=["OK", "SLOW", "DOWN"]), name="gateway_health_is_known"),
            models.CheckConstraint(condition=Q(error_percent__lte=100), name="gateway_error_percent_is_one"),
        ]

    def __str__(self) -> str:
        return f"{self.model_id}: {self.state}"

    def is_fresh(self, now: datetime) -> bool:
        """Say whether somebody has called, or asked for, the model lately: older judgements say nothing any more."""
        return now - self.seen_at < FORGOTTEN_AFTER


class Alternate(models.Model):
    """A model that may answer where another cannot; lower positions are tried first."""

    model = models.ForeignKey("gateway.LanguageModel", models.CASCADE, related_name="alternates")
    alternate = models.ForeignKey("gateway.LanguageModel", models.CASCADE, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["model", "alternate"], name="gateway_one_row_each_alternate"),
            models.CheckConstraint(condition=~Q(model=F("alternate")), name="gateway_alternate_is_another_model"),
        ]

    def __str__(self) -> str:
        return f"{self.alternate_id} for {self.model_id}"


class AutoRoute(models.Model):
    """Whether a team may leave the choice of the model to the portal. No row, or off: it may not."""

    team = models.OneToOneField(Team, models.CASCADE, related_name="auto_route", primary_key=True)
    is_on = models.BooleanField(default=False)
    small = models.ForeignKey("gateway.LanguageModel", models.SET_NULL, null=True, blank=True, related_name="+")
    large = models.ForeignKey("gateway.LanguageModel", models.SET_NULL, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.team_id}: {'on' if self.is_on else 'off'}"


class AutoChoice(models.Model):
    """
    One choice of the automatic route, with what the largest candidate would have cost per million tokens.

    The tokens and the real cost stand in the reservation; nothing of the question's text is kept.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+")
    model_label = models.CharField(max_length=80)
    largest_label = models.CharField(max_length=80)
    is_hard = models.BooleanField()
    score = models.SmallIntegerField()
    why = models.CharField(max_length=200)
    reservation_id = models.UUIDField(unique=True)
    largest_input_price = models.DecimalField(max_digits=14, decimal_places=6)
    largest_output_price = models.DecimalField(max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=3)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["team", "created_at"], name="gateway_auto_choices_of_a_team"),
        ]

    def __str__(self) -> str:
        return f"{self.model_label} ({self.score})"
