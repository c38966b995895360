"""What an admin may enter about providers and models."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from apps.gateway import addresses
from apps.gateway.models import EgressClass, LanguageModel, Provider

CURRENCIES = [(code, code) for code in ("USD", "EUR", "GBP", "CHF", "JPY")]
LARGEST_WINDOW = 20_000_000


class ProviderForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """What may be changed at every provider: its name and where its calls go."""

    egress_class = forms.ChoiceField(
        label="Where its calls go",
        choices=[("", "Choose…"), *EgressClass.choices],
        help_text="People see this beside every model, and the record keeps it with every message.",
    )

    class Meta:
        model = Provider
        fields: ClassVar[list[str]] = ["name", "egress_class", "region"]
        labels: ClassVar[dict[str, str]] = {
            "name": "Name",
            "region": "Region",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "name": "As people will see it.",
            "region": "Where its machines stand, such as eu-central-1.",
        }
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "name": {"unique": "There is a provider of this name already. Choose another name."}
        }


class ServerForm(ProviderForm):
    """An OpenAI-compatible server: also its address and its key. The key is never shown again."""

    key = forms.CharField(
        label="Key",
        required=False,
        max_length=2000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )

    class Meta(ProviderForm.Meta):
        fields: ClassVar[list[str]] = ["name", "base_url", "key", "egress_class", "region"]
        labels: ClassVar[dict[str, str]] = {**ProviderForm.Meta.labels, "base_url": "Address"}
        help_texts: ClassVar[dict[str, str]] = {
            **ProviderForm.Meta.help_texts,
            "base_url": "Its OpenAI-compatible address, usually ending in /v1.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address_before = self.instance.base_url
        self.fields["base_url"].required = True
        has_key = self.instance.credential == Provider.Credential.SEALED
        self.fields["key"].help_text = (
            "A key is stored. Leave this empty to keep it; a new address asks for it again."
            if has_key
            else "Stored encrypted and never shown again. Leave it empty if the server asks for none."
        )

    def clean_base_url(self) -> str:
        try:
            return addresses.checked(self.cleaned_data["base_url"])
        except addresses.BadAddress as error:
            raise ValidationError(str(error)) from error

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValidationError("A key has only letters, digits and signs. Copy it again without spaces.")
        return key

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        address = cleaned.get("base_url", "")
        if cleaned.get("egress_class") == EgressClass.INSIDE and addresses.is_surely_outside(address):
            self.add_error("egress_class", "This address is on the public internet, so its calls leave the network.")
        had_key = self.instance.credential == Provider.Credential.SEALED
        if had_key and address and address != self.address_before and not cleaned.get("key"):
            self.add_error("key", "The address changed, so enter the key again: it is never sent anywhere else.")
        return cleaned


class LanguageModelForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """One model: what it is called here and there, what it takes and what it costs."""

    currency = forms.ChoiceField(label="Currency", choices=CURRENCIES)
    capabilities = forms.MultipleChoiceField(
        label="What it can do",
        choices=LanguageModel.Capability.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="A model that only embeds is not offered in the chat; one that lacks what another can does not "
        "answer for it by itself.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("input_price", "output_price"):
            price = getattr(self.instance, name)
            self.initial[name] = None if price is None else f"{price.normalize():f}"

    class Meta:
        model = LanguageModel
        fields: ClassVar[list[str]] = [
            "label",
            "upstream_id",
            "context_window",
            "max_output_tokens",
            "input_price",
            "output_price",
            "currency",
            "capabilities",
            "retires_on",
            "is_requestable",
        ]
        widgets: ClassVar[dict[str, forms.Widget]] = {"retires_on": forms.DateInput(attrs={"type": "date"})}
        labels: ClassVar[dict[str, str]] = {
            "label": "Name",
            "upstream_id": "Name at the provider",
            "context_window": "Context window",
            "max_output_tokens": "Longest answer",
            "input_price": "Price in",
            "output_price": "Price out",
            "retires_on": "Retires on",
            "is_requestable": "People may ask for it",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "label": "As people choose it.",
            "upstream_id": "Exactly as the provider calls it; on Azure the name of the deployment.",
            "context_window": "Tokens of question and answer.",
            "max_output_tokens": "Tokens.",
            "retires_on": "From this day on it is refused; people are warned sixty days before.",
        }
        error_messages: ClassVar[dict[str, dict[str, str]]] = {
            "label": {"unique": "There is a model of this name already. Choose another name."}
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        window, longest = cleaned.get("context_window"), cleaned.get("max_output_tokens")
        if window is not None and not 0 < window <= LARGEST_WINDOW:
            self.add_error("context_window", f"Enter a number of tokens between 1 and {LARGEST_WINDOW:,}.")
        if longest is not None and window is not None and not 0 < longest <= window:
            self.add_error("max_output_tokens", "Enter a number of tokens above 0 that fits the context window.")
        for name in ("input_price", "output_price"):
            price = cleaned.get(name)
            if price is not None and price < 0:
                self.add_error(name, "A price cannot be less than 0.")
        return cleaned
