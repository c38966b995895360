"""Batches and their lines, and which models they may use. Of what people wrote only sealed bytes are here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.gateway.models import LanguageModel
from apps.ledger import clock
from apps.ledger.ids import new_id


class LaneModelQuerySet(models.QuerySet["LaneModel"]):
    def open_now(self, now: datetime) -> Self:
        """Models whose hours have come and whose provider has not asked for rest."""
        hour = timezone.localtime(now, timezone.get_default_timezone()).hour
        within = Q(from_hour__lt=F("until_hour"), from_hour__lte=hour, until_hour__gt=hour)
        over_midnight = Q(from_hour__gt=F("until_hour")) & (Q(from_hour__lte=hour) | Q(until_hour__gt=hour))
        is_rested = Q(resting_until=None) | Q(resting_until__lte=now)
        return self.filter(is_rested, Q(from_hour=None) | within | over_midnight)


class LaneModel(models.Model):
    """
    A model that an admin opened to batches: at any hour, or off-peak only.

    The hours are of the company's time zone and may go over midnight. A provider that has too many requests makes all
    batches of the model rest: people who wait for an answer come first.
    """

    model = models.OneToOneField(LanguageModel, models.CASCADE, primary_key=True, related_name="lane")
    from_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    until_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True)
    rests_in_a_row = models.PositiveSmallIntegerField(default=0)

    objects = LaneModelQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(from_hour=None, until_hour=None)
                | (Q(from_hour__lt=24, until_hour__lt=24) & ~Q(from_hour=F("until_hour"))),
                name="batch_hours_are_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id}: {self.hours}"

    @property
    def hours(self) -> str:
        """Say when batches run on this model."""
        if self.from_hour is None or self.until_hour is None:
            return "at any hour"
        return f"from {self.from_hour:02}:00 to {self.until_hour:02}:00"


class PromptFileQuerySet(models.QuerySet["PromptFile"]):
    def visible_to(self, person: Any) -> Self:
        """A file is its owner's alone."""
        return self.filter(owner_id=person.pk) if getattr(person, "is_active", False) else self.none()


class PromptFile(models.Model):
    """
    A file that a program uploaded, from which it may begin batches. Sealed under a data key of its own.

    `key_id` names the service key that brought it, which sees nothing else; None where a person's own key did.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="prompt_files")
    team = models.ForeignKey(Team, models.PROTECT, related_name="prompt_files")
    key_id = models.UUIDField(null=True)
    sealed_name = models.BinaryField()
    sealed_content = models.BinaryField()
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    objects = PromptFileQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-created_at"], name="batch_file_of_a_person")
        ]

    def __str__(self) -> str:
        return f"File {self.pk}"


class BatchQuerySet(models.QuerySet["Batch"]):
    def visible_to(self, person: Any) -> Self:
        """A batch is its owner's alone."""
        if not getattr(person, "is_active", False):
            return self.none()
        return self.filter(owner_id=person.pk)

    def unfinished(self) -> Self:
        """Batches with lines that wait or are under way, paused ones included."""
        return self.filter(state__in=[Batch.State.RUNNING, Batch.State.PAUSED])

    def due(self, now: datetime) -> Self:
        """Running batches of which a line could be sent now; the one that was served longest ago first."""
        waiting = Line.objects.filter(batch=OuterRef("pk"), state=Line.State.WAITING)
        is_open = LaneModel.objects.open_now(now).filter(model=OuterRef("model"))
        return self.filter(Exists(is_open), Exists(waiting), state=Batch.State.RUNNING).order_by(
            F("served_at").asc(nulls_first=True), "started_at"
        )


