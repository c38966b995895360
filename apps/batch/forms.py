"""What people choose on the pages of batches."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.batch import parsing
from apps.batch.parsing import Table
from apps.batch.preparing import Columns
from apps.gateway.models import LanguageModel, LanguageModelQuerySet

UNKNOWN = {"invalid_choice": "There is no such choice. Take one from the list.", "required": "Choose one."}


class DescribedForm(forms.Form):
    """A form whose labels carry no colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class ModelField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """A model with its hours."""

    def label_from_instance(self, obj: Any) -> str:
        """Say which, and when."""
        return f"{obj.label}, {obj.lane.hours}"


class UploadForm(DescribedForm):
    """A file of prompts, and the model that is to answer them."""

    file = forms.FileField(
        label="File",
        help_text=(
            f"JSON lines or CSV in UTF-8, up to {parsing.MOST_LINES:,} prompts and "
            f"{parsing.MOST_BYTES // 1024 // 1024} MB."
        ),
        widget=forms.FileInput(attrs={"class": "input", "accept": ".jsonl,.ndjson,.csv,.tsv"}),
        allow_empty_file=True,
        error_messages={"required": "Choose a file."},
    )
    model = ModelField(
        label="Model",
        queryset=LanguageModel.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "select"}),
        error_messages=UNKNOWN,
    )

    def __init__(self, *args: Any, models: LanguageModelQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = models  # type: ignore[attr-defined]


class ColumnsForm(DescribedForm):
    """Which columns of a CSV file hold the prompts and their ids."""

    prompt = forms.TypedChoiceField(
        label="Column with the prompts",
        coerce=int,
        widget=forms.Select(attrs={"class": "select"}),
        error_messages={**UNKNOWN, "required": "Choose the column that holds the prompts."},
    )
    id = forms.TypedChoiceField(
        label="Column with an id",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="To find each answer by. Without one, rows are numbered from 1.",
        widget=forms.Select(attrs={"class": "select"}),
        error_messages=UNKNOWN,
    )

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns = parsing.columns_of(table.heading)
        self.fields["prompt"].choices = [("", "Choose…"), *columns]  # type: ignore[attr-defined]
        self.fields["id"].choices = [("", "None: number the rows"), *columns]  # type: ignore[attr-defined]
        self.fields["prompt"].initial, self.fields["id"].initial = parsing.likely_columns(table.heading)

    def columns(self) -> Columns:
        """Give what a valid form says."""
        return Columns(self.cleaned_data["prompt"], self.cleaned_data["id"])


class HoursForm(DescribedForm):
    """When batches may use a model."""

    HOURS = [("", "Any"), *((hour, f"{hour:02}:00") for hour in range(24))]
    model = forms.ModelChoiceField(queryset=LanguageModel.objects.none(), error_messages=UNKNOWN)
    from_hour = forms.TypedChoiceField(
        choices=HOURS, coerce=int, empty_value=None, required=False, label="From", error_messages=UNKNOWN
    )
    until_hour = forms.TypedChoiceField(
        choices=HOURS, coerce=int, empty_value=None, required=False, label="To", error_messages=UNKNOWN
    )

    def __init__(self, *args: Any, models: LanguageModelQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"].queryset = models  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Take both hours or neither, and two that differ."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        begin, end = cleaned.get("from_hour"), cleaned.get("until_hour")
        if (begin is None) != (end is None):
            raise forms.ValidationError("Choose both hours, or neither for any hour.")
        if begin is not None and begin == end:
            raise forms.ValidationError("Choose two different hours, or neither for any hour.")
        return cleaned
