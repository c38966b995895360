"""What the room of programs keeps of people: the keys they answer for, without any secret."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from apps.api import keys
from apps.api.models import ApiKey
from apps.privacy.erasure import Part, Room

ERASED_NAME = "Erased"


class ApiRoom(Room):
    """Keys of programs; the exchanges that they asked for stand in the ledger, under keys of their own."""

    name = "api"

    def forget_person(self, person_id: UUID, *, now: datetime) -> Counter[str]:
        mine = ApiKey.objects.filter(person_id=person_id, kind=ApiKey.Kind.PERSONAL)
        renamed = mine.update(name=ERASED_NAME)
        for key in mine.filter(revoked_at=None).select_related("person", "team"):
            keys.revoke(key, by=None, now=now)
        return Counter(api_keys=renamed)

    def package(self, person_id: UUID) -> Iterator[Part]:
        mine = ApiKey.objects.filter(person_id=person_id).select_related("team").order_by("created_at")
        records = tuple(
            {
                "key": str(key.pk),
                "name": key.name,
                "kind": key.get_kind_display(),
                "team": key.team.name,
                "ending": key.ending,
                "made_at": key.created_at.isoformat(),
                "ends_at": key.expires_at.isoformat(),
                "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
                "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
            }
            for key in mine
        )
        yield Part("keys", "Keys of programs that you answer for", records)
