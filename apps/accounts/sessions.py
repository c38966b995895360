"""Sessions in the database, read by a statement whose text is made once."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as InDatabase
from django.contrib.sessions.models import Session
from django.utils import timezone

from apps.ledger.compiled import Compiled, a_moment, a_text

_LIVING = Compiled(lambda: Session.objects.filter(session_key=a_text("session"), expire_date__gt=a_moment("now")))


class SessionStore(InDatabase):
    """Django's own; each page and each socket reads its session, and building that statement cost more than asking."""

    def _get_session_from_db(self) -> Session | None:
        """Read the session's row, or forget the key of one that has ended. One query."""
        found = _LIVING.first(session=self.session_key, now=timezone.now()) if self.session_key else None
        if found is None:
            self._session_key = None
        return found
