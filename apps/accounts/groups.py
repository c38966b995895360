"""Roles that come from groups at the company's provider: they come with the group and go with it, at each sign-in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from apps.accounts.models import Role, RoleAssignment, User
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

GROUPS_AT_MOST = 2_000


def groups_in(claims: Mapping[str, Any]) -> frozenset[str]:
    """Read the groups of verified claims. A claim that is missing, or of another shape, names no group."""
    said = claims.get(settings.SSO_GROUPS_CLAIM)
    listed = said if isinstance(said, list) else [said]
    return frozenset(group for group in listed[:GROUPS_AT_MOST] if isinstance(group, str) and group)


def follow(person: User, groups: Iterable[str], *, now: datetime) -> None:
    """
    Give the roles that these groups bring, and take those that another sign-in's groups brought and these do not.

    A role that an admin gave stays an admin's to take. In the caller's transaction; one query where nothing changes.
    """
    if not settings.SSO_ROLE_GROUPS:
        return
    named = frozenset(groups)
    brought = {role: group for group, role in settings.SSO_ROLE_GROUPS if group in named}
    held = dict(RoleAssignment.objects.filter(person=person).values_list("role", "is_from_group"))
    for role, group in brought.items():
        if role not in held:
            RoleAssignment.objects.create(person=person, role=role, is_from_group=True)
            _record(Action.ROLE_GRANTED, person, role, group, now)
    for role, is_from_group in held.items():
        if is_from_group and role not in brought:
            RoleAssignment.objects.filter(person=person, role=role, is_from_group=True).delete()
            _record(Action.ROLE_REVOKED, person, role, "", now)


def _record(action: Action, person: User, role: str, group: str, now: datetime) -> None:
    details = {"role": Role(role).value, "by": "company sign-in", "group": group}
    record_event(
        action, who=None, subject_kind="person", subject_id=str(person.pk), subject_label=person.name, details=details,
        now=now,
    )  # fmt: skip
