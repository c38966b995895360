"""
Write a record in ArcSight's Common Event Format, version 0.

A line is a header of seven fields between pipes and pairs ``key=value``. Whatever could end a field, a pair or the line
is escaped or taken out, so that no label can forge a second event.
"""

from __future__ import annotations

import json
import re
from typing import Final

from apps.audit.stream import ocsf
from apps.audit.stream.record import Record

BREAKS: Final = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SEVERITIES: Final = {ocsf.INFORMATIONAL: 1, ocsf.LOW: 4, ocsf.HIGH: 9}


def write(record: Record) -> str:
    """Write one line, without its end."""
    same = ocsf.event_of(record)
    signature = record.action or f"{record.purpose}_{record.kind}".strip("_")
    name = record.label or {"ASKED": "Exchange asked", "ENDED": "Exchange ended"}.get(record.kind, "Record gone")
    head = ("CEF:0", "Portcullis", "Portcullis", "1", signature, name, str(SEVERITIES[same["severity_id"]]))
    pairs = " ".join(f"{key}={_value(text)}" for key, text in _pairs(record).items() if text)
    return "|".join([head[0], *map(_field, head[1:]), pairs])


def _pairs(record: Record) -> dict[str, str]:
    is_ended = record.kind == "ENDED"
    return {
        "rt": str(int(record.at.timestamp() * 1000)) if record.at else "",
        "externalId": str(record.id),
        "cn1Label": "place", "cn1": str(record.place),
        "suid": str(record.person_id or "portal"), "suser": record.person,
        "cs1Label": "team" if record.team else "", "cs1": record.team,
        "act": record.action or record.kind, "outcome": record.outcome, "reason": record.reason,
        "app": record.door,
        "cs2Label": "model" if record.model else "", "cs2": record.model,
        "cs3Label": "exchange" if record.exchange_id else "", "cs3": str(record.exchange_id or ""),
        "cs4Label": "masked" if record.masked_types else "", "cs4": ",".join(record.masked_types),
        "cs5Label": "details" if record.details else "", "cs5": json.dumps(record.details) if record.details else "",
        "cs6Label": "subject" if record.subject_id else "",
        "cs6": f"{record.subject_kind}:{record.subject_id} {record.subject}".strip() if record.subject_id else "",
        "cn2Label": "inputTokens" if is_ended else "", "cn2": str(record.input_tokens) if is_ended else "",
        "cn3Label": "outputTokens" if is_ended else "", "cn3": str(record.output_tokens) if is_ended else "",
        "msg": record.prompt or record.answer,
    }  # fmt: skip


def _field(text: str) -> str:
    """Escape a field of the header: backslashes and pipes; it has no way to hold a line's end."""
    return CONTROLS.sub(" ", BREAKS.sub(" ", text)).replace("\\", "\\\\").replace("|", "\\|")


def _value(text: str) -> str:
    """Escape a value: backslashes and equals signs; a line's end is written as backslash and n."""
    escaped = text.replace("\\", "\\\\").replace("=", "\\=")
    return CONTROLS.sub(" ", BREAKS.sub(r"\\n", escaped))
