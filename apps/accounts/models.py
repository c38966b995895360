"""Who: people, their teams and what they may do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from apps.ledger.compiled import Compiled, an_id
from apps.ledger.ids import new_id

LONGEST_AUDIT = timedelta(days=90)


class Role(models.TextChoices):
    """What a person may do in the whole company. A person may hold several; none implies another."""

    EMPLOYEE = "EMPLOYEE", "Employee"
    COMPLIANCE_OFFICER = "COMPLIANCE_OFFICER", "Compliance officer"
    AUDITOR = "AUDITOR", "Auditor (read only)"
    ADMIN = "ADMIN", "Admin"


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, person: Any) -> Self:
        """Everybody for an admin; nobody else reads the list of people."""
        if getattr(person, "is_active", False) and person.has_role(Role.ADMIN):
            return self
        return self.none()

    def active_admins(self) -> Self:
        """People who can still give roles."""
        return self.filter(is_active=True, role_assignments__role=Role.ADMIN)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, person: Any) -> UserQuerySet:
        """Everybody for an admin; nobody else reads the list of people."""
        return self.get_queryset().visible_to(person)

    def active_admins(self) -> UserQuerySet:
        """People who can still give roles."""
        return self.get_queryset().active_admins()

    def create_person(self, username: str, *, name: str, email: str = "", roles: Iterable[str] = ()) -> User:
        """Create a person who signs in by SSO (no usable password), holding `roles`."""
        person = self.model(username=username, name=name, email=email)
        person.set_unusable_password()
        person.save()
        RoleAssignment.objects.bulk_create(RoleAssignment(person=person, role=role) for role in roles)
        return person


class User(AbstractBaseUser):
    """
    A person. What identifies them is the pair of issuer and subject at the identity provider (a
    ``SocialAccount`` row), never the e-mail address, which changes hands.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.name or self.username

    def has_role(self, *roles: str) -> bool:
        """Say whether this active person holds any of `roles`. One query, never cached: a role taken away works now."""
        return self.is_active and any(held.role in roles and held.counts for held in _ROLES.rows(person=self.pk))

    def may_sign_in_by_one_click(self) -> bool:
        """Only people of the demo company, and only while they are active."""
        return self.is_demo and self.is_active

    def end_sessions(self) -> None:
        """
        Make every session of this person worthless, those in other browsers too. The caller saves.

        A session carries a keyed hash of the password field, which holds 40 random characters here and no password:
        fresh ones end every session for good, even if the person is made active again later.
        """
        self.set_unusable_password()

    def may_read_records(self) -> bool:
        """Officers and auditors read the record; auditors change nothing."""
        return self.has_role(Role.COMPLIANCE_OFFICER, Role.AUDITOR)


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def counting(self) -> Self:
        """Roles whose time is not over."""
        return self.filter(models.Q(until=None) | models.Q(until__gt=timezone.now()))


class RoleAssignment(models.Model):
    """
    One role of one person. An auditor's ends at ``until``; what a group at the company's provider brought goes with it.
    """

    person = models.ForeignKey(User, models.CASCADE, related_name="role_assignments")
    role = models.CharField(max_length=32, choices=Role)
    created_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True)
    is_from_group = models.BooleanField(default=False)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "role"], name="accounts_one_row_for_each_role"),
            models.CheckConstraint(
                condition=models.Q(until=None)
                | models.Q(role="AUDITOR", until__lte=models.F("created_at") + LONGEST_AUDIT),
                name="accounts_auditor_ends_within_ninety_days",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="accounts_role_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.role}"

    @property
    def counts(self) -> bool:
        """Say whether its time is not over."""
        return self.until is None or self.until > timezone.now()


_ROLES = Compiled(lambda: RoleAssignment.objects.filter(person_id=an_id("person")))


class Edition(models.Model):
    """
    A part of the edition of everything that decides who may call what; see `editions`. Written by triggers alone.

    There are as many rows as transactions ever changed such things at the same time, so that none waits for another.
    """

    value = models.UUIDField()

    def __str__(self) -> str:
        return str(self.value)


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, person: Any) -> Self:
        """Teams `person` belongs to; admins see all."""
        if not getattr(person, "is_active", False):
            return self.none()
        if person.has_role(Role.ADMIN):
            return self
        return self.filter(memberships__person=person)


class Team(models.Model):
    """A part of the company; models, budgets and documents are granted to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    people = models.ManyToManyField(User, through="Membership", related_name="teams")

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a team, as member or lead."""

    class Standing(models.TextChoices):
        MEMBER = "MEMBER", "Member"
        LEAD = "LEAD", "Team lead"

    person = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    standing = models.CharField(max_length=16, choices=Standing, default=Standing.MEMBER)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "team"], name="accounts_one_membership_each_team"),
            models.CheckConstraint(
                condition=models.Q(standing__in=["MEMBER", "LEAD"]), name="accounts_standing_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}"
