"""
Which models may be called, asked on the way of a call; what that means is in `models.callable_by`.

Django needs several milliseconds of CPU to write that statement; here its text is made once. The number of the policy
in force is read along (`policy_number`): whoever asks for a model needs it next.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from django.db.models import DateField, UUIDField

from apps.accounts.models import Team, User
from apps.gateway.models import LanguageModel, LanguageModelQuerySet, day_of
from apps.ledger.compiled import Compiled, Parameter, Part, Stated, a_moment, a_text, an_id
from apps.ledger.text import is_storable


def callable_by_id(person: User, team: Team, model_id: UUID, *, now: datetime) -> LanguageModel | None:
    """Find a model of this id among those that `person` may call now for `team` and that answer in words. One query."""
    return _asked(_BY_ID, person, team, now, model=model_id)


def callable_by_label(person: User, team: Team, label: str, *, now: datetime) -> LanguageModel | None:
    """Find a model of this label among those that `person` may call now for `team` and that answer in words."""
    return _asked(_BY_LABEL, person, team, now, label=label) if is_storable(label) else None


def any_by_id(person: User, team: Team, model_id: UUID, *, now: datetime) -> LanguageModel | None:
    """Do as `callable_by_id`, also for models that only embed."""
    return _asked(_ANY_BY_ID, person, team, now, model=model_id)


def any_by_label(person: User, team: Team, label: str, *, now: datetime) -> LanguageModel | None:
    """Do as `callable_by_label`, also for models that only embed."""
    return _asked(_ANY_BY_LABEL, person, team, now, label=label) if is_storable(label) else None


def all_callable(person: User, team: Team, *, now: datetime) -> list[LanguageModel]:
    """List what `person` may call now for `team` and that answers in words. One query."""
    if not person.is_active:
        return []
    return _ALL.rows(person=person.pk, team=team.pk, now=now, day=day_of(now))


def beside_a_key(name: str) -> tuple[Part[LanguageModel], dict[str, object]]:
    """
    Give the statement of `callable_by_id` or `callable_by_label`, whichever the name is for, and the value that is it.

    It stands beside a row called ``found`` that has the caller's `person_id` and `team_id`, and wants `now` and `day`.
    """
    try:
        return _BY_ID_BESIDE.part(), {"model": UUID(name)}
    except ValueError:
        return _BY_LABEL_BESIDE.part(), {"label": name}


def _asked(
    query: Compiled[LanguageModel], person: User, team: Team, now: datetime, **named: object
) -> LanguageModel | None:
    if not person.is_active:
        return None
    return query.first(person=person.pk, team=team.pk, now=now, day=day_of(now), **named)


def _callable(
    *, is_any: bool = False, person: Any = None, team: Any = None, **chosen: Any
) -> Callable[[], LanguageModelQuerySet]:
    somebody = SimpleNamespace(pk=person or an_id("person"), is_active=True)
    team, now = team or an_id("team"), a_moment("now")
    day: Any = Parameter("day", DateField())

    def query() -> LanguageModelQuerySet:
        found = LanguageModel.objects.callable_by(somebody, team, now=now, day=day).filter(**chosen)
        if chosen:
            # A model and its health know each other, which only the collector of cycles ends; nobody asks it here.
            found = found.select_related(None).select_related("provider")
        return (found if is_any else found.for_chat()).with_policy_number()

    return query


_BY_ID: Final = Compiled(_callable(pk=an_id("model")))
_BY_LABEL: Final = Compiled(_callable(label=a_text("label")))
_ANY_BY_ID: Final = Compiled(_callable(is_any=True, pk=an_id("model")))
_ANY_BY_LABEL: Final = Compiled(_callable(is_any=True, label=a_text("label")))
_ALL: Final = Compiled(_callable())
_BESIDE: Final[dict[str, Any]] = {
    "person": Stated("found.person_id", UUIDField()),
    "team": Stated("found.team_id", UUIDField()),
}
_BY_ID_BESIDE: Final = Compiled(_callable(**_BESIDE, pk=an_id("model")))
_BY_LABEL_BESIDE: Final = Compiled(_callable(**_BESIDE, label=a_text("label")))
