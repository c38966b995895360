"""The door out as rows: providers, their models, who may use them, and what they may cost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from apps.accounts import editions
from apps.accounts.models import Membership, Role, Team, User
from apps.gateway.access_models import AccessRequest, PriceVersion
from apps.gateway.money_models import Budget, Purse, Reservation, Scope, SpentDay, SpentHour
from apps.gateway.pace_models import BatchMark, LoopStop, RateLimit, RunawayRules
from apps.gateway.prices import Price
from apps.gateway.routing_models import Alternate, AutoChoice, AutoRoute, ModelHealth
from apps.ledger.compiled import Stated
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import EgressClass
from apps.privacy import policies

__all__ = [
    "AccessRequest",
    "Alternate",
    "AutoChoice",
    "AutoRoute",
    "BatchMark",
    "Budget",
    "EgressClass",
    "Grant",
    "LanguageModel",
    "LoopStop",
    "ModelHealth",
    "PriceVersion",
    "Provider",
    "Purse",
    "RateLimit",
    "Reservation",
    "RunawayRules",
    "Scope",
    "SpentDay",
    "SpentHour",
]

DAYS_OF_WARNING = 60
CHANGES_AT = """
SELECT least((SELECT min(from_at) FROM gateway_grant WHERE model_id = %(model)s AND from_at > %(now)s),
             (SELECT min(until_at) FROM gateway_grant WHERE model_id = %(model)s AND until_at > %(now)s),
             (SELECT min(from_at) FROM gateway_priceversion WHERE model_id = %(model)s AND from_at > %(now)s))
