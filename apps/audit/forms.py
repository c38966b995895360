"""What officers write when they ask for what is hidden: each time the reason, which is recorded."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.audit.pseudonyms import NotAPseudonym, person_behind
from apps.audit.telling import ReadByTheDesk
from apps.ledger.standing import Alarm
from apps.privacy.unmasking import LONGEST_REASON, SHORTEST_REASON

SHORTEST_NAME = 3
USUAL_HELP = "What you must find out, or the number of a case that is not confidential. It is recorded with your name."
SAY_WHY = f"Say why you need to know this, in {SHORTEST_REASON} to {LONGEST_REASON} characters. It is recorded."


class ReasonField(forms.CharField):
    """Why an officer needs to see something: 10 to 500 characters that a later reader can understand."""

    def __init__(self, *, sentence: str = SAY_WHY, help_text: str = "") -> None:
        super().__init__(
            label="Reason",
            help_text=help_text or USUAL_HELP,
            min_length=SHORTEST_REASON,
            max_length=LONGEST_REASON,
            widget=forms.Textarea(attrs={"rows": 2}),
            error_messages=dict.fromkeys(("required", "min_length", "max_length"), sentence),
        )

    def clean(self, value: str) -> str:
        """Read the reason in one line; blanks do not make it longer."""
        return str(super().clean(" ".join(str(value or "").split())))


class AcknowledgeForm(ReadByTheDesk):
    """Which alarm an officer knows of, and what they do about it."""

    kind = forms.CharField(max_length=40, widget=forms.HiddenInput)
    since = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = ReasonField(
        sentence=f"Say what you do about it, in {SHORTEST_REASON} to {LONGEST_REASON} characters. It is recorded.",
        help_text="Who looks into it, or what was found. It is recorded with your name; the alarm stays until it ends.",
    )

    @classmethod
    def about(cls, alarm: Alarm) -> AcknowledgeForm:
        """Make the empty form of one alarm."""
        return cls(initial={"kind": alarm.kind, "since": alarm.raised}, auto_id=f"{alarm.kind.lower()}_%s")


class RevealForm(ReadByTheDesk):
    """Whose name an officer needs, and why; ``back`` is where to go then."""

    pseudonym = forms.CharField(
        max_length=40, label="Pseudonym", widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="As it is shown, such as Heron 4-71.",
    )  # fmt: skip
    reason = ReasonField()
    back = forms.CharField(required=False, max_length=2_000, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, initial: dict[str, str] | None = None) -> None:
        super().__init__(data, auto_id="reveal_%s", initial=initial)

    def clean_pseudonym(self) -> UUID:
        """Read the pseudonym. One query."""
        try:
            return person_behind(self.cleaned_data["pseudonym"])
        except NotAPseudonym as unknown:
            raise ValidationError(unknown.sentence, code="invalid") from unknown


class FindForm(ReadByTheDesk):
    """Whom an officer looks for by name, and why."""

    name = forms.CharField(
        min_length=SHORTEST_NAME, max_length=200, label="Name or username",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"min_length": "Type at least three letters of the name."},
    )  # fmt: skip
    reason = ReasonField()

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="find_%s")
