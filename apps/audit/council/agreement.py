"""What `ledger verify` asks about closed teams: are they, and what opens them, what the events say?"""

from __future__ import annotations

from collections.abc import Iterator

from apps.ledger.agreement import NOWHERE, Finding
from apps.ledger.stored import Cursor

CLOSED = """
    SELECT subject_id FROM (
        SELECT DISTINCT ON (subject_id) subject_id, action FROM ledger_event
        WHERE action IN ('COUNCIL_TEAM_CLOSED', 'COUNCIL_TEAM_REOPENED') ORDER BY subject_id, happened_at DESC, id DESC
    ) AS newest WHERE action = 'COUNCIL_TEAM_CLOSED'
"""
UNEXPLAINED = """
    SELECT opening.id FROM audit_opening AS opening WHERE NOT EXISTS (
        SELECT FROM ledger_event AS event WHERE event.id = opening.event_id AND event.action = 'COUNCIL_OPENED'
        AND event.subject_id = coalesce(opening.exchange_id, opening.person_id)::text
        AND (event.details ->> 'until')::timestamptz = opening.until
    ) ORDER BY opening.id LIMIT 200
"""


def closed_agrees(cursor: Cursor) -> Iterator[Finding]:
    """Compare closed teams and openings with their events. Three statements."""
    cursor.execute(CLOSED)
    said = {row[0] for row in cursor.fetchall()}
    cursor.execute("SELECT team_id::text FROM audit_closedteam")
    stands = {row[0] for row in cursor.fetchall()}
    for team_id in sorted(said - stands):
        yield Finding(
            "TEAM_UNCLOSED", NOWHERE, f"The team {team_id} was closed to the desk, and is open without a record."
        )
    for team_id in sorted(stands - said):
        yield Finding("TEAM_CLOSED", NOWHERE, f"The team {team_id} is closed to the desk without a record of it.")
    cursor.execute(UNEXPLAINED)
    for (opening_id,) in cursor.fetchall():
        yield Finding("OPENING_FORGED", NOWHERE, f"The opening {opening_id} is not what two officers agreed on.")
