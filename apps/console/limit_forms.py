"""What an admin may enter about budgets, pace, and programs that repeat themselves."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from apps.accounts.models import Team, User
from apps.console.provider_forms import CURRENCIES
from apps.gateway import key_names
from apps.gateway.models import BatchMark, Budget, LanguageModel, RateLimit, RunawayRules, Scope

SUBJECTS: dict[str, tuple[str, ...]] = {
    Scope.ORGANISATION: (),
    Scope.TEAM: ("team",),
    Scope.PERSON: ("person",),
    Scope.MODEL: ("model",),
    Scope.TEAM_MODEL: ("team", "model"),
    Scope.KEY: ("key_id",),
}


class PersonField(forms.CharField):
    """A person by e-mail address, as the page People shows it; those without one by the name they sign in with."""

    def prepare_value(self, value: Any) -> Any:
        """Show the address where the row has the person's id."""
        if not isinstance(value, UUID):
            return value
        found = User.objects.filter(pk=value).first()
        return (found.email or found.username) if found else None

    def clean(self, value: Any) -> User | None:
        """Find the person."""
        typed = super().clean(value).strip()
        if not typed:
            return None
        found = list(User.objects.filter(email__iexact=typed)[:2]) or list(User.objects.filter(username=typed))
        if len(found) != 1:
            raise ValidationError("There is not exactly one person with this address. Copy it from the page People.")
        return found[0]


class KeyField(forms.TypedChoiceField):
    """A key that works, by its name."""

    def __init__(self, *, label: str, nobody: str) -> None:
        def choices() -> list[tuple[str, str]]:
            return [("", nobody), *((str(key_id), name) for key_id, name in key_names.working_keys())]

        gone = "This key does not work any more. Choose one of the list."
        super().__init__(
            label=label,
            choices=choices,
            coerce=UUID,
            empty_value=None,
            required=False,
            error_messages={"invalid_choice": gone},
        )


class AboutForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A row about one subject; the scope is decided by the page, and an existing row keeps its subject."""

    team = forms.ModelChoiceField(queryset=Team.objects.none(), required=False, empty_label="Each team without its own")
    person = PersonField(
        required=False,
        help_text="By e-mail address. Empty means each person without a limit of their own.",
    )
    model = forms.ModelChoiceField(
        queryset=LanguageModel.objects.none(), required=False, empty_label="Each model without its own"
    )
    key_id = KeyField(label="Key", nobody="Each key without its own")

    def __init__(self, *args: Any, admin: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        scope = self.instance.scope
        asked = () if self.instance.pk else SUBJECTS[scope]
        for name in ("team", "person", "model", "key_id"):
            if name not in asked:
                del self.fields[name]
        for name, rows in (("team", Team.objects), ("model", LanguageModel.objects)):
            if name in self.fields:
                self.fields[name].queryset = rows.visible_to(admin)  # type: ignore[attr-defined]
                if scope == Scope.TEAM_MODEL:
                    self.fields[name].required = True
                    self.fields[name].empty_label = "Choose…"  # type: ignore[attr-defined]
        self.subject_fields = [name for name in asked if name in self.fields]

    @property
    def subjects(self) -> list[forms.BoundField]:
        """The fields that say whom it is about."""
        return [self[name] for name in self.subject_fields]

    def clean(self) -> dict[str, Any]:
        """Keep the key's name with the row: it is shown also when the key is gone."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if key_id := cleaned.get("key_id"):
            self.instance.key_label = key_names.name_of(key_id)[:80]
        return cleaned

    def _get_validation_exclusions(self) -> set[str]:
        # Which rows there are already depends on the subject, whether or not this page lets it be changed.
        return super()._get_validation_exclusions() - {"scope", "team", "person", "model", "key_id"}  # type: ignore[misc,no-any-return]


