"""
The rows of review: queues in versions, their items, and what officers decided and noted.

Definitions, decisions and notes are append-only like the ledger's records, and each is an event there too, so that a
changed one shows (`evidence.py`). An item itself says only how things stand: who holds it, until when, what is due.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.accounts.models import Role, User
from apps.audit import scope
from apps.audit.review.vocabulary import Level, Severity, State, Step, Tag
from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH

NAME_LENGTH = 80
OWN_TAG_LENGTH = 40


class Lexicon(models.Model):
    """A word list. Queues use the version in force; a newer one may be written and tried before it is."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    in_force = models.ForeignKey("LexiconVersion", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class LexiconVersion(models.Model):
    """The words of a lexicon at one time: an entry a line."""

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lexicon = models.ForeignKey(Lexicon, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    entries = models.TextField()
    digest = models.CharField(max_length=64)
    event_id = models.UUIDField(unique=True)
    written_by = models.CharField(max_length=LABEL_LENGTH)
    written_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["lexicon", "number"], name="review_lexicon_has_one_of_each_number")
        ]

    def __str__(self) -> str:
        return f"{self.lexicon} {self.number}"


class Queue(models.Model):
    """A queue as it stands now; its newest version says the same, and all the versions before it what was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=NAME_LENGTH, unique=True)
    is_on = models.BooleanField(default=True)
    severity = models.CharField(max_length=16, choices=Severity)
    hours = models.PositiveIntegerField()
    recheck_share = models.PositiveSmallIntegerField(default=0)
    number = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name


class QueueVersion(models.Model):
    """
    One definition of a queue. It is in force from the place of its event in the ledger's tree on, so that anybody can
    tell which definition, and which seed of its sample, an exchange met.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    seed = models.CharField(max_length=64)
    lexicon_version = models.ForeignKey(LexiconVersion, models.PROTECT, null=True, related_name="+")
    event_id = models.UUIDField(unique=True)
    made_by = models.CharField(max_length=LABEL_LENGTH)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["queue", "number"], name="review_queue_has_one_of_each_number")
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.number}"


class ItemQuerySet(models.QuerySet["Item"]):
    def visible_to(self, actor: User) -> Self:
        """Officers and auditors see every item but those about themselves and of closed teams; others none."""
        if not actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR):
            return self.none()
        return self.exclude(person_id=actor.pk).filter(scope.is_open("exchange_id"))

    def open(self) -> Self:
        """Items with something left to do."""
        return self.filter(state=State.OPEN)

    def free_for(self, officer: User, now: datetime) -> Self:
        """Open items about others that this officer may take now: held by nobody else, and not above their level."""
        takeable = self.visible_to(officer).open().filter(
            Q(claimed_by=None) | Q(claimed_by=officer) | Q(claimed_until__lt=now)
        )  # fmt: skip
        takeable = takeable.filter(Q(assigned_to=None) | Q(assigned_to=officer))
        may_second = Q(second_level__contains=[officer.pk]) | (Q(second_level=[]) & ~Q(escalated_by=officer))
        return takeable.filter(Q(level=Level.FIRST) | may_second)


class Item(models.Model):
    """
    One exchange in one queue. What it was (person, team, model) is copied from the record, so that a list is one index.

    ``why`` says which conditions it met, in words. A claim ends by itself at ``claimed_until``.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="items")
    version = models.ForeignKey(QueueVersion, models.PROTECT, related_name="+")
    exchange_id = models.UUIDField()
    person_id = models.UUIDField()
    team_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    model_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    outcome = models.CharField(max_length=16)
    why = models.JSONField(default=list)
    ended_at = models.DateTimeField()
    placed_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    severity = models.CharField(max_length=16, choices=Severity)
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.FIRST)
    second_level = ArrayField(models.UUIDField(), default=list)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    claimed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    claimed_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    assigned_to = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    escalated_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", db_index=False)
    tag = models.CharField(max_length=16, choices=Tag, blank=True)
    closed_at = models.DateTimeField(null=True)

    objects = ItemQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["queue", "exchange_id"], name="review_exchange_is_once_in_a_queue"),
            models.CheckConstraint(
                condition=Q(state=State.OPEN, closed_at=None, tag="")
                | Q(state=State.CLOSED, closed_at__isnull=False, claimed_by=None),
                name="review_item_is_open_or_closed",
            ),
            models.CheckConstraint(
                condition=~Q(claimed_by=F("person_id")) & ~Q(assigned_to=F("person_id")),
                name="review_nobody_holds_their_own",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["queue", "due_at", "id"],
                include=["person_id"],
                condition=Q(state="OPEN"),
                name="review_item_wait",
            ),
            models.Index(fields=["due_at", "id"], condition=Q(state="OPEN"), name="review_item_due"),
            models.Index(
                fields=["claimed_by", "due_at"],
                condition=Q(state="OPEN", claimed_by__isnull=False),
                name="review_item_claimed",
            ),
            models.Index(
                fields=["assigned_to", "due_at"],
                condition=Q(state="OPEN", assigned_to__isnull=False),
                name="review_item_assigned",
            ),
            models.Index(fields=["queue", "-closed_at", "-id"], condition=Q(state="CLOSED"), name="review_item_closed"),
            models.Index(fields=["exchange_id"], name="review_item_exchange"),
            models.Index(fields=["tag", "exchange_id"], condition=Q(state="CLOSED"), name="review_item_finding"),
            models.Index(fields=["person_id"], name="review_item_person"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def is_held_by(self, officer: User, now: datetime) -> bool:
        """Say whether this officer holds it now."""
        return self.claimed_by_id == officer.pk and self.claimed_until is not None and self.claimed_until > now


class Note(models.Model):
    """
    What an officer wrote about an item, sealed under the exchange's own key: it goes dark with the exchange.

    ``digest`` is an HMAC under the same key. The event carries it, so that another text would show.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="notes")
    sealed = models.BinaryField()
    digest = models.CharField(max_length=64)
    officer_id = models.UUIDField()
    officer_label = models.CharField(max_length=LABEL_LENGTH)
    event_id = models.UUIDField(unique=True)
    written_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["written_at", "id"]

    def __str__(self) -> str:
        return str(self.id)


