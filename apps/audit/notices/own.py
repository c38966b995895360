"""What a person may see of their own record: facts as they were recorded, and what they were told about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit import sealed
from apps.audit.exchange import FullExchange
from apps.audit.looks import EXCHANGE
from apps.audit.notices import sending, words
from apps.audit.notices.models import Notice, Objection
from apps.audit.passages import passages_of
from apps.ledger.models import Intent
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

PAGE_SIZE = 50
NOTICES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class OwnList:
    """Exchanges, newest first, and the place where older ones follow."""

    rows: list[Intent]
    older: UUID | None


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """One exchange of a person's own with what they were told about it and what they object to."""

    exchange: FullExchange
    letters: list[words.Letter]
    complaints: list[words.Complaint]

    @property
    def told(self) -> list[Notice]:
        """The notices that tell a finding."""
        return [letter.notice for letter in self.letters if letter.notice.decision_id]

    @property
    def may_object(self) -> bool:
        """Say whether no objection waits for its answer."""
        return all(each.objection.state != Objection.State.OPEN for each in self.complaints)


def listed(person: User, *, before: UUID | None = None) -> OwnList:
    """
    List the exchanges of a person's own beyond the one named `before`. Two queries at most.

    :raises sending.NoSuchExchange: if that one is not theirs.
    """
    rows = Intent.objects.filter(person_id=person.pk).select_related("outcome").defer("sealed_payload", "sealed_typed")
    if before is not None:
        place = Intent.objects.filter(pk=before, person_id=person.pk).values_list("started_at", flat=True).first()
        if place is None:
            raise sending.NoSuchExchange(before)
        rows = rows.filter(started_at__lte=place).exclude(started_at=place, pk__gte=before)
    found = list(rows.order_by("-started_at", "-id")[: PAGE_SIZE + 1])
    return OwnList(found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None)


def opened(person: User, exchange_id: UUID, *, now: datetime) -> OwnRecord:
    """
    Read one exchange of a person's own, masked as it left, and record that they looked.

    :raises sending.NoSuchExchange: if it is not theirs.
    :raises apps.ledger.records.LedgerUnavailable: if it cannot be recorded; then it may not be shown.
    """
    found = read(person, exchange_id)
    record_event(
        Action.RECORD_SHOWN, who=who(person), subject_kind=EXCHANGE, subject_id=str(exchange_id),
        subject_label=found.exchange.intent.model_label, now=now,
    )  # fmt: skip
    return found


def read(person: User, exchange_id: UUID) -> OwnRecord:
    """Read the same without a look of its own, for a form that comes back. Raises what `opened` does."""
    own = Intent.objects.filter(pk=exchange_id, person_id=person.pk).select_related("outcome", "search")
    intent = own.defer("search__left_text", "search__answer_text").first()
    if intent is None:
        raise sending.NoSuchExchange(exchange_id)
    outcome = getattr(intent, "outcome", None)
    left = sealed.open_payload(intent.conversation_id, bytes(intent.sealed_payload))
    exchange = FullExchange(
        intent=intent,
        outcome=outcome,
        left=left,
        answer=sealed.open_answer(intent.conversation_id, bytes(outcome.sealed_answer) if outcome else b""),
        has_search_row=hasattr(intent, "search"),
        pseudonym="",
        passages=passages_of(intent.passages, left),
    )
    notices = Notice.objects.of_person(person).filter(exchange_id=exchange_id).select_related("decision")
    said = Objection.objects.of_person(person).filter(exchange_id=exchange_id).select_related("answer")
    return OwnRecord(exchange, words.letters(notices), words.complaints(said.order_by("-raised_at")))


def letters_to(person: User) -> list[words.Letter]:
    """Open the newest notices of a person, those not read yet first. Two queries."""
    mine = Notice.objects.of_person(person).select_related("decision")[:NOTICES_SHOWN]
    return sorted(words.letters(mine), key=lambda letter: letter.notice.acknowledged_at is not None)
