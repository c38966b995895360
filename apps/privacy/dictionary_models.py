"""The rows of the company's dictionary: its terms, their version, and imports that wait for a decision."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils import timezone

from apps.accounts.models import Role
from apps.ledger.ids import new_id
from apps.privacy.dictionary import ALLOWED

LONGEST_TERM = 200
KINDS = ["CUSTOMER", "ORGANIZATION", "PROJECT", "CODE_NAME", "PERSON", "PRODUCT", "OTHER", "ALLOWED"]


class ForAdmins(models.QuerySet[Any]):
    def visible_to(self, person: Any) -> Self:
        """Everything for an admin, nothing for anybody else."""
        if getattr(person, "is_active", False) and person.has_role(Role.ADMIN):
            return self
        return self.none()


class DictionaryEntry(models.Model):
    """
    One term of the company's own, and what is done with it.

    `key` is the term as it is compared (folded, and as written where the writing counts): one term stands here once.
    The database raises the dictionary's version with every statement that changes this table.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "CUSTOMER", "Customer"
        ORGANIZATION = "ORGANIZATION", "Organisation"
        PROJECT = "PROJECT", "Project"
        CODE_NAME = "CODE_NAME", "Code name"
        PERSON = "PERSON", "Person"
        PRODUCT = "PRODUCT", "Product"
        OTHER = "OTHER", "Other term"
        ALLOWED = ALLOWED, "Never masked"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    term = models.CharField(max_length=LONGEST_TERM)
    key = models.CharField(max_length=3 * LONGEST_TERM, unique=True)
    kind = models.CharField(max_length=16, choices=Kind)
    is_exact = models.BooleanField(default=False)
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = ForAdmins.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="privacy_dictionary_kind_is_known",
                condition=models.Q(kind__in=KINDS),
            ),
            models.CheckConstraint(
                name="privacy_dictionary_term_is_not_empty", condition=~models.Q(term="") & ~models.Q(key="")
            ),
        ]

    def __str__(self) -> str:
        return f"Term {self.pk} ({self.kind})"


class DictionaryState(models.Model):
    """
    The dictionary's version, which the database counts up, and whether people's names belong to it. One row or none.

    Changes of people's names, user names and addresses count it up too.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    version = models.BigIntegerField(default=0)
    has_directory = models.BooleanField(default=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(name="privacy_one_dictionary", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"Version {self.version} of the dictionary"


class DictionaryImport(models.Model):
    """Lines that an admin gave and has not decided on yet: kept, so that a mistake in one of them loses nothing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.TextField()
    kind = models.CharField(max_length=16, choices=DictionaryEntry.Kind)
    created_by = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = ForAdmins.as_manager()

    def __str__(self) -> str:
        return f"Import {self.pk}"
