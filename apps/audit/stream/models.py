"""Where the record is streamed to: a receiver, how it is written for it, and how far it has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from apps.accounts.models import Role
from apps.ledger.ids import new_id

READERS = (Role.COMPLIANCE_OFFICER, Role.AUDITOR, Role.ADMIN)
KEEPERS = (Role.COMPLIANCE_OFFICER, Role.ADMIN)
LONGEST_LIFE = timedelta(days=365)


class SinkQuerySet(models.QuerySet["Sink"]):
    def visible_to(self, person: Any) -> Self:
        """Officers, auditors and admins see all of them, everybody else none."""
        return self if person.is_active and person.has_role(*READERS) else self.none()

    def kept_by(self, person: Any) -> Self:
        """Officers and admins set them up."""
        return self if person.is_active and person.has_role(*KEEPERS) else self.none()

    def due(self, now: datetime) -> Self:
        """Sinks that may be sent to now and that nobody sends to; those that ask themselves are sent nothing."""
        rested = Q(next_try_at=None) | Q(next_try_at__lte=now)
        free = Q(claimed_until=None) | Q(claimed_until__lt=now)
        return self.exclude(kind=Sink.Kind.PULL).filter(rested, free, is_on=True)


class Sink(models.Model):
    """
    A receiver of the stream. ``cursor`` is the place in the ledger's tree of the next record that it gets.

    Nothing before ``first_place`` is for it. One that pulls asks by place; its cursor shows how far it came at most.
    ``claim`` is the fencing token of whoever sends to it; only that one may move the cursor, and only forward.
    """

    class Kind(models.TextChoices):
        FILE = "FILE", "A file on the server"
        WEBHOOK = "WEBHOOK", "An address (HTTPS)"
        SYSLOG = "SYSLOG", "Syslog over TLS"
        PULL = "PULL", "Nowhere: it asks for records with a key"

    class Format(models.TextChoices):
        OCSF = "OCSF", "OCSF 1.6 (JSON)"
        ECS = "ECS", "Elastic Common Schema (JSON)"
        CEF = "CEF", "CEF"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    format = models.CharField(max_length=8, choices=Format, default=Format.OCSF)
    address = models.CharField(max_length=400, blank=True)
    sealed_secret = models.BinaryField(default=b"", editable=False)
    has_names = models.BooleanField(default=False)
    has_text = models.BooleanField(default=False)
    is_on = models.BooleanField(default=True)
    first_place = models.BigIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    claim = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)
    next_try_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SinkQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(cursor__gte=0), name="stream_cursor_is_a_place"),
            models.CheckConstraint(
                condition=Q(kind__in=["FILE", "PULL"], address="")
                | (Q(kind__in=["WEBHOOK", "SYSLOG"]) & ~Q(address="")),
                name="stream_has_an_address_or_needs_none",
            ),
            models.UniqueConstraint(Lower("name"), name="stream_one_of_each_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def take(self, token: Any, *, until: datetime, now: datetime) -> bool:
        """Claim the sink; false if somebody else sends to it, or it rests. One statement."""
        mine = Sink.objects.due(now).filter(pk=self.pk).update(claim=token, claimed_until=until)
        return bool(mine)

    def advance(self, token: Any, *, beyond: int, until: datetime, now: datetime) -> bool:
        """Move the cursor after a delivery; false if the claim is lost or the sink was paused. One statement."""
        mine = Sink.objects.filter(pk=self.pk, claim=token, cursor=self.cursor, is_on=True)
        moved = mine.update(
            cursor=beyond, claimed_until=until, delivered_at=now, failures=0, trouble="", next_try_at=None
        )
        return bool(moved)

    def rest(self, token: Any, *, trouble: str, until: datetime) -> bool:
        """Note what went wrong and when to try again, and let go; false if the claim is lost. One statement."""
        mine = Sink.objects.filter(pk=self.pk, claim=token)
        values = {"failures": F("failures") + 1, "trouble": trouble[:300], "next_try_at": until}
        return bool(mine.update(**values, claim=None, claimed_until=None))

    def let_go(self, token: Any) -> None:
        """Let others send to it. One statement."""
        Sink.objects.filter(pk=self.pk, claim=token).update(claim=None, claimed_until=None)


class PullKey(models.Model):
    """
    The one key of a receiver that pulls. The secret is not here: only its SHA-256 is.

    ``calls`` are the moments at which it was used within the last minute.
    """

    sink = models.OneToOneField(Sink, models.CASCADE, primary_key=True, related_name="pull_key")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    ending = models.CharField(max_length=4)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    calls = ArrayField(models.DateTimeField(), default=list)
    last_used_at = models.DateTimeField(null=True)
    last_refused_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")) & Q(expires_at__lte=F("created_at") + LONGEST_LIFE),
                name="stream_key_lives_a_year_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"Key of {self.sink_id} that ends in {self.ending}"

    def has_ended(self, now: datetime) -> bool:
        """Say whether its time is over."""
        return self.expires_at <= now
