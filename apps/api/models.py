"""The keys that programs use: who answers for each, which team it acts for, what it may do and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from apps.accounts.models import Membership, Role, RoleAssignment, Team, User
from apps.ledger.ids import new_id

LONGEST_LIFE = timedelta(days=365)


class Scope(models.TextChoices):
    """What a key may be used for."""

    CHAT = "CHAT", "Chat"
    EMBEDDINGS = "EMBEDDINGS", "Embeddings"
    MODELS = "MODELS", "List of models"
    BATCH = "BATCH", "Batches"


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, person: Any) -> Self:
        """Admins see every key; others those that concern them."""
        if not getattr(person, "is_active", False):
            return self.none()
        return self if person.has_role(Role.ADMIN) else self.concerning(person)

    def concerning(self, person: User) -> Self:
        """Keys that `person` answers for, and the service keys of the teams they lead."""
        leads = Membership.objects.filter(team=OuterRef("team"), person=person, standing=Membership.Standing.LEAD)
        return self.filter(Q(person=person) | Q(Exists(leads), kind=ApiKey.Kind.SERVICE))

    def with_standing(self) -> Self:
        """Say of each key whether its person may still use it: `is_employee` and `is_member`. Two sub-queries."""
        return self.annotate(
            is_employee=Exists(RoleAssignment.objects.filter(person=OuterRef("person"), role=Role.EMPLOYEE)),
            is_member=Exists(Membership.objects.filter(person=OuterRef("person"), team=OuterRef("team"))),
        )

    def alive(self, now: datetime) -> Self:
        """Keys that are neither revoked nor past their end."""
        return self.filter(revoked_at=None, expires_at__gt=now)


class ApiKey(models.Model):
    """
    A key of a person or of a program. The secret is not here: only its SHA-256 is.

    A personal key acts as its person. A service key acts under its own name for its team; its person answers for it.
    Neither does more than its person may do in that team at that moment.
    """

    class Kind(models.TextChoices):
        PERSONAL = "PERSONAL", "Personal key"
        SERVICE = "SERVICE", "Service key"

    class State(models.TextChoices):
        ACTIVE = "ACTIVE", "Active"
        STOPPED = "STOPPED", "Stopped"
        EXPIRED = "EXPIRED", "Expired"
        REVOKED = "REVOKED", "Revoked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=80)
    person = models.ForeignKey(User, models.PROTECT, related_name="api_keys")
    team = models.ForeignKey(Team, models.PROTECT, related_name="api_keys")
    digest = models.BinaryField(max_length=32, unique=True, editable=False)
    ending = models.CharField(max_length=4)
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope))
    model_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_refused_at = models.DateTimeField(null=True)

    edition: str | None
    """What `lookup.find_key` adds to a row; other rows lack it."""

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "-created_at"], name="api_keys_of_a_person"),
            models.Index(fields=["team", "-created_at"], name="api_keys_of_a_team"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=["PERSONAL", "SERVICE"]), name="api_key_kind_is_known"),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=Scope.values) & Q(scopes__len__gt=0), name="api_key_scopes_are_known"
            ),
            models.CheckConstraint(
                condition=Q(model_ids=None) | Q(model_ids__len__gt=0), name="api_key_names_models_or_all"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")) & Q(expires_at__lte=F("created_at") + LONGEST_LIFE),
                name="api_key_lives_a_year_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"

    def state(self, now: datetime) -> State:
        """
        Say how the key stands at `now`; the row must come from `with_standing`.

        Stopped means that its person is shut out, left the team or lost the role; it works again when they are back.
        """
        if self.revoked_at is not None:
            return self.State.REVOKED
        if self.expires_at <= now:
            return self.State.EXPIRED
        is_employee: bool = self.is_employee  # type: ignore[attr-defined]  # annotated by `with_standing`
        is_member: bool = self.is_member  # type: ignore[attr-defined]
        return self.State.ACTIVE if self.person.is_active and is_employee and is_member else self.State.STOPPED

    def may_use_model(self, model_id: UUID) -> bool:
        """Say whether the key's own list of models lets this one through; the team's grants are asked besides."""
        return self.model_ids is None or model_id in self.model_ids
