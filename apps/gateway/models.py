"""The door out as rows: providers, their models, who may use them, and what they may cost."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import Role, Team
from apps.gateway.money_models import Budget, Purse, Reservation, Scope, SpentDay, SpentHour
from apps.gateway.pace_models import BatchMark, LoopStop, RateLimit, RunawayRules
from apps.gateway.prices import Price
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import EgressClass

__all__ = [
    "BatchMark",
    "Budget",
    "EgressClass",
    "Grant",
    "LanguageModel",
    "LoopStop",
    "Provider",
    "Purse",
    "RateLimit",
    "Reservation",
    "RunawayRules",
    "Scope",
    "SpentDay",
    "SpentHour",
]

# Prices are per million tokens with six decimals, so the cost of any number of tokens is exact in twelve decimals.


class ProviderQuerySet(models.QuerySet["Provider"]):
    def visible_to(self, person: Any) -> Self:
        """Providers are for admins; everybody else sees models."""
        if not getattr(person, "is_active", False) or not person.has_role(Role.ADMIN):
            return self.none()
        return self


class Provider(models.Model):
    """One place that answers: a cloud account, a server of the company, or the model on this machine."""

    class Kind(models.TextChoices):
        EMBEDDED = "EMBEDDED", "On this machine"
        OPENAI = "OPENAI", "OpenAI"
        AZURE = "AZURE", "Azure OpenAI"
        BEDROCK = "BEDROCK", "Amazon Bedrock"
        VERTEX = "VERTEX", "Google Vertex AI"
        ANTHROPIC = "ANTHROPIC", "Anthropic"
        MISTRAL = "MISTRAL", "Mistral"
        OLLAMA = "OLLAMA", "Ollama"
        OPENAI_COMPATIBLE = "OPENAI_COMPATIBLE", "OpenAI-compatible server"

    class Credential(models.TextChoices):
        NONE = "NONE", "No key"
        ENVIRONMENT = "ENVIRONMENT", "Environment of this server"
        SEALED = "SEALED", "Encrypted in the database"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=24, choices=Kind)
    base_url = models.CharField(max_length=400, blank=True)
    egress_class = models.CharField(max_length=8, choices=EgressClass)
    region = models.CharField(max_length=60, blank=True)
    credential = models.CharField(max_length=12, choices=Credential, default=Credential.NONE)
    sealed_key = models.BinaryField(null=True, editable=False)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ProviderQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(egress_class__in=EgressClass.values), name="gateway_egress_class_is_known"
            ),
            models.CheckConstraint(
                condition=Q(credential="SEALED", sealed_key__isnull=False)
                | (~Q(credential="SEALED") & Q(sealed_key__isnull=True)),
                name="gateway_sealed_key_iff_sealed",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LanguageModelQuerySet(models.QuerySet["LanguageModel"]):
    def visible_to(self, person: Any) -> Self:
        """Admins see every model; others those that are granted to a team of theirs, whether on or off."""
        if not getattr(person, "is_active", False):
            return self.none()
        if person.has_role(Role.ADMIN):
            return self
        return self.filter(Exists(Grant.objects.filter(model=OuterRef("pk"), team__memberships__person=person)))

    def switched_on(self) -> Self:
        """Models that are on, at a provider that is on."""
        return self.filter(is_on=True, provider__is_on=True)

    def allowed_to(self, team: Team) -> Self:
        """Models granted to `team` and switched on."""
        return self.switched_on().filter(grants__team=team)

    def callable_by(self, person: Any, team: Team) -> Self:
        """
        Models that `person` may call now for `team`: a member of the team, a grant, both switches on, the price known.

        Providers are fetched along. Admission asks the same again at every call.
        """
        if not getattr(person, "is_active", False):
            return self.none()
        return (
            self.allowed_to(team)
            .filter(grants__team__memberships__person=person)
            .exclude(Q(input_price=None) | Q(output_price=None))
            .select_related("provider")
            .order_by("provider__egress_class", "label")
        )


class LanguageModel(models.Model):
    """A model that can be called, with what it costs. A price that is not known (NULL) is not callable."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    provider = models.ForeignKey(Provider, models.PROTECT, related_name="language_models")
    label = models.CharField(max_length=80, unique=True)
    upstream_id = models.CharField(max_length=200)
    context_window = models.PositiveIntegerField()
    max_output_tokens = models.PositiveIntegerField()
    input_price = models.DecimalField(null=True, blank=True, max_digits=14, decimal_places=6)
    output_price = models.DecimalField(null=True, blank=True, max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=3, default="USD")
    capabilities = models.JSONField(default=list, blank=True)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LanguageModelQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["label"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=(Q(input_price=None) | Q(input_price__gte=0))
                & (Q(output_price=None) | Q(output_price__gte=0)),
                name="gateway_price_is_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(max_output_tokens__gt=0) & Q(max_output_tokens__lte=F("context_window")),
                name="gateway_output_fits_the_window",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def price(self) -> Price | None:
        """Prices of a call, or None where one is not known; zero is known."""
        if self.input_price is None or self.output_price is None:
            return None
        return Price(self.input_price, self.output_price, self.currency)

    @property
    def egress_class(self) -> str:
        """Where a call goes; the provider decides."""
        return self.provider.egress_class


class Grant(models.Model):
    """A team may use a model. The row is the permission: taken away, the next message is refused."""

    team = models.ForeignKey(Team, models.CASCADE, related_name="grants")
    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="grants")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "model"], name="gateway_one_grant_each_team_and_model"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} may use {self.model_id}"
