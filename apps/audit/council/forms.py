"""What officers type to close a team, and to open something of it for a time."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import Team
from apps.audit.approvals.forms import WhyForm
from apps.audit.council.opening import LONGEST_DAYS
from apps.audit.models import ClosedTeam
from apps.audit.pseudonyms import NotAPseudonym, person_behind


class TeamForm(WhyForm):
    """A team to be closed to the desk."""

    use_required_attribute = False
    team = forms.ModelChoiceField(Team.objects.all(), label="Team", empty_label=None)
    field_order = ("team", "why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:  # one that is closed already is answered with a sentence, and not offered
            closed = ClosedTeam.objects.values("team_id")
            self.fields["team"].queryset = Team.objects.exclude(pk__in=closed)  # type: ignore[attr-defined]


class OpeningForm(WhyForm):
    """What is to be opened: an exchange by its number, or a person by pseudonym."""

    use_required_attribute = False
    what = forms.CharField(
        label="Exchange or person", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="The number of the exchange, or the pseudonym of the person.",
    )  # fmt: skip
    days = forms.IntegerField(label="Days", min_value=1, max_value=LONGEST_DAYS, initial=3)
    field_order = ("what", "days", "why")

    def clean_what(self) -> tuple[UUID | None, UUID | None]:
        """Read an exchange's number or a person's pseudonym. One query for the latter."""
        typed = self.cleaned_data["what"].strip()
        try:
            return UUID(typed), None
        except ValueError:
            pass
        try:
            return None, person_behind(typed)
        except NotAPseudonym as unknown:
            raise ValidationError(unknown.sentence, code="invalid") from unknown
