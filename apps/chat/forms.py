"""What a person may send: a question, its model and whether documents are searched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from apps.accounts.models import Team, User
from apps.gateway.models import EgressClass, LanguageModel

LONGEST_PREVIEW = 20_000
PLACES: dict[str, str] = {EgressClass.OUTSIDE: "leaves the network", EgressClass.INSIDE: "stays inside"}


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it came through the door. `key` makes sending it twice harmless."""

    text: str
    key: UUID
    model_id: UUID | None
    uses_documents: bool


class QuestionForm(forms.Form):
    """The composer."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea)
    key = forms.UUIDField()
    model = forms.UUIDField(required=False)
    uses_documents = forms.BooleanField(required=False)

    def __init__(self, *arguments: Any, person: User, team: Team | None, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.person = person
        self.team = team
        self.offered = LanguageModel.objects.callable_by(person, team) if team else LanguageModel.objects.none()
        self.fields["key"].error_messages["required"] = "This page is too old to send from. Reload it and try again."

    @property
    def models(self) -> list[tuple[str, str, bool]]:
        """The picker's rows: id, label with egress class, whether chosen."""
        offered = list(self.offered)
        wanted = str(self["model"].value() or "")
        ids = [str(model.pk) for model in offered]
        chosen = wanted if wanted in ids else next(iter(ids), "")
        return [
            (
                str(model.pk),
                f"{model.label} · {PLACES[model.egress_class]}",
                str(model.pk) == chosen,
            )
            for model in offered
        ]

    def question(self) -> Question:
        """The question of a valid form. An unknown model id goes along: admission refuses it with a sentence."""
        data = self.cleaned_data
        return Question(data["text"], data["key"], data["model"], data["uses_documents"])


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
            self.offered = LanguageModel.objects.callable_by(person, team)


class PreviewForm(forms.Form):
    """A message that is being written, the model it would go to and, for a new conversation, the team that pays."""

    text = forms.CharField(strip=False, max_length=LONGEST_PREVIEW)
    model = forms.UUIDField()
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
        model = LanguageModel.objects.callable_by(self.person, team).filter(pk=model_id).first()
        if model is None:
            raise forms.ValidationError("There is no such model.")
        self.team_id, self.egress_class = team.pk, model.egress_class
        return data


class RenameForm(forms.Form):
    """A conversation's title."""

    title = forms.CharField(max_length=120)


def _is_uuid(value: object) -> bool:
    try:
        UUID(str(value))
    except ValueError:
        return False
    return True
