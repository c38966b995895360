"""What review keeps of people under no key of its own: which words of a lexicon an exchange held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from uuid import UUID

from apps.audit.review.definition import WORD
from apps.audit.review.models import Item
from apps.ledger.models import Intent
from apps.ledger.records import under
from apps.privacy.erasure import Room

FORGOTTEN = "A word of the lexicon"


class ReviewRoom(Room):
    """Items stay, as what was decided about an exchange; the words that brought them there go with its text."""

    name = "review"

    def forget(self, key_ids: Collection[UUID]) -> Counter[str]:
        """Take the lexicon's words out of the items of exchanges under these keys. One statement each, few have any."""
        exchanges = Intent.objects.filter(under(key_ids)).values("pk")
        told = [
            item
            for item in Item.objects.filter(exchange_id__in=exchanges).only("id", "why")
            if any(reason.startswith(WORD) for reason in item.why)
        ]
        for item in told:
            item.why = [*(reason for reason in item.why if not reason.startswith(WORD)), FORGOTTEN]
        Item.objects.bulk_update(told, ["why"], batch_size=500)
        return Counter(lexicon_words=len(told))
