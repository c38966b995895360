"""How a session becomes a person again."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.backends import BaseBackend

from apps.accounts.models import User


class PersonBackend(BaseBackend):
    """Find the person of a session. There is no password to check, so `authenticate` lets nobody in."""

    def get_user(self, user_id: UUID | str) -> User | None:
        """Return the person while they are active; asked on every request and every socket frame. One query."""
        return User.objects.filter(pk=user_id, is_active=True).first()