"""

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
    """
    The truth table of who may call what: docs/gateway.md shows it, and every door asks it here.

    Allowed by a grant, unless a denial stands against it; both only while they are in force.
    """

    def visible_to(self, person: Any) -> Self:
        """Admins see every model; others what is granted to them for a team of theirs, whether on or off."""
        if not getattr(person, "is_active", False):
            return self.none()
        if person.has_role(Role.ADMIN):
            return self
        now = timezone.now()
        mine = Q(team=None) | Q(team__memberships__person=person)
        allowed = Grant.objects.allowing(now).filter(mine, Q(person=None) | Q(person=person), model=OuterRef("pk"))
        belongs = Membership.objects.filter(person=person)
        return self.filter(Exists(belongs), Exists(allowed), ~Exists(_denied(person, now)))

    def switched_on(self) -> Self:
        """Models that are on, at a provider that is on."""
        return self.filter(is_on=True, provider__is_on=True)

    def granted_to(self, person: Any, team: Team, *, now: datetime | None = None) -> Self:
        """Models that `person`, a member of `team`, is allowed for it and not denied, whether on or off."""
        moment = now or timezone.now()
        allowed, denied = Exists(_allowed(person, team, moment)), Exists(_denied(person, moment))
        return self.filter(_is_member(person, team), allowed, ~denied)

    def with_standing(self, person: Any, team: Team, *, now: datetime) -> Self:
        """
        Add what admission asks: `is_member`, `is_granted`, `is_denied`, the price that took over (`due_price_id`), and
        which version of the price is in force (`price_version_id`).

        Providers are fetched along: one statement answers the whole truth table.
        """
        return self.priced(now).annotate(
            is_member=_is_member(person, team),
            is_granted=Exists(_allowed(person, team, now)),
            is_denied=Exists(_denied(person, now)),
            price_version_id=Subquery(PriceVersion.objects.in_force(now).filter(model=OuterRef("pk")).values("pk")[:1]),
        )

    def with_policy_number(self) -> Self:
        """Add the number of the privacy policy in force (`policy_number`)."""
        return self.annotate(policy_number=policies.number_as_column())

    def with_past(self, past: Stated) -> Self:
        """Add what the guard against programs that run away asks of a caller (`past`); see `runaway`."""
        return self.annotate(past=past)

    def with_edition(self) -> Self:
        """
        Add the edition of the database in which a row stands as it does (`edition`), and when time alone may change how
        the model ``model`` stands after ``now`` (`changes_at`); see `admitted`.
        """
        return self.annotate(edition=editions.as_column(), changes_at=Stated(CHANGES_AT, models.DateTimeField()))

    def priced(self, now: datetime) -> Self:
        """Add the planned price whose moment has come, if the row itself does not show it yet."""
        due = PriceVersion.objects.due(now).filter(model=OuterRef("pk"))
        return self.annotate(due_price_id=Subquery(due.values("pk")[:1])).select_related("provider")

    def callable_by(self, person: Any, team: Team, *, now: datetime | None = None, day: date | None = None) -> Self:
        """
        Models that `person` may call now for `team`: the one answer that picker, doors, API and routes share.

        A member of the team, allowed by a grant in force, denied by none, both switches on, not retired, the price
        known. Providers and healths are fetched along. Admission asks the same again at every call. `day` is the day of
        `now` in the company's time zone.
        """
        if not getattr(person, "is_active", False):
            return self.none()
        moment = now or timezone.now()
        granted = self.in_service(moment, day=day).granted_to(person, team, now=moment)
        return granted.select_related("provider", "health").order_by("provider__egress_class", "label")

    def callable_by_some_of(self, team: Team, *, now: datetime) -> Self:
        """Models that at least one member of `team` may call for it now: for whoever makes keys for the team."""
        return self.in_service(now).filter(Exists(_members_allowed(team, now)))

    def granted_in(self, team: Team, *, now: datetime) -> Self:
        """Models that are granted to `team` now, or to at least one member of it; whether they are on or not."""
        to_all = Q(model=OuterRef("pk"), person=None) & (Q(team=None) | Q(team=team))
        allowed, denied = Grant.objects.allowing(now).filter(to_all), Grant.objects.denying(now).filter(to_all)
        to_the_team = Q(Exists(allowed)) & ~Q(Exists(denied))
        return self.filter(to_the_team | Q(Exists(_members_allowed(team, now))))

    def in_service(self, now: datetime, *, day: date | None = None) -> Self:
        """Models that are on at a provider that is on, with a known price, and not retired."""
        is_priced = Q(input_price__isnull=False, output_price__isnull=False) | Q(due_price_id__isnull=False)
        return self.switched_on().priced(now).filter(is_priced).exclude(retires_on__lte=day or day_of(now))

    def for_chat(self) -> Self:
        """Leave out models that only embed."""
        return self.exclude(Q(capabilities__contains=["embeddings"]) & ~Q(capabilities__contains=["chat"]))

    def requestable_by(self, person: Any, team: Team, *, now: datetime) -> Self:
        """Models that people may ask for, and that `person` could not call for `team` even if everything were on."""
        offered = self.switched_on().filter(is_requestable=True).exclude(retires_on__lte=day_of(now))
        granted = LanguageModel.objects.granted_to(person, team, now=now)
        return offered.exclude(pk__in=granted.values("pk")).select_related("provider").order_by("label")


def day_of(now: datetime) -> date:
    """Name the day of `now` in the company's time zone."""
    return timezone.localtime(now, timezone.get_default_timezone()).date()


def _members_allowed(team: Team, now: datetime) -> models.QuerySet[Membership]:
    """Give, for a query of models, the members of `team` who are allowed the model for it and denied it nowhere."""
    member = OuterRef("person_id")
    to_them = Q(person=None) | Q(person_id=member)
    of_model = Q(model=OuterRef(OuterRef("pk")))
    allowed = Grant.objects.allowing(now).filter(of_model, to_them, Q(team=None) | Q(team=team))
    denied = Grant.objects.denying(now).filter(of_model, to_them, Q(team=None) | Q(team__memberships__person_id=member))
    return Membership.objects.filter(Exists(allowed), ~Exists(denied), team=team, person__is_active=True)


def _is_member(person: Any, team: Team) -> Exists:
    return Exists(Membership.objects.filter(person_id=person.pk, person__is_active=True, team=team))


def _allowed(person: Any, team: Team, now: datetime) -> GrantQuerySet:
    """Allowing grants: to everybody, to the team that pays, or to the person; the person's may name the team."""
    to_team, to_person = Q(team=None) | Q(team=team), Q(person=None) | Q(person_id=person.pk)
    return Grant.objects.allowing(now).filter(to_team, to_person, model=OuterRef("pk"))


def _denied(person: Any, now: datetime) -> GrantQuerySet:
    """Denials: of everybody, of the person, or of any team the person belongs to, whichever team pays."""
    of_teams = Q(team=None) | Q(team__memberships__person_id=person.pk)
    return Grant.objects.denying(now).filter(of_teams, Q(person=None) | Q(person_id=person.pk), model=OuterRef("pk"))


