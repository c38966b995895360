"""What people type on the pages of keys."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from apps.accounts.models import Role, Team, User
from apps.api import keys
from apps.api.models import ApiKey, Scope
from apps.gateway.models import LanguageModel

UNKNOWN = {"invalid_choice": "There is no such choice. Take one from the list.", "required": "Choose one."}


class DescribedForm(forms.Form):
    """A form whose labels carry no colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class KeyForm(DescribedForm):
    """What a new key of one team is for."""

    name = forms.CharField(
        max_length=80,
        label="Name",
        help_text="Where it will be used, such as “Laptop” or “Nightly report”. It is on the record.",
        error_messages={"required": "Give the key a name.", "max_length": "A key's name has at most 80 characters."},
    )
    days = forms.TypedChoiceField(
        label="Works for",
        coerce=int,
        choices=[(days, "a year" if days == 365 else f"{days} days") for days in keys.LIFETIMES],
        initial=keys.USUAL_DAYS,
        error_messages=UNKNOWN,
    )
    scopes = forms.MultipleChoiceField(
        label="May be used for",
        choices=Scope.choices,
        initial=[scope.value for scope in Scope if scope != Scope.BATCH],
        widget=forms.CheckboxSelectMultiple,
        error_messages={**UNKNOWN, "required": "Mark at least one use."},
    )
    model_ids = forms.ModelMultipleChoiceField(
        label="Only these models",
        queryset=LanguageModel.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Leave all unmarked for every model of the team, also those to come.",
        error_messages={"invalid_choice": keys.ModelsNotCallable.sentence},
    )

    def __init__(self, *args: Any, person: User | None, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        models = (
            LanguageModel.objects.callable_by_some_of(team, now=timezone.now())
            if person is None
            else LanguageModel.objects.callable_by(person, team)
        )
        self.fields["model_ids"].queryset = models.order_by("label")  # type: ignore[attr-defined]

    def wish(self) -> keys.Wish:
        """Give what a valid form asks for."""
        asked = self.cleaned_data
        return keys.Wish(
            name=asked["name"],
            team=self.team,
            scopes=[Scope(scope) for scope in asked["scopes"]],
            model_ids=[model.pk for model in asked["model_ids"]],
            days=asked["days"],
        )


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person by name and, where two share it, by address."""

    def label_from_instance(self, obj: Any) -> str:
        """Say who it is."""
        return f"{obj.name} ({obj.email})" if obj.email else str(obj.name)


class PersonForm(DescribedForm):
    """Who answers for a service key of a team."""

    person = PersonField(
        label="Who answers for it",
        queryset=User.objects.none(),
        empty_label="Choose…",
        help_text="It stops when this person is shut out or leaves the team. It can be handed over.",
        error_messages=UNKNOWN,
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = _people_of(team)  # type: ignore[attr-defined]


class ServiceKeyForm(KeyForm):
    """What a new service key is for, and who answers for it."""

    person = PersonField(
        label="Who answers for it",
        queryset=User.objects.none(),
        empty_label="Choose…",
        help_text="It stops when this person is shut out or leaves the team. It can be handed over.",
        error_messages=UNKNOWN,
    )
    field_order = ("name", "person", "days", "scopes", "model_ids")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, person=None, team=team, **kwargs)
        self.fields["person"].queryset = _people_of(team)  # type: ignore[attr-defined]


class KeysFilter(DescribedForm):
    """Which keys the admins' list shows."""

    q = forms.CharField(required=False, max_length=200, label="Key, person or team")
    kind = forms.ChoiceField(
        required=False, label="Kind", choices=[("", "Any kind"), *ApiKey.Kind.choices], error_messages=UNKNOWN
    )
    state = forms.ChoiceField(
        required=False,
        label="State",
        choices=[("", "Any state"), ("working", "Working"), ("ended", "Expired or revoked")],
        error_messages=UNKNOWN,
    )


def _people_of(team: Team) -> Any:
    return User.objects.filter(is_active=True, memberships__team=team, role_assignments__role=Role.EMPLOYEE).order_by(
        "name", "pk"
    )
