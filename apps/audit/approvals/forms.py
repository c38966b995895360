"""What officers write when they ask, consent or refuse."""

from __future__ import annotations

from django import forms

from apps.audit.approvals.asking import SHORTEST_REASON, ReasonTooShort
from apps.audit.approvals.models import LONGEST_REASON


class WhyForm(forms.Form):
    """Why a second officer should consent."""

    why = forms.CharField(
        label="Reason",
        help_text="The second officer reads it, and it is recorded with your name.",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), ReasonTooShort.sentence),
    )


class ConsentForm(forms.Form):
    """A word along with the consent."""

    use_required_attribute = False
    answer = forms.CharField(required=False, label="Note", max_length=LONGEST_REASON)


class RefusalForm(forms.Form):
    """Why not."""

    use_required_attribute = False
    answer = forms.CharField(
        label="Why not",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), ReasonTooShort.sentence),
    )
