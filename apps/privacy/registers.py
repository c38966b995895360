"""What the ledger compares of privacy: every version of the policy, rule by rule."""

from __future__ import annotations

import json

from apps.ledger import registers
from apps.ledger.registers import Rows, Told, stamp
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

_POLICIES = """
    SELECT version.number::text, version.made_by_id::text, version.made_at, version.team_id::text,
        'Policy ' || version.number || ' (' || coalesce(nullif(version.team_label, ''), 'company') || ', '
            || lower(version.egress_class) || ')',
        rule.type, rule.treatment, rule.threshold, rule.may_release, rule.before::text,
        rule.team_id IS NOT DISTINCT FROM version.team_id AND rule.egress_class = version.egress_class
    FROM privacy_policyversion AS version LEFT JOIN privacy_policyrule AS rule ON rule.version_id = version.number
"""


def rows(cursor: Cursor) -> Rows:
    """Read every version of the policy with its rules. One statement."""
    cursor.execute(_POLICIES)
    found: Rows = {}
    for number, by, at, team, label, kind, treatment, threshold, may_release, before, is_its_own in cursor.fetchall():
        version = found.setdefault(number, {"by": by, "at": stamp(at), "team": team, "label": label, "rules": {}})
        after = {"treatment": treatment, "threshold": threshold, "may_release": may_release} if treatment else {}
        if kind:
            version["rules"][kind] = [json.loads(before), after, is_its_own]
    return found


def apply(versions: Rows, told: Told) -> None:
    """Add the version that one event put in force."""
    versions[told.subject_id] = {
        "by": str(told.actor_id), "at": stamp(told.happened_at), "team": str(told.team_id) if told.team_id else None,
        "label": told.subject_label,
        "rules": {kind: [said["before"], said["after"], True] for kind, said in told.details.items()},
    }  # fmt: skip


POLICIES = registers.Register("policies", "version of the policy", (Action.POLICY_CHANGED,), rows, apply)
