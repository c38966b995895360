"""Saved searches, cases with what belongs to them, and exports. What people wrote in a case is sealed under its key."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import Role, User
from apps.ledger.ids import new_id
from apps.ledger.text import LABEL_LENGTH

LEASE = timedelta(seconds=60)


def _reads_at_the_desk(actor: Any) -> bool:
    return bool(getattr(actor, "is_active", False)) and actor.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR)


class SavedSearchQuerySet(models.QuerySet["SavedSearch"]):
    def visible_to(self, actor: Any) -> Self:
        """Everybody at the desk sees their own searches and those that were shared."""
        if not _reads_at_the_desk(actor):
            return self.none()
        return self.filter(Q(owner_id=actor.pk) | Q(is_shared=True))

    def changeable_by(self, actor: Any) -> Self:
        """A search is changed by the officer who saved it."""
        if not actor.has_role(Role.COMPLIANCE_OFFICER):
            return self.none()
        return self.filter(owner_id=actor.pk)


class SavedSearch(models.Model):
    """The filters of a list of exchanges under a name; `query` is what stands in the list's address."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.PROTECT, related_name="saved_searches")
    name = models.CharField(max_length=120)
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    objects = SavedSearchQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "name"], name="cases_search_names_are_the_owners"),
        ]

    def __str__(self) -> str:
        return f"Search {self.pk}"


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, actor: Any) -> Self:
        """
        The officer in charge and the members see a case; the rest of the desk too, unless it is confidential.

        Nor does anybody see one that holds an exchange of their own, unless they work on it.
        """
        if not _reads_at_the_desk(actor):
            return self.none()
        return self.filter((Q(is_confidential=False) & ~Q(_holds_one_of(actor))) | _is_of(actor))

    def worked_on_by(self, actor: Any) -> Self:
        """Cases that an officer may change: those they are in charge of or a member of."""
        if not actor.has_role(Role.COMPLIANCE_OFFICER):
            return self.none()
        return self.filter(_is_of(actor))


def _holds_one_of(actor: Any) -> Exists:
    return Exists(CaseExchange.objects.filter(case=OuterRef("pk"), person_id=actor.pk))


def _is_of(actor: Any) -> Q:
    return Q(officer_id=actor.pk) | Q(Exists(CaseMember.objects.filter(case=OuterRef("pk"), person_id=actor.pk)))


class Case(models.Model):
    """
    A matter that officers look into. `sealed_words` holds title, reason and finding, see `words.py`.

    While a confidential case is open, the looks at its exchanges are hidden from the people whose exchanges they are:
    each for 30 days, and all until `kept_until` where an officer other than `confidential_by` agreed to that.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        CLOSED = "CLOSED", "Closed"

    class Finding(models.TextChoices):
        UPHELD = "UPHELD", "Upheld"
        NOT_UPHELD = "NOT_UPHELD", "Not upheld"
        INCONCLUSIVE = "INCONCLUSIVE", "Inconclusive"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    finding = models.CharField(max_length=16, choices=Finding, blank=True)
    is_confidential = models.BooleanField(default=False)
    confidential_by_id = models.UUIDField(null=True)
    kept_until = models.DateTimeField(null=True)
    sealed_words = models.BinaryField()
    officer = models.ForeignKey(User, models.PROTECT, related_name="cases_in_charge")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["year", "serial"], name="cases_have_one_number"),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at=None, finding="")
                | (Q(state="CLOSED", closed_at__isnull=False) & ~Q(finding="")),
                name="cases_close_with_a_finding",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["-year", "-serial"], name="cases_by_number")]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """What people call the case."""
        return f"CASE-{self.year}-{self.serial:04}"

    @property
    def is_open(self) -> bool:
        """Say whether it may still be worked on."""
        return self.state == self.State.OPEN


class CaseMember(models.Model):
    """Somebody who works on a case beside the officer in charge, or reads it though it is confidential."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="members")
    person = models.ForeignKey(User, models.PROTECT, related_name="case_memberships")
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "person"], name="cases_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.case_id}"


