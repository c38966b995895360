"""What admins type on the pages of the dictionary."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from apps.console.people_forms import DescribedForm
from apps.privacy import dictionary_terms
from apps.privacy.dictionary_lines import MOST_LINES, TooManyLines
from apps.privacy.dictionary_models import LONGEST_TERM, DictionaryEntry

LARGEST_FILE_MEGABYTES = 20
MEGABYTE = 1024 * 1024
KIND_HELP = "What a model reads in its place: <ORGANIZATION_1>, <PROJECT_1> and so on."


class DictionaryFilter(DescribedForm):
    """What the list of terms shows."""

    q = forms.CharField(required=False, max_length=LONGEST_TERM, label="Term")
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "Any kind"), *DictionaryEntry.Kind.choices],
        label="Kind",
        error_messages={"invalid_choice": "There is no such kind. Take one from the list."},
    )


class TermForm(DescribedForm):
    """One term; `new_term` is what it comes to."""

    term = forms.CharField(
        max_length=LONGEST_TERM,
        label="Term",
        help_text="A name or word as people write it. It is found in any case, with other blanks, and as a possessive.",
        error_messages={"required": "Type the term."},
    )
    kind = forms.ChoiceField(
        choices=[("", "Choose…"), *DictionaryEntry.Kind.choices],
        label="Kind",
        help_text=KIND_HELP,
        error_messages={"required": "Choose what this is."},
    )
    is_exact = forms.BooleanField(required=False, label="Only exactly as written, capitals and accents included")
    note = forms.CharField(
        required=False,
        max_length=200,
        label="Note",
        help_text="For other admins: why it is here. Nobody else sees it.",
    )

    new_term: dictionary_terms.NewTerm

    def clean(self) -> dict[str, Any] | None:
        """Tidy the term and refuse what cannot be looked for."""
        given = self.cleaned_data
        if "term" in given and "kind" in given:
            try:
                self.new_term = dictionary_terms.checked(
                    given["term"], kind=given["kind"], is_exact=given["is_exact"], note=given.get("note", "")
                )
            except dictionary_terms.TermRefused as refused:
                self.add_error("term", refused.sentence)
        return given


class LinesForm(DescribedForm):
    """Lines with a problem, corrected."""

    text = forms.CharField(
        required=False, strip=False, label="Lines to correct", widget=forms.Textarea(attrs={"rows": 8})
    )


class ImportForm(DescribedForm):
    """Lines to import, pasted or in a file."""

    text = forms.CharField(
        required=False,
        strip=False,
        label="Paste terms",
        help_text="One a line. Or a table: its first line names the columns term, kind, exact and note.",
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false"}),
    )
    file = forms.FileField(
        required=False,
        label="Or choose a file",
        help_text=f"Text or CSV in UTF-8, up to {LARGEST_FILE_MEGABYTES} MB.",
        widget=forms.FileInput(attrs={"class": "input", "accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
    )
    kind = forms.ChoiceField(
        choices=DictionaryEntry.Kind.choices,
        initial=DictionaryEntry.Kind.CUSTOMER,
        label="Kind of lines that name none",
    )

    def clean(self) -> dict[str, Any] | None:
        """Make one text of what was given."""
        given = self.cleaned_data
        if given.get("file") is not None:
            given["text"] = _text_of(given["file"])
        if not (given.get("text") or "").strip():
            raise ValidationError("Paste at least one term, or choose a file that has some.")
        if given["text"].count("\n") >= MOST_LINES:
            raise ValidationError(TooManyLines.sentence)
        return given


def _text_of(file: UploadedFile[Any]) -> str:
    if file.size is None or file.size > LARGEST_FILE_MEGABYTES * MEGABYTE:
        raise ValidationError(f"The file is larger than {LARGEST_FILE_MEGABYTES} MB. Divide it.")
    try:
        text: str = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValidationError("The file is not text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.") from None
    return text.replace("\0", "\ufffd")
