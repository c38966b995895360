"""
Which models a person may call, asked on the way of a call: `callable_by` as statements whose text is made once.

Django needs several milliseconds of CPU to write that statement. Pages may take them; an exchange should not.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.gateway.models import LanguageModel, LanguageModelQuerySet, day_of
from apps.ledger.compiled import Compiled, a_day, a_moment, a_row, a_text, an_id

if TYPE_CHECKING:
    from apps.accounts.models import Team, User


def _callable() -> LanguageModelQuerySet:
    """What `callable_by` says, of the models that answer in words."""
    return LanguageModel.objects.callable_at(
        a_row("person"), an_id("team"), now=a_moment("now"), day=a_day("day")
    ).for_chat()


_ALL: Final = Compiled(_callable)
_BY_ID: Final = Compiled(lambda: _callable().filter(pk=an_id("model")))
_BY_LABEL: Final = Compiled(lambda: _callable().filter(label=a_text("label")))


def for_chat(person: User, team: Team, *, now: datetime) -> list[LanguageModel]:
    """List what `person` may call now for `team` and that answers in words. One query."""
    return _ALL.rows(**_asked(person, team, now))


def named(name: str, *, person: User, team: Team, now: datetime) -> LanguageModel | None:
    """Find one of those by its id or its label. One query."""
    asked = _asked(person, team, now)
    try:
        return _BY_ID.first(model=UUID(name), **asked)
    except ValueError:
        return _BY_LABEL.first(label=name, **asked)


def _asked(person: User, team: Team, now: datetime) -> dict[str, Any]:
    return {"person": person.pk, "team": team.pk, "now": now, "day": day_of(now)}
