"""Company documents: collections, what is in them, and the passages that a question may find."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from pgvector.django import HnswIndex, VectorField

from apps.accounts.models import Membership, Role, RoleAssignment, Team, User
from apps.ledger.ids import new_id

DIMENSIONS = 384
TEXT_SEARCH = "english"


def _active(person: Any) -> Exists:
    """The person as the database knows them now, not as the session remembers them."""
    return Exists(User.objects.filter(pk=person.pk, is_active=True))


def _holds(person: Any, role: Role) -> Exists:
    return Exists(RoleAssignment.objects.filter(person_id=person.pk, role=role))


class CollectionQuerySet(models.QuerySet["Collection"]):
    """Who may do what with a collection, as SQL. Nobody signed in, nothing found."""

    def visible_to(self, person: Any) -> Self:
        """Collections whose documents `person` may read: company-wide ones and those granted to one of their teams."""
        if person.pk is None:
            return self.none()
        granted = CollectionGrant.objects.filter(collection=OuterRef("pk"), team__memberships__person_id=person.pk)
        return self.filter(_active(person), Q(is_company_wide=True) | Exists(granted))

    def writable_by(self, person: Any) -> Self:
        """Collections `person` may add to: employees to those of their teams, admins to the company-wide ones."""
        if person.pk is None:
            return self.none()
        granted = CollectionGrant.objects.filter(collection=OuterRef("pk"), team__memberships__person_id=person.pk)
        as_member = Q(is_company_wide=False) & Exists(granted) & _holds(person, Role.EMPLOYEE)
        as_admin = Q(is_company_wide=True) & _holds(person, Role.ADMIN)
        return self.filter(_active(person), as_member | as_admin)

    def managed_by(self, person: Any) -> Self:
        """Collections whose name and grants `person` may change: all, for admins. It says nothing about reading."""
        if person.pk is None:
            return self.none()
        return self.filter(_active(person), _holds(person, Role.ADMIN))


class Collection(models.Model):
    """A shelf of documents with one rule about who may read it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=400, blank=True)
    is_company_wide = models.BooleanField(default=False)
    teams = models.ManyToManyField(Team, through="CollectionGrant", related_name="collections")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class CollectionGrant(models.Model):
    """One team may read (and its employees may add to) one collection."""

    collection = models.ForeignKey(Collection, models.CASCADE, related_name="grants")
    team = models.ForeignKey(Team, models.CASCADE, related_name="collection_grants")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "team"], name="rag_one_grant_each_team"),
        ]

    def __str__(self) -> str:
        return f"{self.collection_id} to {self.team_id}"


class DocumentQuerySet(models.QuerySet["Document"]):
    """Documents by permission and by state."""

    def visible_to(self, person: Any) -> Self:
        """Documents in collections that `person` may read, whatever their state."""
        return self.filter(collection__in=Collection.objects.visible_to(person))

    def deletable_by(self, person: Any) -> Self:
        """Visible documents that `person` uploaded, or of a team they lead, or any visible one for an admin."""
        leads = Membership.objects.filter(
            person_id=person.pk,
            standing=Membership.Standing.LEAD,
            team__collection_grants__collection=OuterRef("collection"),
        )
        may = Q(uploaded_by_id=person.pk) | Exists(leads) | _holds(person, Role.ADMIN)
        return self.visible_to(person).filter(may)

    def in_progress(self) -> Self:
        """Documents that are neither ready nor failed."""
        return self.exclude(status__in=[Document.Status.READY, Document.Status.FAILED])


def storage_path(document: Document, file_name: str) -> str:
    """Where the original lies: named by the document's id, never by what the person called it."""
    return f"documents/{document.pk.hex[-2:]}/{document.pk}"


class Document(models.Model):
    """One file and how far its reading has come."""

    class Status(models.TextChoices):
        QUEUED = "QUEUED", "Waiting"
        READING = "READING", "Reading the file"
        SPLITTING = "SPLITTING", "Splitting into passages"
        SCRUBBING = "SCRUBBING", "Looking for personal data"
        EMBEDDING = "EMBEDDING", "Making it searchable"
        READY = "READY", "Ready"
        FAILED = "FAILED", "Not readable"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    collection = models.ForeignKey(Collection, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=200)
    file = models.FileField(upload_to=storage_path, max_length=200)
    file_name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0)
    failure = models.CharField(max_length=400, blank=True)
    pages = models.PositiveIntegerField(null=True)
    policy_version = models.CharField(max_length=100, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True)
    # Who is reading it now: a token that changes with every claim, and until when that claim holds.
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ["title", "id"]
        constraints = [
            models.UniqueConstraint(fields=["collection", "sha256"], name="rag_no_file_twice_in_a_collection"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="rag_progress_is_a_percentage"),
            models.CheckConstraint(
                condition=Q(status="FAILED") ^ Q(failure=""), name="rag_failed_exactly_with_a_sentence"
            ),
            models.CheckConstraint(
                condition=Q(status="READY", progress=100, ready_at__isnull=False)
                | (~Q(status="READY") & Q(ready_at__isnull=True)),
                name="rag_ready_exactly_with_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["claimed_until"],
                name="rag_unfinished",
                condition=~Q(status__in=["READY", "FAILED"]),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.status in {self.Status.READY, self.Status.FAILED}


class PassageQuerySet(models.QuerySet["Passage"]):
    """Passages by permission."""

    def visible_to(self, person: Any) -> Self:
        """Passages of documents that `person` may read now."""
        return self.filter(document__in=Document.objects.visible_to(person))


class Passage(models.Model):
    """
    A piece of a document, small enough to be one answer's evidence.

    `text` is all that a model is shown: one line with the title and the headings above the piece, then its body.
    `findings` are offsets into exactly this text.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    ordinal = models.PositiveIntegerField()
    heading = models.CharField(max_length=500, blank=True)
    page = models.PositiveIntegerField(null=True)
    text = models.TextField()
    findings = models.JSONField(default=list)
    embedding = VectorField(dimensions=DIMENSIONS)
    search = models.GeneratedField(
        expression=SearchVector("text", config=TEXT_SEARCH), output_field=SearchVectorField(), db_persist=True
    )

    objects = PassageQuerySet.as_manager()

    class Meta:
        ordering = ["document", "ordinal"]
        constraints = [models.UniqueConstraint(fields=["document", "ordinal"], name="rag_passages_have_an_order")]
        indexes: ClassVar = [
            HnswIndex(fields=["embedding"], name="rag_passage_embedding", opclasses=["vector_cosine_ops"]),
            GinIndex(fields=["search"], name="rag_passage_search"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}, passage {self.ordinal}"

    @property
    def context(self) -> str:
        """The line with the title and the headings."""
        return self.text.partition("\n")[0]

    @property
    def body(self) -> str:
        """The text without its context line."""
        return self.text.partition("\n")[2]
