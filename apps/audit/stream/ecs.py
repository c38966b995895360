"""Write a record in the Elastic Common Schema (version 9.0), exchanges with its fields `gen_ai.*`."""

from __future__ import annotations

import json
from typing import Any, Final

from apps.audit.stream import ocsf
from apps.audit.stream.record import Record

VERSION: Final = "9.0.0"
OUTCOMES: Final = {ocsf.SUCCESS: "success", ocsf.FAILURE: "failure", ocsf.UNKNOWN: "unknown"}
CATEGORIES: Final = {
    ocsf.AUTHENTICATION: ("authentication", "start"), ocsf.ACCOUNT_CHANGE: ("iam", "user"),
    ocsf.USER_ACCESS: ("iam", "change"), ocsf.FINDING: ("configuration", "info"), ocsf.API: ("api", "info"),
}  # fmt: skip


def write(record: Record) -> str:
    """Write one line of JSON."""
    return json.dumps(document_of(record), separators=(",", ":"))


def document_of(record: Record) -> dict[str, Any]:
    """Give the document as plain values."""
    same = ocsf.event_of(record)
    category, kind = CATEGORIES[same["class_uid"]]
    document: dict[str, Any] = {
        "@timestamp": record.at.isoformat() if record.at else "1970-01-01T00:00:00+00:00",
        "ecs": {"version": VERSION},
        "message": same["message"],
        "event": {
            "id": str(record.id),
            "sequence": record.place,
            "kind": "alert" if same["class_uid"] == ocsf.FINDING else "event",
            "category": [category],
            "type": [kind],
            "action": record.action or f"{record.purpose}_{record.kind}".strip("_"),
            "outcome": OUTCOMES[same["status_id"]],
            "severity": same["severity_id"],
            "dataset": "portcullis.ledger",
            "module": "portcullis",
        },
        "user": {name: same_user for name, same_user in _user(record).items() if same_user},
        "labels": {name: str(value) for name, value in _labels(record).items() if value not in ("", None)},
    }
    return {**document, **({"gen_ai": _gen_ai(record)} if record.exchange_id else {})}


def _user(record: Record) -> dict[str, Any]:
    group = {"name": record.team} if record.team else None
    return {"id": str(record.person_id or "portal"), "name": record.person, "group": group}


def _labels(record: Record) -> dict[str, Any]:
    about = {
        "subject_kind": record.subject_kind, "subject_id": record.subject_id, "subject": record.subject,
        "egress_class": record.egress_class, "region": record.region, "reason": record.reason,
        "masked_types": ",".join(record.masked_types), "cost": f"{record.cost:f}" if record.currency else "",
        "currency": record.currency, "door": record.door,
    }  # fmt: skip
    details = record.details.items()
    return about | {f"detail_{name}": value if isinstance(value, str) else json.dumps(value) for name, value in details}


def _gen_ai(record: Record) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operation": {"name": "embeddings" if record.purpose == "EMBEDDING" else "chat"},
        "provider": {"name": record.provider or "none"},
        "request": {"model": record.model or "none"},
        "response": {"id": str(record.exchange_id)},
    }
    if record.kind == "ENDED":
        said["response"]["finish_reasons"] = [record.outcome.lower()]
        said["usage"] = {"input_tokens": record.input_tokens, "output_tokens": record.output_tokens}
    if record.prompt:
        said["input"] = {"messages": record.prompt}
    if record.answer:
        said["output"] = {"messages": record.answer}
    return said
