"""While a confidential case is open, the people whose exchanges it holds are not told that somebody looked at them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.cases.models import Case
from apps.ledger import looks


def keep(case: Case, *, by: User, now: datetime) -> None:
    """Hide or show the looks at every exchange of a case, as the case stands now, in the caller's transaction."""
    if is_kept(case):
        looks.hide_looks(
            case.exchanges.values_list("exchange_id", flat=True), case_id=case.pk, who=who(by), now=now
        )  # fmt: skip
    else:
        looks.show_looks(case_id=case.pk, who=who(by), now=now)


def put_in(case: Case, exchange_ids: Collection[UUID], *, by: User, now: datetime) -> None:
    """Hide the looks at exchanges that come into a confidential case."""
    if is_kept(case):
        looks.hide_looks(exchange_ids, case_id=case.pk, who=who(by), now=now)


def taken_out(case: Case, exchange_id: UUID, *, by: User, now: datetime) -> None:
    """Show the looks at an exchange that a case no longer holds."""
    looks.show_looks([exchange_id], case_id=case.pk, who=who(by), now=now)


def is_kept(case: Case) -> bool:
    """Say whether a case hides the looks at its exchanges now."""
    return case.state == Case.State.OPEN and case.is_confidential
