"""What a person may send: a question, its model and whether documents are searched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from apps.accounts.models import Team, User
from apps.gateway import auto, routing
from apps.gateway.models import EgressClass, LanguageModel, LanguageModelQuerySet, ModelHealth

LONGEST_PREVIEW = 20_000
PLACES: dict[str, str] = {EgressClass.OUTSIDE: "leaves the network", EgressClass.INSIDE: "stays inside"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came through the door. `key` makes sending it twice harmless."""

    text: str
    key: UUID
    model_id: UUID | None
    uses_documents: bool
    is_auto: bool = False


class ModelField(forms.UUIDField):
    """A model's id, or `auto` where the choice is left to the portal."""

    def to_python(self, value: Any) -> UUID | str | None:  # type: ignore[override]
        return value if value == auto.NAME else super().to_python(value)

    def clean(self, value: Any) -> Any:
        return value if value == auto.NAME else super().clean(value)


@dataclass(frozen=True, slots=True)
class Pick:
    """One row of the picker."""

    id: str
    label: str
    is_chosen: bool


class QuestionForm(forms.Form):
    """The composer."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    key = forms.UUIDField()
    model = ModelField(required=False)
    uses_documents = forms.BooleanField(required=False)

    def __init__(self, *arguments: Any, person: User, team: Team | None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.person = person
        self.team = team
        self.fields["key"].error_messages["required"] = "This page is too old to send from. Reload it and try again."

    @property
    def offered(self) -> LanguageModelQuerySet:
        """The models of the picker. Made where it is shown: a question that is sent needs none of it."""
        return offered_to(self.person, self.team)

    @property
    def models(self) -> list[Pick]:
        """The picker's rows: what the person may call now, with where it runs and how it is; first, Auto where on."""
        offered = list(self.offered)
        now = timezone.now()
        rows = [(str(model.pk), model_words(model, now, instead=self._instead_of(model, now))) for model in offered]
        if self.team and offered and auto.is_on_for(self.team):
            rows.insert(0, (auto.NAME, "Auto · small or large, by the question"))
        wanted, ids = str(self["model"].value() or ""), [row[0] for row in rows]
        chosen = wanted if wanted in ids else next(iter(ids), "")
        return [Pick(row_id, words, row_id == chosen) for row_id, words in rows]

    def _instead_of(self, model: LanguageModel, now: datetime) -> LanguageModel | None:
        """Who would answer for a model that is down; no query for one that is not."""
        if self.team is None or not is_down(model, now):
            return None
        others = routing.alternates(model, person=self.person, team=self.team, now=now)
        return next((other for other in others if not is_down(other, now)), None)

    def question(self) -> Question:
        """The question of a valid form. An unknown model id goes along: admission refuses it with a sentence."""
        data = self.cleaned_data
        is_auto = data["model"] == auto.NAME
        return Question(data["text"], data["key"], None if is_auto else data["model"], data["uses_documents"], is_auto)


def offered_to(person: User, team: Team | None) -> LanguageModelQuerySet:
    """The models of the picker: those that answer in words and that the person may call now for the team."""
    if team is None:
        return LanguageModel.objects.none()
    return LanguageModel.objects.callable_by(person, team).for_chat()


def is_down(model: LanguageModel, now: datetime) -> bool:
    """Say whether a model was found down lately; it was read with its health."""
    health = getattr(model, "health", None)
    return health is not None and health.state == ModelHealth.State.DOWN and health.is_fresh(now)


def model_words(model: LanguageModel, now: datetime, *, instead: LanguageModel | None = None) -> str:
    """Say of a model what a person choosing it should know: where it runs, how it is, who answers, whether it goes."""
    words = [model.label, PLACES[model.egress_class]]
    health = getattr(model, "health", None)
    if health is not None and health.state != ModelHealth.State.OK and health.is_fresh(now):
        state = health.get_state_display().lower()
        words.append(f"{state}, using {instead.label} instead" if instead else state)
    if model.retires_soon(now) and model.retires_on:
        words.append(f"retires on {date_format(model.retires_on, 'j F')}")
    return " · ".join(words)


class NewConversationForm(QuestionForm):
    """The composer of a conversation that does not exist yet: says which team pays."""

    def __init__(self, *arguments: Any, person: User, **named: Any) -> None:
        super().__init__(*arguments, person=person, team=None, **named)
        teams = Team.objects.filter(memberships__person=person)
        self.fields["team"] = forms.ModelChoiceField(
            teams, error_messages={"required": "You are in no team yet. Ask an admin to add you to one."}
        )
        asked = self.data.get("team") if self.is_bound else self.initial.get("team")
        team = teams.filter(pk=str(asked)).first() if _is_uuid(asked) else teams.first()
        if team:
            self.team = team


class PreviewForm(forms.Form):
    """A message that is being written, the model it would go to and, for a new conversation, the team that pays."""

    text = forms.CharField(strip=False, max_length=LONGEST_PREVIEW)
    model = ModelField()
    team = forms.ModelChoiceField(Team.objects.none(), required=False)

    def __init__(self, *arguments: Any, person: User, team: Team | None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.person, self._team = person, team
        self.fields["team"].queryset = Team.objects.filter(memberships__person=person)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find the model among those that the person may call now."""
        data = super().clean() or {}
        team, model_id = self._team or data.get("team"), data.get("model")
        if team is None or model_id is None:
            raise forms.ValidationError("There is no such model.")
        model = self._model(team, model_id, data.get("text", ""))
        if model is None:
            raise forms.ValidationError("There is no such model.")
        self.team_id, self.egress_class = team.pk, model.egress_class
        return data

    def _model(self, team: Team, model_id: UUID | str, text: str) -> LanguageModel | None:
        if model_id == auto.NAME:
            choice = auto.choose(auto.Question(text), person=self.person, team=team, now=timezone.now())
            return choice.model if choice else None
        return LanguageModel.objects.callable_by(self.person, team).filter(pk=model_id).first()


class AnotherModelForm(forms.Form):
    """The model that a person wants instead of the one that answered."""

    model = forms.UUIDField()


class RenameForm(forms.Form):
    """A conversation's title."""

    title = forms.CharField(max_length=120)


def _is_uuid(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