class BudgetForm(AboutForm):
    """What somebody may spend in a window."""

    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)

    class Meta:
        model = Budget
        fields: ClassVar[list[str]] = [
            *("team", "person", "model", "key_id"),
            *("window", "hours", "hard_limit", "soft_limit", "currency"),
        ]
        labels: ClassVar[dict[str, str]] = {
            "window": "Counted over",
            "hours": "Hours",
            "hard_limit": "Hard limit",
            "soft_limit": "Soft limit",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "hours": "For the last hours only: 1 to 720. A week is 168.",
            "hard_limit": "Refuses what does not fit.",
            "soft_limit": "Warns people and puts it on the record; refuses nobody.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("hard_limit", "soft_limit"):
            if (limit := cleaned.get(name)) is not None and limit < 0:
                self.add_error(name, "A limit cannot be less than 0.")
        if cleaned.get("hard_limit") is None and cleaned.get("soft_limit") is None and not self.errors:
            self.add_error("hard_limit", "Enter a hard limit, a soft one, or both.")
        hard, soft = cleaned.get("hard_limit"), cleaned.get("soft_limit")
        if hard is not None and soft is not None and soft > hard:
            self.add_error("soft_limit", "Nobody would be warned: enter less than the hard limit, which comes first.")
        is_rolling = cleaned.get("window") == Budget.Window.ROLLING
        if not is_rolling:
            cleaned["hours"] = None
        elif not 1 <= (cleaned.get("hours") or 0) <= 720:
            self.add_error("hours", "Enter how many hours: 1 to 720.")
        return cleaned


class RateForm(AboutForm):
    """How many calls and tokens a minute, and how many answers at once."""

    class Meta:
        model = RateLimit
        fields: ClassVar[list[str]] = [
            *("team", "person", "model", "key_id"),
            *("requests", "tokens", "streams"),
        ]
        labels: ClassVar[dict[str, str]] = {
            "requests": "Calls a minute",
            "tokens": "Tokens a minute",
            "streams": "Answers at once",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "tokens": "Of question and answer; for an answer under way, the most it can be.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("requests", "tokens", "streams"):
            if cleaned.get(name) == 0:
                self.add_error(name, "Enter 1 or more. To shut somebody out, take the grant or the key away.")
        if not self.errors and not any(cleaned.get(name) for name in ("requests", "tokens", "streams")):
            self.add_error("requests", "Enter at least one limit.")
        return cleaned


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """When a program that repeats itself is slowed and stopped."""

    class Meta:
        model = RunawayRules
        fields: ClassVar[list[str]] = ["slow_after", "stop_after", "longest_run", "run_ceiling", "stop_minutes"]
        labels: ClassVar[dict[str, str]] = {
            "slow_after": "Slow after",
            "stop_after": "Stop after",
            "longest_run": "Longest run",
            "run_ceiling": "Most a run may cost",
            "stop_minutes": "Stopped for",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "slow_after": "Repetitions: the same request within two minutes, or the same last step of a run.",
            "stop_after": "Repetitions.",
            "longest_run": "Calls that continue one another without a pause; 20 to 500.",
            "run_ceiling": "In the currency of the model's price.",
            "stop_minutes": "Minutes.",
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        slow, stop = cleaned.get("slow_after"), cleaned.get("stop_after")
        if slow is not None and slow < 3:
            self.add_error("slow_after", "Enter 3 or more: people ask the same thing twice.")
        if slow is not None and stop is not None and stop <= slow:
            self.add_error("stop_after", "Enter more than the number from which it is slowed.")
        if (longest := cleaned.get("longest_run")) is not None and not 20 <= longest <= 500:
            self.add_error("longest_run", "Enter 20 to 500.")
        if (ceiling := cleaned.get("run_ceiling")) is not None and ceiling <= 0:
            self.add_error("run_ceiling", "Enter an amount above 0.")
        if (minutes := cleaned.get("stop_minutes")) is not None and minutes < 1:
            self.add_error("stop_minutes", "Enter 1 or more.")
        return cleaned


class MarkForm(forms.Form):
    """Whose work repeats by design: a person, or a key."""

    person = PersonField(required=False, label="Person", help_text="By e-mail address.")
    key_id = KeyField(label="or key", nobody="No key")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("person")) == bool(cleaned.get("key_id")):
            raise ValidationError("Enter a person or a key, one of them.")
        return cleaned

    def mark(self) -> BatchMark:
        """Make the mark; it is not stored yet."""
        person, key_id = self.cleaned_data["person"], self.cleaned_data["key_id"]
        return BatchMark(scope=Scope.PERSON if person else Scope.KEY, person=person, key_id=key_id)


def scoped(table: type[models.Model], scope: str) -> Any:
    """Make a new row of `table` for the scope that an address names, or None where there is no such scope."""
    known = {value.lower().replace("_", "-"): value for value in Scope.values}
    return table(scope=known[scope]) if scope in known else None