class LanguageModel(models.Model):
    """
    A model that can be called, with what it costs now. A price that is not known (NULL) is not callable.

    The price's past and plans are `PriceVersion` rows; see :attr:`price` for the moment one takes over.
    """

    class Fallback(models.TextChoices):
        NONE = "NONE", "Nobody: the person is told and chooses"
        LISTED = "LISTED", "The models listed here, in this order"
        ANY_IN_CLASS = "ANY_IN_CLASS", "Any model the team may use that stays as far inside"

    class Capability(models.TextChoices):
        CHAT = "chat", "Chat"
        TOOLS = "tools", "Tool calls"
        JSON = "json", "JSON answers"
        EMBEDDINGS = "embeddings", "Embeddings"

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
    retires_on = models.DateField(null=True, blank=True)
    is_requestable = models.BooleanField(default=False)
    fallback = models.CharField(max_length=12, choices=Fallback, default=Fallback.NONE)
    first_word_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    is_on = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    # What `with_standing`, `with_policy_number`, `with_past`, `with_edition` and `priced` add; other rows lack it.
    is_member: bool
    is_granted: bool
    is_denied: bool
    due_price_id: int | None
    price_version_id: int | None
    policy_number: int
    past: list[Any]
    edition: str | None
    changes_at: datetime | None

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
        """
        Prices of a call, or None where one is not known; zero is known.

        A row read by `priced` or `callable_by` knows of a planned price whose moment has come; reading that costs one
        query, in the minute until the row itself shows it.
        """
        due = getattr(self, "due_price_id", None)
        if due is not None:
            return PriceVersion.objects.get(pk=due).price
        if self.input_price is None or self.output_price is None:
            return None
        return Price(self.input_price, self.output_price, self.currency)

    @property
    def egress_class(self) -> str:
        """Where a call goes; the provider decides."""
        return self.provider.egress_class

    def is_retired(self, now: datetime) -> bool:
        """Say whether the model's last day is over; a model retires as its day begins."""
        return self.retires_on is not None and self.retires_on <= day_of(now)

    def retires_soon(self, now: datetime) -> bool:
        """Say whether people should be warned that the model goes."""
        return self.retires_on is not None and 0 < (self.retires_on - day_of(now)).days <= DAYS_OF_WARNING


class GrantQuerySet(models.QuerySet["Grant"]):
    def in_force(self, now: datetime) -> Self:
        """Grants that have begun and not ended."""
        return self.filter(Q(from_at=None) | Q(from_at__lte=now), Q(until_at=None) | Q(until_at__gt=now))

    def allowing(self, now: datetime) -> Self:
        """Permissions in force."""
        return self.in_force(now).filter(effect=Grant.Effect.ALLOW)

    def denying(self, now: datetime) -> Self:
        """Denials in force."""
        return self.in_force(now).filter(effect=Grant.Effect.DENY)


class Grant(models.Model):
    """
    A model is allowed, or denied, to everybody, a team, a person, or a person in a team; always or for a time.

    The row is the permission: taken away, the next message is refused. A denial wins over every permission.
    """

    class Effect(models.TextChoices):
        ALLOW = "ALLOW", "Allowed"
        DENY = "DENY", "Denied"

    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="grants")
    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="grants")
    model = models.ForeignKey(LanguageModel, models.CASCADE, related_name="grants")
    effect = models.CharField(max_length=5, choices=Effect, default=Effect.ALLOW)
    from_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["model", "team", "person", "effect"],
                nulls_distinct=False,
                name="gateway_one_grant_each_subject_and_effect",
            ),
            models.CheckConstraint(condition=Q(effect__in=["ALLOW", "DENY"]), name="gateway_effect_is_known"),
            models.CheckConstraint(
                condition=Q(from_at=None) | Q(until_at=None) | Q(until_at__gt=F("from_at")),
                name="gateway_grant_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.effect}: {self.person_id or 'anybody'} of {self.team_id or 'any team'}, {self.model_id}"

    def is_in_force(self, now: datetime) -> bool:
        """Say whether the grant has begun and not ended."""
        return (self.from_at is None or self.from_at <= now) and (self.until_at is None or self.until_at > now)
