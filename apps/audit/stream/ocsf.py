"""
Write a record as an event of the Open Cybersecurity Schema Framework, version 1.6 (schema.ocsf.io).

Exchanges are API activities with the profile `ai_operation`; signing in, accounts, rights and alarms have the classes
that are made for them; every other act is an API activity named by its word.
"""

from __future__ import annotations

import json
from typing import Any, Final

from apps.audit.stream.record import Record

VERSION: Final = "1.6.0"
ACCOUNT_CHANGE, AUTHENTICATION, USER_ACCESS, FINDING, API = 3001, 3002, 3005, 2004, 6003
CREATE, DELETE, OTHER = 1, 4, 99
INFORMATIONAL, LOW, HIGH = 1, 2, 4
SUCCESS, FAILURE, UNKNOWN = 1, 2, 0

CLASSES: Final[dict[str, tuple[int, int]]] = {
    "SIGNED_IN": (AUTHENTICATION, 1), "DEMO_SIGNED_IN": (AUTHENTICATION, 1), "SIGN_IN_REFUSED": (AUTHENTICATION, 1),
    "SIGN_IN_FAILED": (AUTHENTICATION, 1), "SIGNED_OUT": (AUTHENTICATION, 2), "API_KEY_REFUSED": (AUTHENTICATION, 1),
    "PERSON_CREATED": (ACCOUNT_CHANGE, 1), "PERSON_REACTIVATED": (ACCOUNT_CHANGE, 2),
    "PERSON_DEACTIVATED": (ACCOUNT_CHANGE, 5), "PERSON_CHANGED": (ACCOUNT_CHANGE, OTHER),
    "ROLE_GRANTED": (USER_ACCESS, 1), "ROLE_REVOKED": (USER_ACCESS, 2), "MEMBER_ADDED": (USER_ACCESS, 1),
    "MEMBER_REMOVED": (USER_ACCESS, 2),
    "LEDGER_ALARM_RAISED": (FINDING, 1), "LEDGER_ALARM_ENDED": (FINDING, 3),
}  # fmt: skip
REFUSALS: Final = ("_REFUSED", "_DENIED", "_FAILED")


def write(record: Record) -> str:
    """Write one line of JSON."""
    return json.dumps(event_of(record), separators=(",", ":"))


def event_of(record: Record) -> dict[str, Any]:
    """Give the event as plain values."""
    class_uid, activity = _class_of(record)
    event: dict[str, Any] = {
        "activity_id": activity,
        "category_uid": class_uid // 1000,
        "class_uid": class_uid,
        "type_uid": class_uid * 100 + activity,
        "severity_id": severity_of(record),
        "status_id": _status(record),
        "time": int(record.at.timestamp() * 1000) if record.at else 0,
        "message": record.label or record.kind,
        "metadata": {
            "uid": str(record.id),
            "sequence": record.place,
            "version": VERSION,
            "product": {"name": "Portcullis", "vendor_name": "Portcullis"},
            "event_code": record.action or record.kind,
        },
    }
    return {**event, **_of_class(record, class_uid)}


def _class_of(record: Record) -> tuple[int, int]:
    if record.kind == "ACT":
        return CLASSES.get(record.action, (API, OTHER))
    return API, CREATE if record.kind == "ASKED" else OTHER


def severity_of(record: Record) -> int:
    """Say how severe a record is: a gap and an alarm are, a refusal is a little."""
    if record.action == "LEDGER_ALARM_RAISED" or record.kind == "GONE":
        return HIGH
    return LOW if record.action.endswith(REFUSALS) or record.outcome == "FAILED" else INFORMATIONAL


def _status(record: Record) -> int:
    if record.kind == "ENDED":
        return SUCCESS if record.outcome == "ANSWERED" else UNKNOWN if record.outcome == "UNKNOWN" else FAILURE
    return FAILURE if record.action.endswith(REFUSALS) or record.kind == "GONE" else SUCCESS


def _of_class(record: Record, class_uid: int) -> dict[str, Any]:
    person = _user(record)
    unmapped = {"unmapped": dict(record.details)} if record.details else {}
    if class_uid == FINDING:
        kind = str(record.details.get("kind", record.action))
        return {"finding_info": {"uid": f"ledger/{kind}", "title": f"{record.label}: {kind}"}, **unmapped}
    if class_uid == AUTHENTICATION:
        return {"user": person, "actor": {"user": person}, **unmapped}
    if class_uid in (ACCOUNT_CHANGE, USER_ACCESS):
        privileges = (
            {"privileges": [str(record.details.get("role") or record.action)]} if class_uid == USER_ACCESS else {}
        )
        return {"user": _subject(record), "actor": {"user": person}, **privileges, **unmapped}
    return {**_api(record, person), **_ai_operation(record), **unmapped}


def _user(record: Record) -> dict[str, Any]:
    if record.person_id is None:
        return {"name": "portal", "type_id": 3}
    named = {"name": record.person} if record.person else {}
    team = {"groups": [{"name": record.team}]} if record.team else {}
    return {"uid": str(record.person_id), "type_id": 1, **named, **team}


def _subject(record: Record) -> dict[str, Any]:
    named = {"name": record.subject} if record.subject else {}
    return {"uid": record.subject_id or "unknown", "type_id": 1, **named}


def _api(record: Record, person: dict[str, Any]) -> dict[str, Any]:
    operation = record.action or f"{record.purpose or 'RECORD'}_{record.kind}"
    uid = record.exchange_id or record.subject_id
    request = {"request": {"uid": str(uid)}} if uid else {}
    resource = {"name": record.subject, "type": record.subject_kind, "uid": record.subject_id}
    resources = (
        {"resources": [{name: value for name, value in resource.items() if value}]} if record.subject_kind else {}
    )
    return {
        "api": {"operation": operation, "service": {"name": "Portcullis"}, **request},
        "actor": {"user": person},
        "src_endpoint": {"name": record.door or "portal"},
        **resources,
    }


def _ai_operation(record: Record) -> dict[str, Any]:
    if record.exchange_id is None:
        return {}
    tokens = {"prompt_tokens": record.input_tokens, "completion_tokens": record.output_tokens}
    words = {"prompt_text": record.prompt, "response_text": record.answer}
    context = {
        "uid": str(record.exchange_id),
        **({**tokens, "total_tokens": sum(tokens.values())} if record.kind == "ENDED" else {}),
        **{name: text for name, text in words.items() if text},
    }
    more = {
        "outcome": record.outcome, "reason": record.reason, "egress_class": record.egress_class,
        "region": record.region, "masked_types": list(record.masked_types), "masked_count": record.masked_count,
        "cost": f"{record.cost:f}" if record.currency else "", "currency": record.currency,
    }  # fmt: skip
    return {
        "ai_model": {"name": record.model or "none", "ai_provider": record.provider or "none"},
        "message_context": context,
        "unmapped": {name: value for name, value in more.items() if value},
    }
