"""What the ledger compares of routes: which team leaves the choice to the portal, and who answers for which model."""

from __future__ import annotations

from apps.ledger.registers import UNKNOWN, Register, Rows, Told
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action


def routes(cursor: Cursor) -> Rows:
    """Read which teams have an automatic route, between which models. One statement."""
    cursor.execute("SELECT team_id::text, is_on, small_id::text, large_id::text FROM gateway_autoroute")
    found = {team: {"is_on": is_on, "small": small, "large": large} for team, is_on, small, large in cursor.fetchall()}
    return {team: route for team, route in found.items() if any(route.values())}


def apply_route(rows: Rows, told: Told) -> None:
    """Set a team's route; one that is off and names nothing is none."""
    said = told.details
    route = {"is_on": said["is_on"]} | {
        name: said.get(f"{name}_id", UNKNOWN if said[name] else None) for name in ("small", "large")
    }
    rows.pop(told.subject_id, None)
    if any(route.values()):
        rows[told.subject_id] = route


def alternates(cursor: Cursor) -> Rows:
    """Read whether and in which order others answer for a model, and after how long. One statement."""
    cursor.execute(
        "SELECT id::text, fallback, first_word_seconds, array(SELECT alternate_id::text FROM gateway_alternate "
        "WHERE model_id = model.id ORDER BY position) FROM gateway_languagemodel AS model"
    )
    return {
        model: {"fallback": fallback, "first_word_seconds": seconds, "alternates": others}
        for model, fallback, seconds, others in cursor.fetchall()
    }


def apply_fallback(rows: Rows, told: Told) -> None:
    """Make a model, for which nobody answers yet, or set who does."""
    if told.action == Action.MODEL_CREATED:
        rows[told.subject_id] = {"fallback": "NONE", "first_word_seconds": None, "alternates": []}
        return
    rows[told.subject_id] = {
        "fallback": told.details["fallback"], "first_word_seconds": told.details["first_word_seconds"],
        "alternates": told.details.get("alternate_ids", UNKNOWN),
    }  # fmt: skip


ROUTES = (
    Register("routes", "automatic route of team", (Action.ROUTE_CHANGED,), routes, apply_route, ("gateway_autoroute",)),
    Register(
        "alternates", "order of who answers for model", (Action.MODEL_CREATED, Action.MODEL_FALLBACK_SET), alternates,
        apply_fallback, ("gateway_languagemodel", "gateway_alternate"),
    ),
)  # fmt: skip
