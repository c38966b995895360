"""People as the ledger names them: ids and labels, no foreign keys."""

from __future__ import annotations

from apps.accounts.models import Team, User
from apps.ledger.facts import Who


def who(person: User, team: Team | None = None) -> Who:
    """Name a person, and the team on whose behalf they act, for the record. No query."""
    if team is None:
        return Who(id=person.pk, label=person.name)
    return Who(id=person.pk, label=person.name, team_id=team.pk, team_label=team.name)
