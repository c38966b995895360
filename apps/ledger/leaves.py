"""
What a leaf of the tree says: one record as canonical JSON, by its table and the number of its form.

Written twice, on purpose. `of_columns` takes text that PostgreSQL has prepared and is fast enough to check a million
rows in a minute; `of_values` takes typed values and follows RFC 8785 step by step. The sequencer signs only what both
agree on. Sealed columns enter by SHA-256 of their ciphertext, which means nothing once the key is destroyed.
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.ledger import canonical
from apps.ledger.facts import Json
from apps.ledger.models import RowKind

TEXT, NUMBER, IDENTIFIER, TIME, JSON, WORDS, SEALED, MONEY = (
    "text", "number", "identifier", "time", "json", "words", "sealed", "money"
)  # fmt: skip
_INTENT = {
    "id": IDENTIFIER, "form": NUMBER, "started_at": TIME, "recorded_at": TIME, "door": TEXT, "purpose": TEXT,
    "person_id": IDENTIFIER, "person_label": TEXT, "team_id": IDENTIFIER, "team_label": TEXT,
    "conversation_id": IDENTIFIER, "turn_id": IDENTIFIER, "model_label": TEXT, "provider_label": TEXT,
    "egress_class": TEXT, "sealed_payload": SEALED, "masked": JSON, "masked_types": WORDS, "masked_count": NUMBER,
    "passages": JSON, "policy_version": TEXT, "prompt_version": TEXT, "circumstances": JSON, "sealed_typed": SEALED,
}  # fmt: skip
LATER = frozenset({"circumstances", "sealed_typed"})
"""Columns that earlier forms lack; left out of a leaf where they hold nothing, so old records keep their leaves."""
_OUTCOME = {
    "id": IDENTIFIER, "form": NUMBER, "intent_id": IDENTIFIER, "started_at": TIME, "concluded_at": TIME,
    "recorded_at": TIME, "kind": TEXT, "reason": TEXT, "sealed_answer": SEALED, "input_tokens": NUMBER,
    "output_tokens": NUMBER, "cost": MONEY, "currency": TEXT,
}  # fmt: skip
_EVENT = {
    "id": IDENTIFIER, "form": NUMBER, "happened_at": TIME, "recorded_at": TIME, "action": TEXT,
    "actor_id": IDENTIFIER, "actor_label": TEXT, "team_id": IDENTIFIER, "team_label": TEXT, "subject_kind": TEXT,
    "subject_id": TEXT, "subject_label": TEXT, "details": JSON,
}  # fmt: skip

_READ_AS = {
    TEXT: "r.{0}", NUMBER: "r.{0}::text", IDENTIFIER: "r.{0}::text", JSON: "r.{0}::text", MONEY: "r.{0}::text",
    WORDS: "to_jsonb(r.{0})::text", SEALED: "encode(sha256(r.{0}), 'hex')",
    TIME: "to_char(r.{0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Form:
    """How the records of one table become leaves. Columns are in canonical order."""

    kind: RowKind
    table: str
    columns: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """What the leaf calls the table."""
        return self.table.removeprefix("ledger_")

    @property
    def prepared(self) -> str:
        """The columns of alias ``r`` as text, for `of_columns`."""
        return ", ".join(_READ_AS[sort].format(name) for name, sort in self.columns)

    @property
    def plain(self) -> str:
        """The columns of alias ``r`` as they are, for `of_values`."""
        return ", ".join(f"r.{name}" for name, _ in self.columns)


def _form(kind: RowKind, table: str, columns: dict[str, str]) -> Form:
    return Form(kind, f"ledger_{table}", tuple(sorted(columns.items())))


FORMS = {
    RowKind.INTENT: _form(RowKind.INTENT, "intent", _INTENT),
    RowKind.OUTCOME: _form(RowKind.OUTCOME, "outcome", _OUTCOME),
    RowKind.EVENT: _form(RowKind.EVENT, "event", _EVENT),
}


def of_columns(form: Form, columns: Sequence[str | None]) -> bytes:
    """Write a leaf from `Form.prepared` columns. About 10 µs."""
    pairs = [
        f'"{name}":{"null" if text is None else _FAST[sort](text)}'
        for (name, sort), text in zip(form.columns, columns, strict=True)
        if text is not None or name not in LATER
    ]
    insort(pairs, f'"table":"{form.name}"')
    return ("{" + ",".join(pairs) + "}").encode()


def of_values(form: Form, values: Sequence[Any]) -> bytes:
    """Write a leaf from `Form.plain` values, by the letter of RFC 8785."""
    record: dict[str, Json] = {
        name: _PLAIN[sort](value) if value is not None else None
        for (name, sort), value in zip(form.columns, values, strict=True)
        if value is not None or name not in LATER
    }
    return canonical.encode({**record, "table": form.table.removeprefix("ledger_")})


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _identifier(value: UUID) -> str:
    return str(value)


def _sealed(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


def _money(value: Decimal) -> str:
    return f"{value:.10f}"


def _as_it_is(value: Any) -> Any:
    return value


_FAST: dict[str, Callable[[str], str]] = {
    TEXT: canonical.string, NUMBER: str, IDENTIFIER: canonical.string, TIME: canonical.string, MONEY: canonical.string,
    SEALED: canonical.string, JSON: canonical.of_text, WORDS: canonical.of_text,
}  # fmt: skip
_PLAIN: dict[str, Callable[[Any], Any]] = {
    TEXT: _as_it_is, NUMBER: _as_it_is, IDENTIFIER: _identifier, TIME: _time, MONEY: _money, SEALED: _sealed,
    JSON: _as_it_is, WORDS: _as_it_is,
}  # fmt: skip
