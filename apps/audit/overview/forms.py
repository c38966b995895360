"""Which days the overview is about."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms
from django.http import QueryDict

from apps.audit.overview.figures import Span, month_after
from apps.audit.overview.models import Grain

DAYS = {"1": "Today", "7": "7 days", "30": "30 days", "90": "90 days", "365": "12 months"}
A_YEAR = "365"
USUAL = "30"


class SpanForm(forms.Form):
    """A span of days that ends today."""

    use_required_attribute = False
    days = forms.ChoiceField(
        choices=list(DAYS.items()), label="Time", error_messages={"invalid_choice": "Choose one of the spans."}
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data if "days" in data else {"days": USUAL}, auto_id="overview_%s")

    def span(self, today: date) -> Span:
        """Give the days, or the last twelve months with the current one; `is_valid` was asked before."""
        if self.cleaned_data["days"] == A_YEAR:
            this_month = today.replace(day=1)
            return Span(month_after(this_month, -11), this_month, Grain.MONTH)
        return Span(today - timedelta(days=int(self.cleaned_data["days"]) - 1), today)