class Batch(models.Model):
    """
    A file of prompts that is answered when there is room. Its texts are sealed under its own data key.

    `sealed_source` is the file until the batch starts; then the lines hold it. An erased batch has no texts any more.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", "Not started"
        RUNNING = "RUNNING", "Running"
        PAUSED = "PAUSED", "Paused"
        CANCELLED = "CANCELLED", "Cancelled"
        FINISHED = "FINISHED", "Finished"

    class Form(models.TextChoices):
        JSONL = "JSONL", "JSON lines"
        CSV = "CSV", "CSV"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="batches")
    team = models.ForeignKey(Team, models.PROTECT, related_name="batches")
    model = models.ForeignKey(LanguageModel, models.PROTECT, related_name="batches")
    model_label = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    form = models.CharField(max_length=5, choices=Form)
    sealed_name = models.BinaryField()
    sealed_source = models.BinaryField(null=True)
    line_count = models.PositiveIntegerField(default=0)
    pause_reason = models.CharField(max_length=40, blank=True)
    pause_sentence = models.CharField(max_length=500, blank=True)
    failures_in_a_row = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    source_id = models.UUIDField(null=True)
    """The file it was begun from, where a program began it; that may be gone by now."""
    key_id = models.UUIDField(null=True)
    key_until = models.DateTimeField(null=True)
    """When the key that began it ends; its lines wait then until a person resumes the batch."""
    caller_label = models.CharField(max_length=200, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-created_at"], name="batch_of_a_person"),
            models.Index(fields=["served_at"], condition=Q(state="RUNNING"), name="batch_running"),
            models.Index(fields=["key_id"], condition=Q(key_id__isnull=False), name="batch_of_a_key"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=["CANCELLED", "FINISHED"], closed_at__isnull=False)
                | (~Q(state__in=["CANCELLED", "FINISHED"]) & Q(closed_at=None)),
                name="batch_is_closed_iff_at_its_end",
            ),
            models.CheckConstraint(
                condition=(Q(state="DRAFT") & Q(sealed_source__isnull=False, started_at=None))
                | (~Q(state="DRAFT") & Q(sealed_source=None, started_at__isnull=False)),
                name="batch_keeps_its_file_until_it_starts",
            ),
            models.CheckConstraint(
                condition=(Q(state="PAUSED") & ~Q(pause_reason="")) | (~Q(state="PAUSED") & Q(pause_reason="")),
                name="batch_says_why_it_is_paused",
            ),
        ]

    def __str__(self) -> str:
        return f"Batch {self.pk}"

    @property
    def is_live(self) -> bool:
        """Say whether something may still change by itself."""
        return self.state in {self.State.RUNNING, self.State.PAUSED}


class LineQuerySet(models.QuerySet["Line"]):
    def in_hand(self) -> Self:
        """Lines that a worker has taken, whether it lives or not."""
        return self.filter(state__in=[Line.State.TAKEN, Line.State.SENT])

    def lapsed(self, now: datetime) -> Self:
        """Lines whose worker has not said for too long that it lives."""
        return self.in_hand().filter(Q(claimed_until__lt=now) | Q(claimed_until__gt=now + clock.FUTURE))


class Line(models.Model):
    """
    One prompt of a batch, and its answer. Whoever works on it holds its claim, a token that counts until a lease ends.

    Every write of a worker is made under its token, so one that was given up for dead changes nothing any more. Its
    exchange is sealed under a data key of its own, which the line's id names.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting"
        TAKEN = "TAKEN", "Being prepared"
        SENT = "SENT", "Sent"
        ANSWERED = "ANSWERED", "Answered"
        REFUSED = "REFUSED", "Refused, nothing was sent"
        FAILED = "FAILED", "The model did not finish"
        STOPPED = "STOPPED", "Stopped"
        UNKNOWN = "UNKNOWN", "Sent, result not recorded"
        CANCELLED = "CANCELLED", "Cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    sealed_request = models.BinaryField()
    sealed_answer = models.BinaryField(default=b"")
    reason = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    intent_id = models.UUIDField(null=True)
    reservation_id = models.UUIDField(null=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    masked = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(default=Decimal(0), max_digits=24, decimal_places=12)
    currency = models.CharField(max_length=3, blank=True)
    closed_at = models.DateTimeField(null=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["batch", "state", "number"], name="batch_lines_by_state"),
            models.Index(
                fields=["claimed_until"], condition=Q(state__in=["TAKEN", "SENT"]), name="batch_lines_in_hand"
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["batch", "number"], name="batch_numbers_its_lines"),
            models.CheckConstraint(
                condition=Q(state__in=["TAKEN", "SENT"], claim__isnull=False, claimed_until__isnull=False)
                | (~Q(state__in=["TAKEN", "SENT"]) & Q(claim=None, claimed_until=None)),
                name="batch_line_is_claimed_iff_in_hand",
            ),
            models.CheckConstraint(
                condition=~Q(state="SENT") | Q(intent_id__isnull=False), name="batch_line_is_sent_on_the_record"
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.number} of {self.batch_id}"
