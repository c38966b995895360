"""
The only way into the ledger: write an intent before anything leaves, its outcome once it ended, and events.

Nothing here is ever changed afterwards. No exception carries the text of a record, and none is chained to the
database's own error, whose detail would quote the row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict, Unpack, cast
from uuid import UUID

from django.db import DatabaseError, Error, IntegrityError, connection, transaction
from django.db.models import Q

from apps.ledger import prepared, statements
from apps.ledger.facts import NOTHING_KNOWN, Circumstances, Json, MaskedSpan, PassageFact, Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent, Outcome, SearchRow
from apps.ledger.prepared import Condition, Write
from apps.ledger.rows import intent_row, person_label
from apps.ledger.statements import Values
from apps.ledger.text import label, storable, storable_json
from apps.ledger.vocabulary import Action, OutcomeKind

OPEN_INTENT_MILLISECONDS = 5_000
BESIDE_THE_INTENT = frozenset({"left_text", "lease_until", "reservation_id"})
UNIQUE_VIOLATION = "23505"

_is_durable_together: ContextVar[bool] = ContextVar("is_durable_together", default=False)
_is_durable_at_once: ContextVar[bool] = ContextVar("is_durable_at_once", default=False)


class LedgerError(Exception):
    """The ledger could not do what was asked."""


class LedgerUnavailable(LedgerError):
    """The record could not be written, so what it records must not happen."""

    sentence = "The audit record cannot be written at the moment, so nothing was sent. Try again in a minute."

    def __init__(self, code: str) -> None:
        super().__init__(f"The ledger refused a record (database code {code}). Check the database and /readyz.")
        self.code = code


class IntentInsideTransaction(LedgerError):
    """An intent was opened inside a transaction that could still take it back."""

    def __init__(self) -> None:
        super().__init__(
            "open_intent was called inside an open transaction, which could roll the intent back after the text has "
            "left. Call it outside transaction.atomic()."
        )


class AlreadyConcluded(LedgerError):
    """Somebody else wrote the outcome of this exchange first."""

    def __init__(self, intent_id: UUID) -> None:
        super().__init__(f"Exchange {intent_id} already has its outcome. Leave it: an outcome is written once.")
        self.intent_id = intent_id


class NoSuchIntent(LedgerError):
    """An outcome was offered for an exchange that the ledger does not know."""

    def __init__(self, intent_id: UUID) -> None:
        super().__init__(f"The ledger has no exchange {intent_id}. Open an intent before concluding it.")
        self.intent_id = intent_id


@contextmanager
def durably_together() -> Iterator[None]:
    """
    Open the transaction of an intent, for what must be on disk together with it, such as the money held for the call.

    When the body has ended without an exception, all of it is on disk. Bounded by 5 seconds for each statement.

    :raises LedgerUnavailable: if it could not be written: send nothing.
    :raises IntentInsideTransaction: if a surrounding transaction could still undo it.
    """
    with _committing_by_itself():
        _durably(milliseconds=OPEN_INTENT_MILLISECONDS)
        before = _is_durable_together.set(True)
        try:
            yield
        finally:
            _is_durable_together.reset(before)


class IntentFacts(TypedDict):
    """What is put on the record of an exchange before it leaves; see `open_intent`."""

    who: Who
    door: str
    purpose: str
    conversation_id: UUID | None
    turn_id: UUID | None
    model_label: str
    provider_label: str
    egress_class: str
    sealed_payload: bytes
    left_text: str
    masked: Sequence[MaskedSpan]
    passages: Sequence[PassageFact]
    policy_version: str
    prompt_version: str
    circumstances: NotRequired[Circumstances]
    sealed_typed: NotRequired[bytes]
    now: datetime
    lease_until: NotRequired[datetime | None]
    reservation_id: NotRequired[UUID | None]


def open_intent(**facts: Unpack[IntentFacts]) -> UUID:
    """
    Record what is about to leave; when this returns, the record is on disk. Only then may a byte leave.

    ``sealed_payload`` and ``sealed_typed``, what was typed, are already encrypted under the conversation's key;
    ``left_text`` is scrubbed. Costs one statement and one flush; bounded by 5 seconds in the database.

    :raises LedgerUnavailable: if the record could not be written: send nothing.
    :raises IntentInsideTransaction: if a surrounding transaction could still undo it.
    """
    with durably_together():
        return write_intent(**facts)


def write_intent(**facts: Unpack[IntentFacts]) -> UUID:
    """
    Do as :func:`open_intent`, within :func:`durably_together`; the record is on disk when that ends. One statement.

    Until `lease_until` the sweeper leaves the exchange alone; whoever answers it renews that
    (`open_exchanges.keep_open`).
    `reservation_id` is what is held for the call.

    :raises IntentInsideTransaction: if it is called anywhere else.
    """
    if not _is_durable_together.get():
        raise IntentInsideTransaction
    intent, open_row, search = _rows_of(facts)
    statements.insert_intent(intent, open_row, search)
    return _id_of(intent)


def intent_along(**facts: Unpack[IntentFacts]) -> tuple[UUID, tuple[Write, ...]]:
    """
    Give the rows of an intent for another statement to write along, within :func:`durably_at_once`; and its id.

    :raises IntentInsideTransaction: if it is called anywhere else.
    """
    if not _is_durable_at_once.get():
        raise IntentInsideTransaction
    intent, open_row, search = _rows_of(facts)
    return _id_of(intent), statements.as_writes(intent, open_row, search)


@contextmanager
def durably_at_once() -> Iterator[None]:
    """
    Stand around the one statement that writes an intent along; when that returns, all of it is on disk.

    :raises LedgerUnavailable: if it could not be written: send nothing.
    :raises IntentInsideTransaction: if a surrounding transaction could still undo it.
    """
    blocks: list[Any] = connection.atomic_blocks
    is_let_through = bool(blocks) and blocks[-1]._from_testcase  # as `transaction.atomic(durable=True)` does
    if (connection.in_atomic_block or not connection.get_autocommit()) and not is_let_through:
        raise IntentInsideTransaction
    before = _is_durable_at_once.set(True)
    try:
        with _database_errors_named():
            yield
    finally:
        _is_durable_at_once.reset(before)


def _rows_of(facts: IntentFacts) -> tuple[Values, Values, Values]:
    """Make an intent, its row in the list of open ones and its search row."""
    described = {name: value for name, value in facts.items() if name not in BESIDE_THE_INTENT}
    intent = intent_row(**{"circumstances": NOTHING_KNOWN, "sealed_typed": b"", **described})  # type: ignore[arg-type]
    intent_id = intent["id"]
    return (
        intent,
        {
            "intent_id": intent_id,
            "started_at": facts["now"],
            "lease_until": facts.get("lease_until"),
            "reservation_id": facts.get("reservation_id"),
        },
        {
            "intent_id": intent_id,
            "conversation_id": facts["conversation_id"],
            "left_text": storable(facts["left_text"]),
        },
    )


def conclude(
    intent_id: UUID,
    *,
    outcome: str,
    reason: str,
    sealed_answer: bytes,
    answer_text: str,
    input_tokens: int,
    output_tokens: int,
    cost: Decimal,
    currency: str,
    now: datetime,
) -> UUID:
    """
    Write the one outcome of an exchange, in the caller's transaction. One statement and a savepoint.

    ``answer_text`` is the answer as it came, placeholders and all.

    :raises AlreadyConcluded: if it has an outcome; the caller's transaction stays usable.
    :raises NoSuchIntent: if there is no such exchange.
    :raises LedgerUnavailable: if the record could not be written.
    """
    with concluding(intent_id), transaction.atomic():
        row: Values = {
            "id": new_id(), "intent_id": intent_id, "concluded_at": now, "kind": outcome, "reason": storable(reason),
            "sealed_answer": sealed_answer, "input_tokens": input_tokens, "output_tokens": output_tokens, "cost": cost,
            "currency": currency,
        }  # fmt: skip
        if not statements.conclude(row, answer_text=storable(answer_text)):
            raise NoSuchIntent(intent_id)
    return _id_of(row)


def conclusion(
    intent_id: UUID,
    *,
    outcome: str,
    reason: str,
    sealed_answer: bytes,
    answer_text: str,
    input_tokens: int,
    output_tokens: int,
    kept_if: Condition,
    now: datetime,
) -> tuple[Write, ...]:
    """
    Give the one outcome of an exchange for the statement that settles its cost to write along, within
    :func:`concluding`. That statement fails as a whole where the exchange is unknown or has its outcome.

    :param kept_if: holds unless the exchange was erased meanwhile; then no answer is kept.
    """
    row: Values = {
        "id": new_id(), "intent_id": intent_id, "concluded_at": now, "kind": outcome, "reason": storable(reason),
        "sealed_answer": sealed_answer, "input_tokens": input_tokens, "output_tokens": output_tokens,
    }  # fmt: skip
    return statements.conclusion(row, answer_text=storable(answer_text), kept_if=kept_if)


def record_refusal(
    *,
    who: Who,
    door: str,
    purpose: str,
    conversation_id: UUID | None,
    turn_id: UUID | None,
    model_label: str,
    provider_label: str = "",
    egress_class: str = "",
    reason: str,
    left_text: str = "",
    masked: Sequence[MaskedSpan] = (),
    sealed_payload: bytes = b"",
    passages: Sequence[PassageFact] = (),
    policy_version: str = "",
    prompt_version: str = "",
    circumstances: Circumstances = NOTHING_KNOWN,
    sealed_typed: bytes = b"",
    now: datetime,
) -> UUID:
    """
    Record an exchange refused before anything was sent: intent and outcome together, in the caller's transaction.

    :raises LedgerUnavailable: if the record could not be written.
    """
    described = intent_row(
        who=who, door=door, purpose=purpose, conversation_id=conversation_id, turn_id=turn_id, model_label=model_label,
        provider_label=provider_label, egress_class=egress_class, sealed_payload=sealed_payload, masked=masked,
        passages=passages, policy_version=policy_version, prompt_version=prompt_version,
        circumstances=circumstances, sealed_typed=sealed_typed, now=now,
    )  # fmt: skip
    intent = Intent(**described)
    with _database_errors_named(), transaction.atomic():
        _durably()
        intent.save(force_insert=True)
        Outcome.objects.create(
            intent=intent, started_at=now, concluded_at=now, kind=OutcomeKind.REFUSED, reason=storable(reason)
        )
        SearchRow.objects.create(intent=intent, conversation_id=conversation_id, left_text=storable(left_text))
    return intent.id


def record_event(
    action: str,
    *,
    who: Who | None,
    subject_kind: str = "",
    subject_id: str = "",
    subject_label: str = "",
    details: Mapping[str, Json] | None = None,
    now: datetime,
) -> UUID:
    """
    Record one act in the caller's transaction: it stands if and only if the act does. One insert.

    :raises ValueError: if `action` is not in the vocabulary.
    :raises LedgerUnavailable: if the record could not be written.
    """
    event = Event(
        action=Action(action),
        happened_at=now,
        actor_id=who.id if who else None,
        actor_label=person_label(who) if who else "",
        team_id=who.team_id if who else None,
        team_label=label(who.team_label) if who else "",
        subject_kind=label(subject_kind),
        subject_id=label(str(subject_id)),
        subject_label=label(subject_label),
        details=storable_json(details or {}),
    )
    with _database_errors_named():
        event.save(force_insert=True)
    return event.id


def under(key_ids: Collection[UUID]) -> Q:
    """
    Make the condition on intents, or their search rows, whose text these keys stand for: a conversation's, or one
    exchange's own id.
    """
    return Q(conversation_id__in=key_ids) | Q(pk__in=key_ids, conversation_id=None)


def texts_left(key_ids: Collection[UUID]) -> set[UUID]:
    """Say under which of these keys searchable text is left. One query."""
    rows = SearchRow.objects.filter(under(key_ids)).values_list("conversation_id", "intent_id")
    return {conversation_id or intent_id for conversation_id, intent_id in rows}


def erase_texts(key_ids: Collection[UUID]) -> int:
    """
    Delete the searchable text under keys in the caller's transaction; return how many texts went. One statement.

    The exchanges stay. Only privacy's destruction of keys calls it, under a certificate.
    """
    return SearchRow.objects.filter(under(key_ids)).delete()[0]


def _id_of(row: Values) -> UUID:
    return cast(UUID, row["id"])


def _durably(*, milliseconds: int | None = None) -> None:
    """Make this transaction wait for the disk whatever the session says, and give up after `milliseconds`."""
    with prepared.cursor() as cursor:
        if milliseconds is None:
            cursor.execute("SELECT set_config('synchronous_commit', 'on', true)")
            return
        cursor.execute(
            "SELECT set_config('synchronous_commit', 'on', true), set_config('statement_timeout', %s, true), "
            "set_config('lock_timeout', %s, true)",
            [str(milliseconds)] * 2,
        )


@contextmanager
def _committing_by_itself() -> Iterator[None]:
    """Run in the outermost transaction, or refuse. Test cases that wrap a test in a transaction are let through."""
    with ExitStack() as stack:
        stack.enter_context(_database_errors_named())
        if not connection.in_atomic_block and not connection.get_autocommit():
            raise IntentInsideTransaction
        try:
            stack.enter_context(transaction.atomic(durable=True))
        except RuntimeError as nested:
            raise IntentInsideTransaction from nested
        yield


@contextmanager
def concluding(intent_id: UUID) -> Iterator[None]:
    """
    Stand around what writes the one outcome of an exchange.

    :raises AlreadyConcluded: if it has one.
    :raises LedgerUnavailable: if the record could not be written.
    """
    with _database_errors_named():
        try:
            yield
        except IntegrityError as refused:
            if _code(refused) == UNIQUE_VIOLATION:
                raise AlreadyConcluded(intent_id) from None
            raise


@contextmanager
def _database_errors_named() -> Iterator[None]:
    """Turn what the database driver raises into `LedgerUnavailable`, without its detail: that quotes the row."""
    try:
        yield
    except (DatabaseError, Error) as error:
        raise LedgerUnavailable(_code(error)) from None


def _code(error: Exception) -> str:
    return getattr(error.__cause__, "sqlstate", None) or type(error).__name__
