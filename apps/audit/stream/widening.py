"""
What a receiver gets beyond pseudonyms and codes of what happens from now on: asked for, and consented to by an officer.

Names, texts and past records in a stream are an export that goes on for ever, so whoever sets a receiver up may not
decide about them alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from apps.accounts.actors import who
from apps.accounts.models import User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.stream.models import Sink
from apps.ledger.facts import Json
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action

SINK = "sink"
NOT_ANY_MORE = "This receiver was removed, or leads somewhere else now, so it can get nothing more. Refuse the request."


@dataclass(frozen=True, slots=True)
class Reach:
    """What a receiver is to get: people's names, scrubbed texts and details, what was recorded before now."""

    has_names: bool = False
    has_text: bool = False
    from_the_first: bool = False

    @property
    def is_narrow(self) -> bool:
        """Say whether it takes nobody's consent."""
        return not (self.has_names or self.has_text or self.from_the_first)


NARROW = Reach()


def ask(sink: Sink, reach: Reach, *, why: str, by: User, now: datetime) -> Approval:
    """
    Ask an officer to let a receiver have more; until one consents, it gets no more than it does.

    :raises django.core.exceptions.PermissionDenied: if `by` is neither admin nor compliance officer now.
    :raises apps.audit.approvals.asking.ReasonTooShort: if `why` says too little.
    """
    subject = Subject(SINK, str(sink.pk), sink.name)
    return asking.ask(Deed.STREAM_WIDENED, subject=subject, terms=_terms(sink, reach), why=why, by=by, now=now)


def asked_for(sinks: Collection[Sink], *, now: datetime) -> dict[str, Reach]:
    """Say for which receivers, by id, an officer has yet to decide, and about what. One query."""
    waiting = Approval.objects.open_at(now).filter(deed=Deed.STREAM_WIDENED, subject_kind=SINK)
    return {each.subject_id: _reach(each) for each in waiting.filter(subject_id__in=[str(sink.pk) for sink in sinks])}


def carry_out(approval: Approval, by: User, now: datetime) -> None:
    """Let the receiver have what was asked, in the transaction of the consent. A delivery under way then ends."""
    reach = _reach(approval)
    sink = Sink.objects.select_for_update().filter(pk=UUID(approval.subject_id)).first()
    if sink is None or _terms(sink, reach) != approval.terms:
        raise CannotBeCarriedOut(NOT_ANY_MORE)
    sink.has_names, sink.has_text = reach.has_names, reach.has_text
    if reach.from_the_first:
        sink.cursor = sink.first_place = 0
    sink.claim = sink.claimed_until = sink.next_try_at = None
    sink.save(update_fields=["has_names", "has_text", "first_place", "cursor", "claim", "claimed_until", "next_try_at"])
    begins = sink.first_place if sink.kind == Sink.Kind.PULL else sink.cursor
    given: dict[str, Json] = {"names": sink.has_names, "texts": sink.has_text, "from": begins, "consent": by.name}
    record_event(
        Action.STREAM_WIDENED, who=who(approval.asked_by), subject_kind=SINK, subject_id=str(sink.pk),
        subject_label=sink.name, details=given, now=now,
    )  # fmt: skip


def _reach(approval: Approval) -> Reach:
    return Reach(**{name: approval.terms.get(name) is True for name in asdict(NARROW)})


def _terms(sink: Sink, reach: Reach) -> dict[str, Json]:
    return {"kind": sink.kind, "address": sink.address, **asdict(reach)}
