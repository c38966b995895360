"""
While a confidential case is open, the people whose exchanges it holds are not told that somebody looked at them.

One officer hides each look for 30 days. Longer takes a second one who works on the case: asking the whole desk would
tell it, and whoever the case is about, that there is one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.cases.models import Case
from apps.audit.cases.recording import about_case
from apps.ledger import looks
from apps.ledger.vocabulary import Action

KEPT_FOR = timedelta(days=90)


class TakesAnother(Exception):
    """Whoever made the case confidential may not decide alone that its looks stay hidden."""

    sentence = (
        "You made this case confidential, so another officer who works on it decides whether its looks stay hidden. "
        "Each look appears 30 days after it."
    )


def keep(case: Case, *, by: User, now: datetime) -> None:
    """Hide or show the looks at every exchange of a case, as the case stands now, in the caller's transaction."""
    if is_kept(case):
        looks.hide_looks(
            case.exchanges.values_list("exchange_id", flat=True), case_id=case.pk, kept_until=case.kept_until,
            who=who(by), now=now,
        )  # fmt: skip
    else:
        looks.show_looks(case_id=case.pk, who=who(by), now=now)


def put_in(case: Case, exchange_ids: Collection[UUID], *, by: User, now: datetime) -> None:
    """Hide the looks at exchanges that come into a confidential case."""
    if is_kept(case):
        looks.hide_looks(exchange_ids, case_id=case.pk, kept_until=case.kept_until, who=who(by), now=now)


def taken_out(case: Case, exchange_id: UUID, *, by: User, now: datetime) -> None:
    """Show the looks at an exchange that a case no longer holds."""
    looks.show_looks([exchange_id], case_id=case.pk, who=who(by), now=now)


def is_kept(case: Case) -> bool:
    """Say whether a case hides the looks at its exchanges now."""
    return case.state == Case.State.OPEN and case.is_confidential


def may_keep_longer(case: Case, actor: User) -> bool:
    """Say whether somebody, who works on the case, may keep its looks hidden for longer."""
    return is_kept(case) and actor.has_role(Role.COMPLIANCE_OFFICER) and actor.pk != case.confidential_by_id


@transaction.atomic
def keep_longer(case: Case, *, why: str, by: User, now: datetime) -> None:
    """
    Keep the looks at a case's exchanges hidden for 90 days from now, as the second officer.

    :raises TakesAnother: if `by` made the case confidential, or it hides nothing now.
    """
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if not may_keep_longer(locked, by):
        raise TakesAnother
    locked.kept_until = now + KEPT_FOR
    locked.save(update_fields=["kept_until"])
    about_case(Action.CASE_CONFIDENCE_PROLONGED, locked, by=by, now=now, why=why, until=locked.kept_until.isoformat())
    looks.keep_hidden(case_id=case.pk, until=locked.kept_until, who=who(by), now=now)
