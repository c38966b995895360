"""Money as rows: limits, purses that count against them, and what is held for each call."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.accounts.models import Team, User
from apps.gateway.prices import Price
from apps.ledger.ids import new_id

if TYPE_CHECKING:
    from apps.gateway.models import LanguageModel

LONGEST_ROLLING_HOURS = 720


class Scope(models.TextChoices):
    """What a limit is about. The order is the order in which rows are locked; see decision 0100."""

    ORGANISATION = "ORGANISATION", "The organisation"
    TEAM = "TEAM", "A team"
    PERSON = "PERSON", "A person"
    MODEL = "MODEL", "A model"
    TEAM_MODEL = "TEAM_MODEL", "A team's use of a model"
    KEY = "KEY", "An API key"


class Scoped(models.Model):
    """
    A row that is about somebody or something: the scope, and who or what it is.

    Nobody named, under TEAM, PERSON, MODEL or KEY, means each of them that has no row of its own.
    """

    scope = models.CharField(max_length=12, choices=Scope, default=Scope.TEAM)
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="%(class)ss")
    person = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="%(class)ss")
    model = models.ForeignKey("gateway.LanguageModel", models.CASCADE, null=True, blank=True, related_name="%(class)ss")
    key_id = models.UUIDField(null=True, blank=True)
    key_label = models.CharField(max_length=80, blank=True)

    class Meta:
        abstract = True

    @property
    def is_for_each(self) -> bool:
        """Whether this is for each team, person, model or key that has none of its own."""
        nobody = self.team_id is None and self.person_id is None and self.model_id is None and self.key_id is None
        return self.scope != Scope.ORGANISATION and nobody

    @property
    def subject(self) -> str:
        """Whom or what it is about, in words."""
        if self.scope == Scope.ORGANISATION:
            return "The organisation"
        if self.is_for_each:
            return f"Each {self.get_scope_display().split()[-1]}"
        if self.scope == Scope.TEAM_MODEL:
            return f"{self.team} with {self.model}"
        if self.scope == Scope.KEY:
            return f"Key {self.key_label or self.key_id}"
        return str(self.team or self.person or self.model)


def names_its_subject(name: str) -> models.CheckConstraint:
    """Make a constraint: the columns that are set are those which the scope asks for, and no others."""
    unset = {"team": None, "person": None, "model": None, "key_id": None}

    def only(scope: Scope, *columns: str, is_required: bool = False) -> Q:
        rest = {column: None for column in unset if column not in columns}
        required = {f"{column}__isnull": False for column in columns} if is_required else {}
        return Q(scope=scope, **rest, **required)

    return models.CheckConstraint(
        name=name,
        condition=only(Scope.ORGANISATION)
        | only(Scope.TEAM, "team")
        | only(Scope.PERSON, "person")
        | only(Scope.MODEL, "model")
        | only(Scope.TEAM_MODEL, "team", "model", is_required=True)
        | only(Scope.KEY, "key_id"),
    )


class Budget(Scoped):
    """
    What may be spent in a day, a month or the last so many hours. A soft limit warns, a hard one refuses.

    The unit of both is `currency`. A rolling window counts whole hours: every hour that the last `hours` touch.
    """

    class Window(models.TextChoices):
        DAY = "DAY", "A day"
        MONTH = "MONTH", "A calendar month"
        ROLLING = "ROLLING", "The last hours"

    window = models.CharField(max_length=8, choices=Window, default=Window.MONTH)
    hours = models.PositiveSmallIntegerField(null=True, blank=True)
    soft_limit = models.DecimalField(null=True, blank=True, max_digits=14, decimal_places=2)
    hard_limit = models.DecimalField(null=True, blank=True, max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        ordering: ClassVar[list[str]] = ["scope", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            names_its_subject("gateway_budget_names_its_subject"),
            models.UniqueConstraint(
                fields=["scope", "team", "person", "model", "key_id", "window", "hours", "currency"],
                name="gateway_one_budget_each_window",
                nulls_distinct=False,
                violation_error_message="There is such a budget already. Change that one.",
            ),
            models.CheckConstraint(
                condition=Q(window="ROLLING", hours__gte=1, hours__lte=LONGEST_ROLLING_HOURS)
                | (~Q(window="ROLLING") & Q(hours=None)),
                name="gateway_hours_iff_rolling",
            ),
            models.CheckConstraint(
                condition=Q(soft_limit__isnull=False) | Q(hard_limit__isnull=False), name="gateway_budget_has_a_limit"
            ),
            models.CheckConstraint(
                condition=(Q(soft_limit=None) | Q(soft_limit__gte=0)) & (Q(hard_limit=None) | Q(hard_limit__gte=0)),
                name="gateway_limit_is_not_negative",
            ),
        ]

    def __str__(self) -> str:
        limit = self.soft_limit if self.hard_limit is None else self.hard_limit
        return f"{self.subject}: {limit} {self.currency}, {self.window}"

    @property
    def limit(self) -> Decimal:
        """The limit that counts: the hard one, or the soft one where there is no other."""
        found = self.soft_limit if self.hard_limit is None else self.hard_limit
        return Decimal(0) if found is None else found

    @property
    def window_in_words(self) -> str:
        """What follows an amount: "a month", "in the last 24 hours"."""
        if self.window == Budget.Window.ROLLING:
            return f"in the last {self.hours} hours" if self.hours != 1 else "in the last hour"
        return "a day" if self.window == Budget.Window.DAY else "a month"


class Purse(models.Model):
    """
    What one subject has spent and holds in one currency. Whoever touches its hours and days locks this row first.

    There is a purse only where a budget asks for one. `subject_id` is all zeros for the organisation.
    """

    scope = models.CharField(max_length=12, choices=Scope)
    subject_id = models.UUIDField()
    other_id = models.UUIDField(default=UUID(int=0))
    currency = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["scope", "subject_id", "other_id", "currency"], name="gateway_one_purse_each_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.subject_id} {self.currency}"


class Spent(models.Model):
    """Sums of one purse, exact to twelve decimals: what was paid, and what is held for answers under way."""

    reserved = models.DecimalField(default=Decimal(0), max_digits=24, decimal_places=12)
    spent = models.DecimalField(default=Decimal(0), max_digits=24, decimal_places=12)

    class Meta:
        abstract = True


class SpentDay(Spent):
    """One purse's day, in the organisation's time zone."""

    purse = models.ForeignKey(Purse, models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["purse", "day"], name="gateway_one_row_each_day"),
            models.CheckConstraint(condition=Q(reserved__gte=0, spent__gte=0), name="gateway_day_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.purse_id} on {self.day}"


class SpentHour(Spent):
    """One purse's hour, by its start. Rows older than the longest rolling window are deleted."""

    purse = models.ForeignKey(Purse, models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["purse", "hour"], name="gateway_one_row_each_hour"),
            models.CheckConstraint(condition=Q(reserved__gte=0, spent__gte=0), name="gateway_hour_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.purse_id} at {self.hour}"


HAS_FAILED: Final = Q(state="RELEASED") | Q(Q(output_tokens=None) | Q(output_tokens=0), state="SETTLED")
"""A call that brought nothing. Few do, so an index of them alone costs the others next to nothing."""


class Reservation(models.Model):
    """
    Money held for one call, at the prices of that moment. It closes once: settled (paid) or released.

    Prices, purses and window are kept here, so that neither a price change nor midnight changes anything about a call
    under way. `heard_at` is when the process that answers was last heard of. `shape` and `step` are keyed hashes of
    what was asked, by which repetitions are known; see `runaway`.
    """

    class State(models.TextChoices):
        HELD = "HELD", "Held for an answer under way"
        SETTLED = "SETTLED", "Paid"
        RELEASED = "RELEASED", "Given back"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="reservations", db_index=False)
    person = models.ForeignKey(User, models.PROTECT, related_name="reservations", db_index=False)
    model = models.ForeignKey("gateway.LanguageModel", models.PROTECT, related_name="reservations", db_index=False)
    key_id = models.UUIDField(null=True)
    purses = ArrayField(models.BigIntegerField(), default=list)
    day = models.DateField()
    hour = models.DateTimeField()
    amount = models.DecimalField(max_digits=24, decimal_places=12)
    input_price = models.DecimalField(max_digits=14, decimal_places=6)
    output_price = models.DecimalField(max_digits=14, decimal_places=6)
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=State, default=State.HELD)
    cost = models.DecimalField(null=True, max_digits=24, decimal_places=12)
    tokens_at_most = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveIntegerField(null=True)
    output_tokens = models.PositiveIntegerField(null=True)
    shape = models.BinaryField(null=True, max_length=16)
    step = models.BinaryField(null=True, max_length=16)
    created_at = models.DateTimeField()
    heard_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        model: LanguageModel  # type: ignore[no-redef]

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["heard_at"], condition=Q(state="HELD"), name="gateway_held_reservations"),
            models.Index(fields=["team", "created_at"], name="gateway_calls_of_a_team"),
            models.Index(fields=["person", "created_at"], name="gateway_calls_of_a_person"),
            models.Index(fields=["model", "created_at"], name="gateway_calls_of_a_model"),
            models.Index(
                fields=["key_id", "created_at"], condition=Q(key_id__isnull=False), name="gateway_calls_of_a_key"
            ),
            models.Index(fields=["shape"], condition=HAS_FAILED, name="gateway_failed_calls"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="gateway_amount_is_not_negative"),
            models.CheckConstraint(
                condition=Q(state="HELD", closed_at=None, cost=None)
                | Q(state="RELEASED", closed_at__isnull=False, cost=None)
                | Q(state="SETTLED", closed_at__isnull=False, cost__isnull=False),
                name="gateway_reservation_closes_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id}: {self.state}"

    @property
    def price(self) -> Price:
        """The prices this call was admitted at."""
        return Price(self.input_price, self.output_price, self.currency)
