"""Two officers, exchanges of some age, and the purge as a worker runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.actors import who
from apps.accounts.models import Role, Team, User
from apps.audit.approvals import asking
from apps.audit.approvals.models import Approval
from apps.audit.retention import erasing, purging, schedules
from apps.audit.retention.agreement import retention_agrees
from apps.ledger.models import Intent
from apps.privacy import holds
from apps.privacy.hold_models import Hold
from apps.privacy.holds import Scope
from apps.privacy.models import DataKey

NOW = datetime(2027, 6, 1, 12, 0, tzinfo=UTC)
WHY = "Asked for in writing on the first of June."


@pytest.fixture
def second(make_person: Callable[..., User]) -> User:
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def consent(second: User) -> Callable[[Approval], Approval]:
    """Have the second officer consent."""
    return lambda approval: asking.grant(approval.pk, by=second, now=NOW)


@pytest.fixture
def maya(make_person: Callable[..., User]) -> User:
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def aged(make_exchange: Callable[..., UUID], maya: User) -> Callable[..., UUID]:
    """Record an exchange of Maya's, so many days old; give the key that it is sealed under."""

    def make(days: int, *, by: User = maya, team: Team | None = None, **more: Any) -> UUID:
        team = team or by.teams.first()
        made = make_exchange(who=who(by, team), now=NOW - timedelta(days=days), **more)
        return Intent.objects.get(pk=made).conversation_id or made

    return make


@pytest.fixture
def keep_for(officer: User) -> Callable[..., None]:
    """Put a schedule in force, as two officers would."""

    def put(days: int | None, team: Team | None = None) -> None:
        schedules.put_in_force(team, days=days, why=WHY, by=officer, consent="Samir", now=NOW)

    return put


@pytest.fixture
def hold(officer: User) -> Callable[..., Hold]:
    """Place a hold."""

    def place(scope: Scope, remembered: set[UUID] = frozenset()) -> Hold:  # type: ignore[assignment]
        return holds.place(scope, name="Case 12", reason=WHY, remembered=remembered, by=who(officer), now=NOW)

    return place


def purge(now: datetime = NOW) -> None:
    """Purge until nothing is left to do."""
    one = purging.begin(now=now)
    while purging.step(one.pk, now=now):
        pass


def erase(request_id: UUID, now: datetime = NOW) -> None:
    """Erase until it has ended or waits."""
    while erasing.step(request_id, now=now):
        pass


def is_readable(key_id: UUID) -> bool:
    """Say whether what a key seals can be read."""
    return DataKey.objects.filter(pk=key_id, destroyed_at=None).exists()


def disagreements() -> list[str]:
    """List the codes of what `ledger verify` finds in the rows that this room answers for."""
    with connection.cursor() as cursor:
        return sorted({found.code for found in retention_agrees(cursor)})
