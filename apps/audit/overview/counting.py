"""
Follow the ledger and add up its days.

The order of the tree has no gaps and never changes, so the place up to which was counted is one number. It moves in the
transaction that adds the sums: nothing is counted twice or left out, whatever dies in between.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from apps.audit.overview.models import Place
from apps.ledger import prepared
from apps.ledger.models import RowKind
from apps.privacy.vocabulary import SECRET

LEAVES_AT_ONCE = 20_000

NEWS = """
    SELECT coalesce((SELECT max(index) FROM ledger_entry), -1)
        >= coalesce((SELECT next_leaf FROM overview_place WHERE id = 1), -1)
"""

_COLUMNS = """
    SELECT (i.started_at AT TIME ZONE %(zone)s) AS at, i.team_id, i.team_label, i.model_label, i.door, i.masked_types,
           i.masked_count AS masked, (%(secret)s = ANY (i.masked_types))::int AS secret, o.kind, o.currency, o.cost,
           o.input_tokens + o.output_tokens AS tokens
"""
_NEW = """
    FROM ledger_entry AS e JOIN ledger_outcome AS o ON o.id = e.row_id JOIN ledger_intent AS i ON i.id = o.intent_id
    WHERE e.kind = %(outcome)s AND e.index >= %(first)s AND e.index < %(beyond)s
"""
_ALL = "FROM ledger_outcome AS o JOIN ledger_intent AS i ON i.id = o.intent_id"
_FACETS = """
    SELECT at::date AS day, 'HOUR' AS facet, to_char(at, 'HH24') AS key, to_char(at, 'HH24') AS label, ended.*
    FROM ended
    UNION ALL
    SELECT at::date, 'TEAM', coalesce(team_id::text, ''), coalesce(nullif(team_label, ''), 'No team'), ended.*
    FROM ended
    UNION ALL
    SELECT at::date, 'MODEL', model_label, coalesce(nullif(model_label, ''), 'No model'), ended.* FROM ended
    UNION ALL
    SELECT at::date, 'DOOR', door, door, ended.* FROM ended
    UNION ALL
    SELECT at::date, 'MASKED', type, type, ended.* FROM ended CROSS JOIN unnest(masked_types) AS type
"""
_SUMS = f"""
    INSERT INTO overview_tally AS sum
        (grain, day, facet, key, kind, currency, label, exchanges, masked, secrets, tokens, cost)
    SELECT grain, date_trunc(long, day)::date, facet, key, kind, currency, max(label), count(*), sum(masked),
           sum(secret), sum(tokens), sum(cost)
    FROM ({_FACETS}) AS facets CROSS JOIN (VALUES ('D', 'day'), ('M', 'month')) AS grains (grain, long)
    WHERE grain = 'D' OR facet <> 'HOUR'
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 3, 2, 4, 5, 6
    ON CONFLICT (grain, facet, day, key, kind, currency) DO UPDATE SET
        label = excluded.label, exchanges = sum.exchanges + excluded.exchanges, masked = sum.masked + excluded.masked,
        secrets = sum.secrets + excluded.secrets, tokens = sum.tokens + excluded.tokens, cost = sum.cost + excluded.cost
"""  # noqa: S608  constants above


def from_everything() -> str:
    """Give the statement that adds up all exchanges there are, for sums that are made anew."""
    return f"WITH ended AS ({_COLUMNS} {_ALL}) {_SUMS}"


def has_news() -> bool:
    """Say whether the tree has grown past what was counted. One statement, which locks nothing."""
    return bool(prepared.rows(NEWS)[0][0])


def go_on() -> int:
    """
    Count the next 20,000 leaves at most; give how many were counted, 0 where there are none or another counts now.

    Four statements. Whoever else counts at the same moment is let alone: nobody waits for the lock of the place.
    """
    with transaction.atomic():
        Place.objects.get_or_create(pk=1)
        place = Place.objects.select_for_update(skip_locked=True).filter(pk=1).first()
        if place is None:
            return 0
        beyond = min(_leaves(), place.next_leaf + LEAVES_AT_ONCE)
        counted = beyond - place.next_leaf
        if counted > 0:
            _add_up(place.next_leaf, beyond)
            Place.objects.filter(pk=1).update(next_leaf=beyond)
        return max(counted, 0)


def _leaves() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(index) + 1, 0) FROM ledger_entry")
        return int(cursor.fetchone()[0])


def _add_up(first: int, beyond: int) -> None:
    asked: dict[str, str | int] = {
        "first": first, "beyond": beyond, "zone": settings.TIME_ZONE, "secret": SECRET,
        "outcome": RowKind.OUTCOME.value,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(f"WITH ended AS ({_COLUMNS} {_NEW}) {_SUMS}", asked)
