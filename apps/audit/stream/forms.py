"""What is asked of whoever sets a receiver up."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from apps.audit.approvals.asking import SHORTEST_REASON, ReasonTooShort
from apps.audit.approvals.models import LONGEST_REASON
from apps.audit.stream import pull_keys, syslog, webhook
from apps.audit.stream.keeping import NameTaken, Wish
from apps.audit.stream.models import Sink
from apps.audit.stream.widening import Reach
from apps.audit.unseen import can_be_seen
from apps.gateway.addresses import BadAddress

JUDGES: Final = {Sink.Kind.WEBHOOK.value: webhook.checked, Sink.Kind.SYSLOG.value: syslog.checked}


class ReachForm(forms.Form):
    """What a receiver is to get beyond pseudonyms and codes from now on, and why: an officer decides."""

    begin = forms.ChoiceField(
        label="Begin with", choices=[("now", "What happens from now on"), ("first", "The first record there is")]
    )
    has_names = forms.BooleanField(label="People's names and ids, instead of pseudonyms", required=False)
    has_text = forms.BooleanField(label="Scrubbed texts, and the details of acts", required=False)
    why = forms.CharField(
        label="Reason",
        required=False,
        max_length=LONGEST_REASON,
        help_text="For the officer who decides; recorded with your name.",
        widget=forms.Textarea({"rows": 2}),
        error_messages={"max_length": ReasonTooShort.sentence},
    )

    def clean_why(self) -> str:
        """Ask for a reason where an officer has to decide."""
        why = " ".join(str(self.cleaned_data["why"]).split())
        if not self.reach.is_narrow and len(why) < SHORTEST_REASON:
            raise forms.ValidationError(ReasonTooShort.sentence)
        return why

    @property
    def reach(self) -> Reach:
        """What was chosen."""
        asked = self.cleaned_data
        return Reach(
            has_names=bool(asked.get("has_names")),
            has_text=bool(asked.get("has_text")),
            from_the_first=asked.get("begin") == "first",
        )


class SinkForm(ReachForm):
    """A new receiver."""

    field_order = ["name", "kind", "address", "days", "format", "begin", "has_names", "has_text", "why"]
    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="What your team calls it.",
        validators=[can_be_seen],
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="Where to", choices=Sink.Kind.choices, initial=Sink.Kind.WEBHOOK)
    address = forms.CharField(
        label="Address", required=False, max_length=400,
        help_text="For a webhook: https:// and the collector's address. For syslog: its name and port, such as "
        "siem.example:6514.",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off"}),
    )  # fmt: skip
    days = forms.ChoiceField(
        label="Key ends after", required=False,
        choices=[(days, f"{days} days") for days in pull_keys.LIFETIMES], initial=pull_keys.USUAL_DAYS,
        help_text="For a receiver that asks with a key; a new key lives as long.",
    )  # fmt: skip
    format = forms.ChoiceField(label="Format", choices=Sink.Format.choices)

    def clean_name(self) -> str:
        """Refuse a name that another receiver has."""
        name = str(self.cleaned_data["name"])
        if Sink.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(NameTaken.sentence)
        return name

    def clean_days(self) -> int:
        """Count the days that a key works."""
        return int(self.cleaned_data["days"] or pull_keys.USUAL_DAYS)

    def clean(self) -> dict[str, Any]:
        """Judge the address of a webhook or of a syslog server; no other kind has one."""
        asked = super().clean() or {}
        judge = JUDGES.get(asked.get("kind", ""))
        try:
            asked["address"] = judge(asked.get("address", "")) if judge else ""
        except BadAddress as bad:
            self.add_error("address", str(bad))
        return asked

    @property
    def wish(self) -> Wish:
        """What a valid form asks for."""
        asked = self.cleaned_data
        return Wish(
            name=asked["name"], kind=asked["kind"], format=asked["format"], address=asked["address"],
            reach=self.reach, why=asked["why"], days=asked["days"],
        )  # fmt: skip
