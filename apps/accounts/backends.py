"""How a session becomes a person again."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.backends import BaseBackend

from apps.accounts.models import User
from apps.ledger.compiled import Compiled, an_id

_ACTIVE = Compiled(lambda: User.objects.filter(pk=an_id("person"), is_active=True))


class PersonBackend(BaseBackend):
    """Find the person of a session. There is no password to check, so `authenticate` lets nobody in."""

    def get_user(self, user_id: UUID | str) -> User | None:
        """Return the person while they are active; asked on every request and every socket frame. One query."""
        return _ACTIVE.first(person=user_id if isinstance(user_id, UUID) else UUID(user_id))
