"""Rows about a model beside the model itself: the versions of its price, and people's requests to use it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import Role, Team, User
from apps.gateway.prices import Price
from apps.ledger.ids import new_id


class PriceVersionQuerySet(models.QuerySet["PriceVersion"]):
    def due(self, now: datetime) -> Self:
        """Versions whose moment has come but that the models' own columns do not show yet, the newest first."""
        return self.in_force(now).filter(took_effect_at=None)

    def in_force(self, now: datetime) -> Self:
        """
        Versions whose moment has come, the newest first: that one counts.

        One that the models' own columns show already has come, whatever the clock of this host says.
        """
        return self.filter(Q(from_at__lte=now) | Q(took_effect_at__isnull=False)).order_by("-from_at", "-pk")


class PriceVersion(models.Model):
    """
    What a model costs from a moment on, and who said so. Rows are added, never changed (but for `took_effect_at`).

    A price that is not known (NULL) counts from now on or not at all: nobody plans to know less.
    """

    model = models.ForeignKey("gateway.LanguageModel", models.CASCADE, related_name="price_versions")
    input_price = models.DecimalField(null=True, max_digits=14, decimal_places=6)
    output_price = models.DecimalField(null=True, max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=3)
    from_at = models.DateTimeField()
    set_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    set_by_label = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)
    took_effect_at = models.DateTimeField(null=True)

    objects = PriceVersionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-from_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["model", "from_at"], condition=Q(took_effect_at=None), name="gateway_planned_prices"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=(Q(input_price=None) | Q(input_price__gte=0))
                & (Q(output_price=None) | Q(output_price__gte=0)),
                name="gateway_version_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(input_price__isnull=False, output_price__isnull=False) | Q(from_at__lte=F("created_at")),
                name="gateway_planned_price_is_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} from {self.from_at:%Y-%m-%d %H:%M}"

    @property
    def price(self) -> Price | None:
        """The price, or None where one of the two is not known."""
        if self.input_price is None or self.output_price is None:
            return None
        return Price(self.input_price, self.output_price, self.currency)


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    def visible_to(self, person: Any) -> Self:
        """Admins see every request; others their own."""
        if not getattr(person, "is_active", False):
            return self.none()
        return self if person.has_role(Role.ADMIN) else self.filter(person=person)

    def open(self) -> Self:
        """Requests that nobody has decided yet."""
        return self.filter(state=AccessRequest.State.OPEN)


class AccessRequest(models.Model):
    """A person asks to use a model for a team. It is decided once."""

    class State(models.TextChoices):
        OPEN = "OPEN", "Waiting for an admin"
        APPROVED = "APPROVED", "Approved"
        DENIED = "DENIED", "Denied"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="access_requests")
    team = models.ForeignKey(Team, models.CASCADE, related_name="access_requests")
    model = models.ForeignKey("gateway.LanguageModel", models.CASCADE, related_name="access_requests")
    why = models.CharField(max_length=300)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answer = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = AccessRequestQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "team", "model"], condition=Q(state="OPEN"), name="gateway_one_open_request"
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", decided_at=None) | (~Q(state="OPEN") & Q(decided_at__isnull=False)),
                name="gateway_request_is_open_xor_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} asks for {self.model_id}: {self.state}"
