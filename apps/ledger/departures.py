"""The count of requests that went out, kept beside the intents by whoever hands bytes to the network."""

from __future__ import annotations

from collections.abc import Sequence

from apps.ledger import prepared
from apps.ledger.facts import Sent


def keep(sent: Sequence[Sent]) -> None:
    """Write counted requests down. One statement, whatever their number; raises what the database raises."""
    prepared.rows(
        "INSERT INTO ledger_departure (call_id, way, at) "
        "SELECT * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[])",
        [[one.call_id for one in sent], [one.way for one in sent], [one.at for one in sent]],
    )
