"""What admins set and try on the pages of the privacy policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField

from apps.accounts.models import Team
from apps.console.people_forms import UNKNOWN, DescribedForm
from apps.ledger.vocabulary import EgressClass
from apps.privacy import policy, policy_words
from apps.privacy.policies import Ruled
from apps.privacy.policy import NEVER_RELEASED, Rule, Treatment
from apps.privacy.vocabulary import WORDS_FOR

AS_THE_COMPANY = ""
LONGEST_TRIAL = 20_000


class ScopeForm(DescribedForm):
    """Whose rules: the company's or a team's, for models on which side of the network."""

    team = forms.ModelChoiceField(
        required=False, queryset=Team.objects.all(), empty_label="The whole company", label="Whose messages",
        error_messages=UNKNOWN,
    )  # fmt: skip
    side = forms.ChoiceField(choices=EgressClass.choices, label="Where the model runs", error_messages=UNKNOWN)


class TrialForm(ScopeForm):
    """A text to try the policy on."""

    text = forms.CharField(
        max_length=LONGEST_TRIAL, strip=False, label="Text", widget=forms.Textarea(attrs={"rows": 6})
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of value in the form. `release` is None where people may never release it."""

    kind: str
    treatment: BoundField
    threshold: BoundField
    release: BoundField | None
    company: str


class PolicyForm(DescribedForm):
    """Every rule of one team, or of the company, for one side of the network."""

    based_on = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    is_confirmed = forms.BooleanField(
        required=False, label="I confirm that passwords and keys leave the company's network in clear"
    )

    def __init__(self, *args: Any, own: Ruled, company: policy.Policy, is_company: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.company, self.is_company = company, is_company
        self.must_confirm = False
        for type_ in policy.TYPES:
            self._add_rule(type_, own.get(type_))

    def lines(self) -> Iterator[Line]:
        """Give the rows of the table."""
        for type_ in policy.TYPES:
            yield Line(
                WORDS_FOR[type_],
                self[f"treatment-{type_}"],
                self[f"threshold-{type_}"],
                None if type_ in NEVER_RELEASED else self[f"release-{type_}"],
                "" if self.is_company else policy_words.rule(self.company.rule(type_)),
            )

    def wanted(self) -> dict[str, Rule | None]:
        """Read the rules of a valid form; what does not go with a treatment is left out of it."""
        return {type_: self._rule(type_) for type_ in policy.TYPES}

    def _rule(self, type_: str) -> Rule | None:
        chosen = self.cleaned_data[f"treatment-{type_}"]
        if chosen == AS_THE_COMPANY:
            return None
        treatment = Treatment(chosen)
        threshold = self.cleaned_data[f"threshold-{type_}"] or 0.0
        is_releasable = bool(self.cleaned_data.get(f"release-{type_}")) and treatment == Treatment.MASK
        return Rule(treatment, 0.0 if treatment == Treatment.ALLOW else threshold, is_releasable)

    def _add_rule(self, type_: str, ruled: Rule | None) -> None:
        shown = ruled or self.company.rule(type_)
        inherit = [] if self.is_company else [(AS_THE_COMPANY, "As the company")]
        kind = WORDS_FOR[type_]
        self.fields[f"treatment-{type_}"] = forms.ChoiceField(
            required=self.is_company,
            choices=[*inherit, *Treatment.choices],
            initial=shown.treatment if ruled or self.is_company else AS_THE_COMPANY,
            label=f"What happens: {kind}",
            widget=forms.Select(attrs={"class": "select"}),
            error_messages=UNKNOWN,
        )
        self.fields[f"threshold-{type_}"] = forms.FloatField(
            required=False,
            min_value=0,
            max_value=policy.HIGHEST_THRESHOLD,
            step_size=0.05,
            initial=shown.threshold,
            label=f"Lowest score that counts: {kind}",
            widget=forms.NumberInput(attrs={"class": "input"}),
        )
        if type_ not in NEVER_RELEASED:
            self.fields[f"release-{type_}"] = forms.BooleanField(
                required=False, initial=shown.may_release, label=f"People may release: {kind}"
            )
