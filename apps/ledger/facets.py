"""Which teams and models the ledger has seen, for the filters of its readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

MOST = 500


@dataclass(frozen=True, slots=True)
class TeamSeen:
    """A team as its newest exchange calls it."""

    id: UUID
    label: str


def teams_seen() -> list[TeamSeen]:
    """List the teams that have exchanges, by name, 500 at most. One query that touches a row for each team."""
    rows = _steps(
        """
        WITH RECURSIVE seen AS (
            (SELECT team_id, team_label FROM ledger_intent WHERE team_id IS NOT NULL
             ORDER BY team_id, started_at DESC, id DESC LIMIT 1)
            UNION ALL
            SELECT next.team_id, next.team_label FROM seen CROSS JOIN LATERAL (
                SELECT team_id, team_label FROM ledger_intent WHERE team_id > seen.team_id
                ORDER BY team_id, started_at DESC, id DESC LIMIT 1) AS next
        ) SELECT team_id, team_label FROM seen LIMIT %s
        """
    )
    return sorted((TeamSeen(*row) for row in rows), key=lambda team: team.label.casefold())


def models_seen() -> list[str]:
    """List the names of models that have exchanges, 500 at most. One query that touches a row for each model."""
    rows = _steps(
        """
        WITH RECURSIVE seen AS (
            (SELECT model_label FROM ledger_intent WHERE model_label > '' ORDER BY model_label LIMIT 1)
            UNION ALL
            SELECT next.model_label FROM seen CROSS JOIN LATERAL (
                SELECT model_label FROM ledger_intent WHERE model_label > seen.model_label
                ORDER BY model_label LIMIT 1) AS next
        ) SELECT model_label FROM seen LIMIT %s
        """
    )
    return sorted((row[0] for row in rows), key=str.casefold)


def _steps(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, [MOST])
        return list(cursor.fetchall())
