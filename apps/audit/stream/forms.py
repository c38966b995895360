"""What is asked of whoever sets a receiver up."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.audit.stream import webhook
from apps.audit.stream.keeping import Wish
from apps.audit.stream.models import Sink
from apps.gateway.addresses import BadAddress


class SinkForm(forms.Form):
    """A new receiver."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="What your team calls it.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="Where to", choices=Sink.Kind.choices, initial=Sink.Kind.WEBHOOK)
    address = forms.CharField(
        label="Address", required=False, max_length=400,
        help_text="For a webhook: https:// and the collector's address.",
        widget=forms.TextInput({"inputmode": "url", "autocomplete": "off"}),
    )  # fmt: skip
    format = forms.ChoiceField(label="Format", choices=Sink.Format.choices)
    begin = forms.ChoiceField(
        label="Begin with", choices=[("now", "What happens from now on"), ("first", "The first record there is")]
    )
    has_names = forms.BooleanField(label="People's names", required=False)
    has_text = forms.BooleanField(label="Scrubbed texts, and the details of acts", required=False)

    def clean_name(self) -> str:
        """Refuse a name that another receiver has."""
        name = str(self.cleaned_data["name"])
        if Sink.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError("Another receiver has this name. Choose another one.")
        return name

    def clean(self) -> dict[str, Any]:
        """Judge the address of a webhook; a file has none."""
        asked = super().clean() or {}
        if asked.get("kind") == Sink.Kind.WEBHOOK:
            try:
                asked["address"] = webhook.checked(asked.get("address", ""))
            except BadAddress as bad:
                self.add_error("address", str(bad))
        else:
            asked["address"] = ""
        return asked

    @property
    def wish(self) -> Wish:
        """What a valid form asks for."""
        asked = self.cleaned_data
        return Wish(
            name=asked["name"], kind=asked["kind"], format=asked["format"], address=asked["address"],
            has_names=asked["has_names"], has_text=asked["has_text"], from_the_first=asked["begin"] == "first",
        )  # fmt: skip
