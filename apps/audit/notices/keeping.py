"""What this room keeps of people: what they were told and what they objected to, under the exchange's key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from uuid import UUID

from apps.audit.notices import words
from apps.audit.notices.models import Notice, Objection
from apps.ledger.facts import Json
from apps.privacy.erasure import Part, Room


class NoticesRoom(Room):
    """Rows go when the key of their exchange is destroyed; the events that they were there stay."""

    name = "notices"

    def forget(self, key_ids: Collection[UUID]) -> Counter[str]:
        """Delete notices and objections under destroyed keys; an objection first, for it names its answer."""
        objections, _ = Objection.objects.filter(key_id__in=key_ids).delete()
        notices, _ = Notice.objects.filter(key_id__in=key_ids).delete()
        return Counter(notices=notices, objections=objections)

    def package(self, person_id: UUID) -> Iterator[Part]:
        """Give what the person was told and what they objected to, as they see it themselves."""
        told = words.letters(Notice.objects.filter(person_id=person_id).select_related("decision"))
        yield Part("notices", "What the compliance office told you", tuple(_told(letter) for letter in told))
        said = words.complaints(Objection.objects.filter(person_id=person_id).select_related("answer"))
        yield Part("objections", "What you objected to", tuple(_said(complaint) for complaint in said))


def _told(letter: words.Letter) -> dict[str, Json]:
    notice = letter.notice
    return {
        "at": notice.sent_at.isoformat(),
        "exchange": str(notice.exchange_id),
        "kind": notice.get_kind_display(),
        "title": letter.title,
        "text": letter.text,
        "finding": notice.decision.get_tag_display() if notice.decision else None,
        "read_at": notice.acknowledged_at.isoformat() if notice.acknowledged_at else None,
        "your_answer": letter.reply,
    }


def _said(complaint: words.Complaint) -> dict[str, Json]:
    objection = complaint.objection
    return {
        "at": objection.raised_at.isoformat(),
        "exchange": str(objection.exchange_id),
        "text": complaint.text,
        "state": objection.get_state_display(),
        "answer": complaint.answer,
    }
