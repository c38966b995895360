"""The models that somebody may call for a team, asked by statements whose text is made once."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from apps.accounts.models import Team, User
from apps.gateway.models import LanguageModel, day_of
from apps.ledger.compiled import Compiled, a_day, a_moment, a_text, an_id

_SOMEBODY: Final = SimpleNamespace(pk=an_id("person"), is_active=True)  # whether they are, the statement asks


def _callable(**named: Any) -> Compiled[LanguageModel]:
    return Compiled(
        lambda: (
            LanguageModel.objects.callable_by(_SOMEBODY, an_id("team"), now=a_moment("now"), today=a_day("today"))
            .for_chat()
            .filter(**named)
        )
    )


_BY_ID: Final = _callable(pk=an_id("model"))
_BY_LABEL: Final = _callable(label=a_text("model"))


def find(name: str, *, person: User, team: Team, now: datetime) -> LanguageModel | None:
    """Find the model that is named, by id or by label, among those that `person` may call to chat. One query."""
    asked = {"person": person.pk, "team": team.pk, "now": now, "today": day_of(now)}
    try:
        return _BY_ID.first(model=UUID(name), **asked)
    except ValueError:
        return _BY_LABEL.first(model=name, **asked)
