"""The questions that every call asks of the catalogue, with their SQL made once; what they mean is in `models`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from apps.accounts.models import Team, User
from apps.compiled import Compiled
from apps.gateway.models import LanguageModel, LanguageModelQuerySet, day_of

if TYPE_CHECKING:
    from collections.abc import Mapping

SOME_DAY: Final = datetime(1801, 2, 3, 4, 5, 6, tzinfo=UTC)
STAND_INS: Final[Mapping[str, Any]] = {
    "person": UUID("00000000-0000-0000-0000-0000000000a1"),
    "team": UUID("00000000-0000-0000-0000-0000000000a2"),
    "now": SOME_DAY,
}
SOME_MODEL: Final = UUID("00000000-0000-0000-0000-0000000000a3")
SOME_LABEL: Final = "the label of some model"


def callable_by_id(person: User, team: Team, model_id: UUID, *, now: datetime) -> LanguageModel | None:
    """Find a model of this id among those that `person` may call now for `team` and that answer in words."""
    return _asked(_BY_ID, person, team, now, model=model_id)


def callable_by_label(person: User, team: Team, label: str, *, now: datetime) -> LanguageModel | None:
    """Find a model of this label among those that `person` may call now for `team` and that answer in words."""
    return _asked(_BY_LABEL, person, team, now, label=label) if "\0" not in label else None


def with_standing(person: User, team: Team, model_id: UUID, *, now: datetime) -> LanguageModel | None:
    """Find a model of this id, whatever may be done with it, with the answers of the truth table as annotations."""
    return _STANDING.first(person=person.pk, team=team.pk, now=now, model=model_id)


def _asked(
    query: Compiled[LanguageModel], person: User, team: Team, now: datetime, **named: Any
) -> LanguageModel | None:
    if not person.is_active:
        return None
    return query.first(person=person.pk, team=team.pk, now=now, day=day_of(now), **named)


def _callable(**chosen: Any) -> Callable[[], LanguageModelQuerySet]:
    return lambda: LanguageModel.objects.callable_by(*_somebody(), now=SOME_DAY).for_chat().filter(**chosen)[:1]


def _somebody() -> tuple[User, Team]:
    return User(pk=STAND_INS["person"], is_active=True), Team(pk=STAND_INS["team"])


_BY_ID: Final = Compiled(_callable(pk=SOME_MODEL), {**STAND_INS, "day": day_of(SOME_DAY), "model": SOME_MODEL})
_BY_LABEL: Final = Compiled(_callable(label=SOME_LABEL), {**STAND_INS, "day": day_of(SOME_DAY), "label": SOME_LABEL})
_STANDING: Final = Compiled(
    lambda: LanguageModel.objects.with_standing(*_somebody(), now=SOME_DAY).filter(pk=SOME_MODEL),
    {**STAND_INS, "model": SOME_MODEL},
)
