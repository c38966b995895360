"""What the ledger compares of programs: whose each key is, what it may, until when, and which secret it answers to."""

from __future__ import annotations

from apps.ledger import registers
from apps.ledger.registers import Rows, Told, stamp
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

_KEYS = """
    SELECT id::text, kind, person_id::text, team_id::text, scopes::text[], model_ids::text[], expires_at,
        revoked_at IS NOT NULL, encode(sha256(digest), 'hex')
    FROM api_apikey
"""


def rows(cursor: Cursor) -> Rows:
    """Read every key but its name and its secret. One statement."""
    cursor.execute(_KEYS)
    return {
        key: {
            "kind": kind, "person": person, "team": team, "scopes": sorted(scopes),
            "models": sorted(models) if models else "all", "expires_at": stamp(expires_at), "is_revoked": is_revoked,
            "secret": secret,
        }
        for key, kind, person, team, scopes, models, expires_at, is_revoked, secret in cursor.fetchall()
    }  # fmt: skip


def apply(keys: Rows, told: Told) -> None:
    """Make, revoke or hand over a key."""
    said = told.details
    if told.action == Action.API_KEY_CREATED:
        keys[told.subject_id] = {
            "kind": said["kind"], "person": said["person_id"], "team": str(told.team_id),
            "scopes": sorted(said["scopes"]),
            "models": said["models"] if said["models"] == "all" else sorted(said["models"]),
            "expires_at": stamp(said["expires_at"]), "is_revoked": False,
            "secret": said.get("secret", registers.UNKNOWN),
        }  # fmt: skip
    elif (key := keys.get(told.subject_id)) is None:
        return
    elif told.action == Action.API_KEY_REVOKED:
        key["is_revoked"] = True
    else:
        key["person"] = said["to"]


KEYS = registers.Register(
    "keys of programs", "key", (Action.API_KEY_CREATED, Action.API_KEY_REVOKED, Action.API_KEY_HANDED_OVER), rows,
    apply, ("api_apikey",),
)  # fmt: skip
