"""What an admin enters about who may use a model, what it will cost, who answers for it, and the automatic route."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts.models import Team, User
from apps.console.people_forms import DescribedForm
from apps.console.provider_forms import CURRENCIES
from apps.gateway.models import Grant, LanguageModel

PLACES_FOR_ALTERNATES: Final = ("first", "second", "third")


class MomentField(forms.DateTimeField):
    """A moment in the company's time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(**{"widget": widget, **kwargs})


class GrantForm(DescribedForm):
    """Whom a model is allowed or denied, and from when until when."""

    effect = forms.ChoiceField(label="The model is", choices=Grant.Effect.choices)
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label="To the team",
        required=False,
        empty_label="Every team",
        help_text="A denial of a team counts for its people whichever team pays.",
    )
    person = forms.EmailField(
        label="To one person", required=False, help_text="By e-mail address. Leave it empty for everybody of the team."
    )
    from_at = MomentField(label="From", required=False)
    until_at = MomentField(label="Until", required=False)

    def __init__(self, *args: Any, admin: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.admin = admin
        self.fields["team"].queryset = Team.objects.visible_to(admin)  # type: ignore[attr-defined]

    def clean_person(self) -> User | None:
        """Find the person by address."""
        address = self.cleaned_data["person"]
        if not address:
            return None
        found = User.objects.visible_to(self.admin).filter(email__iexact=address, is_active=True)
        if len(found) != 1:
            raise ValidationError("There is not exactly one active person with this address. Look under People.")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """Refuse a time that is over before it begins."""
        cleaned = super().clean() or self.cleaned_data
        from_at, until_at = cleaned.get("from_at"), cleaned.get("until_at")
        if until_at and until_at <= (from_at or timezone.now()):
            self.add_error("until_at", "This is over before it begins. Choose a later moment.")
        return cleaned


class PricePlanForm(DescribedForm):
    """What a model will cost, and from when."""

    input_price = forms.DecimalField(label="Price in", min_value=0, max_digits=14, decimal_places=6)
    output_price = forms.DecimalField(label="Price out", min_value=0, max_digits=14, decimal_places=6)
    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
    from_at = MomentField(label="From")

    def clean_from_at(self) -> Any:
        """Refuse to backdate."""
        from_at = self.cleaned_data["from_at"]
        if from_at <= timezone.now():
            raise ValidationError("Choose a moment to come. To change the price now, use the form above.")
        return from_at


class FallbackForm(DescribedForm):
    """Who answers where a model cannot."""

    fallback = forms.ChoiceField(label="Who answers instead", choices=LanguageModel.Fallback.choices)
    first_word_seconds = forms.IntegerField(
        label="Seconds for its first word",
        required=False,
        min_value=1,
        max_value=120,
        help_text="After so long another is asked. State it for a model that thinks before it speaks. Empty: six times "
        f"what it usually takes, at least {settings.MODEL_PATIENCE_SECONDS:g} s.",
        error_messages={
            "invalid": "Write whole seconds, or leave it empty.",
            "min_value": "Write 1 to 120 seconds, or leave it empty.",
            "max_value": "Write 1 to 120 seconds, or leave it empty.",
        },
    )

    def __init__(self, *args: Any, model: LanguageModel, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = LanguageModel.objects.for_chat().exclude(pk=model.pk).order_by("label")
        for place in PLACES_FOR_ALTERNATES:
            self.fields[place] = forms.ModelChoiceField(
                others, label=f"{place.title()} choice", required=False, empty_label="None"
            )
        listed = list(model.alternates.values_list("alternate_id", flat=True))
        stated = {"fallback": model.fallback, "first_word_seconds": model.first_word_seconds}
        self.initial = {**stated, **dict(zip(PLACES_FOR_ALTERNATES, listed, strict=False))}

    def clean(self) -> dict[str, Any]:
        """Refuse a list without a model."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("fallback") == LanguageModel.Fallback.LISTED and not self.alternates:
            self.add_error("first", "Choose the model that answers first.")
        return cleaned

    @property
    def alternates(self) -> list[LanguageModel]:
        """The models of a valid form, in their order."""
        return [model for place in PLACES_FOR_ALTERNATES if (model := self.cleaned_data.get(place))]


class ApprovalForm(DescribedForm):
    """How a request is approved."""

    scope = forms.ChoiceField(
        label="Allow it to", choices=[("person", "This person"), ("team", "Their whole team")], initial="person"
    )
    until_at = MomentField(label="Until", required=False, help_text="Empty means for good.")
    answer = forms.CharField(label="A word to the person", required=False, max_length=300)

    def clean_until_at(self) -> Any:
        """Refuse a permission that is over already."""
        until_at = self.cleaned_data["until_at"]
        if until_at and until_at <= timezone.now():
            raise ValidationError("Choose a moment to come, or leave it empty.")
        return until_at


class DenialForm(DescribedForm):
    """Why a request is refused."""

    answer = forms.CharField(label="Why not", max_length=300)


class ModelsOfTeam(forms.Select):
    """A choice of models that names those that the team may not use, and lets only a kept choice stay on one."""

    granted: frozenset[str] = frozenset()

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Say it beside the model."""
        option = super().create_option(*args, **kwargs)
        if option["value"] and str(option["value"]) not in self.granted:
            option["label"] = f"{option['label']} (not for this team)"
            if not option["selected"]:
                option["attrs"]["disabled"] = True
        return option


class AutoRouteForm(DescribedForm):
    """Whether a team leaves the choice to the portal, and between which two models that it may use."""

    is_on = forms.BooleanField(label="Offer “Auto” to this team", required=False)
    small = forms.ModelChoiceField(
        LanguageModel.objects.for_chat().order_by("label"),
        label="For easy questions",
        required=False,
        empty_label="The cheapest they may use",
        widget=ModelsOfTeam,
    )
    large = forms.ModelChoiceField(
        LanguageModel.objects.for_chat().order_by("label"),
        label="For hard questions",
        required=False,
        empty_label="The dearest they may use",
        widget=ModelsOfTeam,
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._team = team
        granted = LanguageModel.objects.granted_in(team, now=timezone.now()).values_list("pk", flat=True)
        self._granted = frozenset(str(pk) for pk in granted)
        for name in ("small", "large"):
            self.fields[name].widget.granted = self._granted

    def clean(self) -> dict[str, Any]:
        """Refuse a choice between a model and itself, and one that the team may not use."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("small", "large") if cleaned.get("is_on") else ():
            model = cleaned.get(name)
            if model is not None and str(model.pk) not in self._granted:
                self.add_error(
                    name,
                    f"{self._team.name} may not use {model.label}, so Auto would never choose it. Allow it to the team "
                    "under Models first, or choose another.",
                )
        if cleaned.get("large") and cleaned["large"] == cleaned.get("small"):
            self.add_error("large", "Choose another model than for easy questions: Auto decides between the two.")
        return cleaned


class AccessRequestForm(DescribedForm):
    """What a person says when asking for a model."""

    team = forms.ModelChoiceField(Team.objects.none())
    model = forms.UUIDField()
    why = forms.CharField(
        label="What for", max_length=300, error_messages={"required": "Say in a sentence what you need it for."}
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(memberships__person=person)  # type: ignore[attr-defined]