class Decision(models.Model):
    """
    What one officer decided about one item, and how: read or not, one or many at once, alone or with a second officer.

    ``seconds`` run from the first look since the claim; empty where it was not opened.
    """

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="decisions")
    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", db_index=False)
    step = models.CharField(max_length=16, choices=Step)
    tag = models.CharField(max_length=16, choices=Tag, blank=True)
    own_tags = ArrayField(models.CharField(max_length=OWN_TAG_LENGTH), default=list)
    level = models.PositiveSmallIntegerField(choices=Level)
    is_read = models.BooleanField(default=False)
    seconds = models.PositiveIntegerField(null=True)
    is_one_of_many = models.BooleanField(default=False)
    officer_id = models.UUIDField()
    officer_label = models.CharField(max_length=LABEL_LENGTH)
    second_officer_id = models.UUIDField(null=True)
    second_officer_label = models.CharField(max_length=LABEL_LENGTH, blank=True)
    note = models.ForeignKey(Note, models.PROTECT, null=True, related_name="+")
    event_id = models.UUIDField(unique=True)
    decided_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["decided_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(second_officer_id=None) | ~Q(second_officer_id=F("officer_id")),
                name="review_two_officers_are_two",
            ),
            models.CheckConstraint(
                condition=Q(step__in=["CLOSED", "RECHECKED"]) & ~Q(tag="")
                | Q(step__in=["ESCALATED", "REOPENED"], tag=""),
                name="review_decision_has_its_tag",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["decided_at"], include=["queue", "step", "tag"], name="review_decision_time"),
            GinIndex(fields=["own_tags"], condition=~Q(own_tags=[]), name="review_decision_own_tags"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.step}"


class RecheckQuerySet(models.QuerySet["Recheck"]):
    def offered_to(self, officer: User) -> Self:
        """What another officer than the first ones is to check, and not its person."""
        if not officer.has_role(Role.COMPLIANCE_OFFICER):
            return self.none()
        waiting = self.filter(done_at=None).exclude(person_id=officer.pk).exclude(first_officers__contains=[officer.pk])
        return waiting.filter(scope.is_open("item__exchange_id"))


class Recheck(models.Model):
    """A closed item that was drawn to be checked again by another officer; ``second`` is what that officer found."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    item = models.ForeignKey(Item, models.PROTECT, related_name="rechecks")
    first = models.OneToOneField(Decision, models.PROTECT, related_name="recheck")
    second = models.OneToOneField(Decision, models.PROTECT, null=True, related_name="+")
    person_id = models.UUIDField()
    first_officers = ArrayField(models.UUIDField())
    drawn_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = RecheckQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["drawn_at", "id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(done_at=None, second=None) | Q(done_at__isnull=False, second__isnull=False),
                name="review_recheck_is_done_once",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["drawn_at", "id"], condition=Q(done_at=None), name="review_recheck_open"),
            models.Index(fields=["done_at"], condition=Q(done_at__isnull=False), name="review_recheck_done"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Follower(models.Model):
    """One row: the leaf of the ledger's tree from which queues are fed next. Whoever holds its lock feeds them."""

    next_index = models.BigIntegerField()
    followed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.next_index)


class DayOfQueue(models.Model):
    """How many exchanges a queue was shown on a day, and how many it took."""

    queue = models.ForeignKey(Queue, models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    seen = models.PositiveIntegerField(default=0)
    placed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["queue", "day"], name="review_day_is_counted_once")
        ]

    def __str__(self) -> str:
        return f"{self.queue_id} {self.day}: {self.placed} of {self.seen}"


class TrialQuerySet(models.QuerySet["Trial"]):
    def visible_to(self, actor: User) -> Self:
        """A trial is read by whoever began it: it leaves out their own exchanges, and nobody else's."""
        return self.filter(asked_by=actor) if actor.may_read_records() else self.none()


class Trial(models.Model):
    """A lexicon tried on history: how far it is, what it found so far. It can be stopped at any moment."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", "Running"
        STOPPED = "STOPPED", "Stopped"
        DONE = "DONE", "Done"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lexicon_version = models.ForeignKey(LexiconVersion, models.CASCADE, related_name="trials")
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    wanted = models.PositiveIntegerField()
    looked_at = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    by_entry = models.JSONField(default=dict)
    before = models.DateTimeField()
    before_id = models.UUIDField(null=True)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = TrialQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-asked_at"]

    def __str__(self) -> str:
        return f"{self.lexicon_version_id}: {self.looked_at} of {self.wanted}"

    @property
    def as_json(self) -> dict[str, Any]:
        """What a page that waits asks for."""
        return {"state": self.state, "looked_at": self.looked_at, "wanted": self.wanted, "found": self.found}
