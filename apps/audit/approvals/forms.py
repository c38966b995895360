"""What officers write when they ask, consent or refuse."""

from __future__ import annotations

from django import forms

from apps.audit.approvals.asking import SHORTEST_REASON, ReasonTooShort
from apps.audit.approvals.models import LONGEST_REASON
from apps.audit.telling import ReadByTheDesk


class WhyForm(ReadByTheDesk):
    """Why a second officer should consent."""

    read_by_the_desk = ("why",)

    why = forms.CharField(
        label="Reason",
        help_text="The second officer reads it, and it is recorded with your name.",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), ReasonTooShort.sentence),
    )


class ConsentForm(ReadByTheDesk):
    """A word along with the consent."""

    read_by_the_desk = ("answer",)

    use_required_attribute = False
    answer = forms.CharField(required=False, label="Note", max_length=LONGEST_REASON)


class RefusalForm(ReadByTheDesk):
    """Why not."""

    read_by_the_desk = ("answer",)

    use_required_attribute = False
    answer = forms.CharField(
        label="Why not",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), ReasonTooShort.sentence),
    )