class CaseExchange(models.Model):
    """An exchange in a case. Its person's id is a copy, so that nobody is shown their own."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="exchanges")
    exchange_id = models.UUIDField()
    person_id = models.UUIDField()
    started_at = models.DateTimeField()
    added_at = models.DateTimeField()
    added_by_id = models.UUIDField()
    added_by_label = models.CharField(max_length=LABEL_LENGTH)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "exchange_id"], name="cases_exchange_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["case", "-started_at", "-exchange_id"], name="cases_exchanges_in_time"),
            models.Index(fields=["exchange_id"], name="cases_of_an_exchange"),
        ]

    def __str__(self) -> str:
        return f"{self.exchange_id} in {self.case_id}"


class CaseNote(models.Model):
    """What somebody wrote about a case, sealed under the case's key. Written once; its event commits to the bytes."""

    is_append_only: ClassVar[bool] = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="notes")
    author_id = models.UUIDField()
    author_label = models.CharField(max_length=LABEL_LENGTH)
    written_at = models.DateTimeField()
    sealed_text = models.BinaryField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["case", "-written_at"], name="cases_notes_in_time")
        ]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class RunQuerySet(models.QuerySet[Any]):
    def visible_to(self, actor: Any) -> Self:
        """What somebody started is theirs alone, while they are an officer."""
        if not actor.has_role(Role.COMPLIANCE_OFFICER):
            return self.none()
        return self.filter(by_id=actor.pk)

    def due(self, now: datetime) -> Self:
        """Runs that nobody works on: queued, or their worker died."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING]).exclude(claimed_until__gt=now)


class Run(models.Model):
    """
    Long work in the background: which worker holds it, how far it is, how it ended.

    Every step of a worker is written under its claim, so that one that was given up for dead changes nothing any more.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", "Waiting for a second officer"
        QUEUED = "QUEUED", "Waiting for its turn"
        RUNNING = "RUNNING", "Under way"
        DONE = "DONE", "Done"
        CANCELLED = "CANCELLED", "Cancelled"
        FAILED = "FAILED", "Not done"
        GONE = "GONE", "Deleted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    query = models.TextField(blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    sentence = models.CharField(max_length=300, blank=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_live(self) -> bool:
        """Say whether something may still change by itself."""
        return self.state in {self.State.QUEUED, self.State.RUNNING}

    @property
    def may_be_cancelled(self) -> bool:
        """Say whether there is something to stop."""
        return self.is_live or self.state == self.State.ASKED


class Snapshot(Run):
    """A search whose exchanges are put into a case, as they are at that moment."""

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="snapshots")
    place = models.CharField(max_length=80, blank=True)

    class Meta(Run.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="RUNNING", claim__isnull=False, claimed_until__isnull=False)
                | (~Q(state="RUNNING") & Q(claim=None, claimed_until=None)),
                name="cases_snapshot_is_claimed_iff_running",
            ),
        ]


class Export(Run):
    """
    A bundle of exchanges for somebody outside the portal: of a case, or of a search.

    The file is sealed under a key of its own, which this row's id names; after some days both are destroyed.
    """

    class Variant(models.TextChoices):
        REDACTED = "REDACTED", "Redacted: facts and placeholders, no text, no names"
        FULL = "FULL", "Full: the text as it left and came, and names"

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="exports")
    variant = models.CharField(max_length=8, choices=Variant)
    is_whole = models.BooleanField(default=False)
    sealed_why = models.BinaryField()
    stored_as = models.CharField(max_length=120, blank=True)
    bytes = models.BigIntegerField(default=0)
    manifest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True)

    class Meta(Run.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="RUNNING", claim__isnull=False, claimed_until__isnull=False)
                | (~Q(state="RUNNING") & Q(claim=None, claimed_until=None)),
                name="cases_export_is_claimed_iff_running",
            ),
            models.CheckConstraint(
                condition=(Q(state="DONE") & ~Q(stored_as="") & Q(expires_at__isnull=False))
                | (~Q(state="DONE") & Q(stored_as="")),
                name="cases_export_has_a_file_iff_done",
            ),
            models.CheckConstraint(
                condition=Q(is_whole=False) | Q(variant="FULL", case=None), name="cases_only_full_searches_are_whole"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["by", "-asked_at"], name="cases_exports_of_an_officer"),
            models.Index(fields=["expires_at"], condition=Q(state="DONE"), name="cases_exports_to_delete"),
        ]
