"""What people fill in about collections."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.models import Team
from apps.rag.models import Collection


class CollectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name a collection and say who may read it."""

    teams = forms.ModelMultipleChoiceField(
        Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Teams",
        help_text="People of these teams may read it; their employees may add to it.",
    )

    class Meta:
        model = Collection
        fields = ["name", "description", "is_company_wide"]
        labels = {"is_company_wide": "Everybody in the company may read it"}
        help_texts = {
            "description": "One sentence about what belongs here.",
            "is_company_wide": "Only admins add to a company-wide collection.",
        }

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        """Offer `teams`, a queryset that is already limited to what the admin may see."""
        super().__init__(*args, **kwargs)
        field = self.fields["teams"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        field.queryset = teams
        if self.instance.pk and not self.instance._state.adding:
            self.initial["teams"] = list(self.instance.teams.values_list("pk", flat=True))
