"""The case itself as a file of its export: its state and its chain of custody; its words only in the full variant."""

from __future__ import annotations

import json
from typing import Any, Final

from apps.audit.cases import custody, words
from apps.audit.cases.lines import moment
from apps.audit.cases.models import Case, Export

NAME: Final = "case.json"


def contents(export: Export, case: Case) -> bytes:
    """Write the case. Four queries."""
    told: dict[str, Any] = {
        "number": case.number,
        "state": case.state,
        "finding": case.finding or None,
        "opened_at": moment(case.opened_at),
        "closed_at": moment(case.closed_at) if case.closed_at else None,
        "officer": case.officer.name,
        "custody": [
            {"at": moment(act.happened_at), "by": act.actor_label, "act": act.label, "exchange": act.exchange}
            for act in custody.all_of(case, export.by)
        ],
    }
    if export.variant == Export.Variant.FULL:
        told |= _words(case)
    return json.dumps(told, indent=1).encode() + b"\n"


def _words(case: Case) -> dict[str, Any]:
    said = words.of(case)
    notes = list(case.notes.order_by("written_at", "id"))
    texts = words.notes_of(case, notes)
    return {
        "title": said.title,
        "why": said.why,
        "finding_words": said.finding,
        "notes": [{"at": moment(note.written_at), "by": note.author_label, "text": texts[note.pk]} for note in notes],
    }
