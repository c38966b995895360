"""What officers fill in about cases, searches and exports; every refusal says what to do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from apps.accounts.models import Role, User
from apps.audit.cases.models import Case, Export
from apps.audit.telling import ReadByTheDesk
from apps.audit.unseen import can_be_seen

SHORTEST, LONGEST_REASON, LONGEST_TEXT = 10, 500, 5_000
LONGEST_NOTE = 10_000


def _words(what: str, *, shortest: int, longest: int) -> dict[str, str]:
    sentence = f"{what} needs {shortest:,} to {longest:,} characters."
    return dict.fromkeys(("required", "min_length", "max_length"), sentence)


def _area(label: str, *, help_text: str, what: str, shortest: int = SHORTEST, longest: int, rows: int = 3) -> Any:
    return forms.CharField(
        label=label, help_text=help_text, min_length=shortest, max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}), error_messages=_words(what, shortest=shortest, longest=longest),
    )  # fmt: skip


class CaseForm(forms.Form):
    """A new case."""

    title = forms.CharField(
        label="Title",
        min_length=3,
        max_length=200,
        validators=[can_be_seen],
        error_messages=_words("The title", shortest=3, longest=200),
    )
    why = _area(
        "Why", help_text="What is to be found out, and where it came from. Sealed under the case's own key.",
        what="The reason", longest=LONGEST_TEXT,
    )  # fmt: skip
    is_confidential = forms.BooleanField(
        label="Confidential",
        required=False,
        help_text="Only you and the members see it. While it is open, the people concerned are not shown these looks.",
    )


class WordsForm(CaseForm):
    """Title and reason of a case that exists."""

    is_confidential = None  # type: ignore[assignment]


class NoteForm(forms.Form):
    """A note, written for good."""

    text = _area(
        "Note", help_text="It cannot be changed or deleted afterwards.", what="A note", shortest=1,
        longest=LONGEST_NOTE, rows=2,
    )  # fmt: skip


class CloseForm(forms.Form):
    """How a case ends."""

    finding = forms.ChoiceField(label="Finding", choices=Case.Finding.choices)
    words = _area("In words", help_text="What was found, and what follows.", what="The finding", longest=LONGEST_TEXT)


class ReasonForm(forms.Form):
    """Why a case is opened again, or an exchange taken out."""

    reason = _area(
        "Reason", help_text="It is recorded with your name.", what="The reason", longest=LONGEST_REASON, rows=2
    )


class Choice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable at run time
    """One of the rows offered; anything else, also what is no id at all, gets the same sentence."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except ValidationError:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice") from None


class PersonForm(forms.Form):
    """Somebody of the desk, for a case."""

    person = Choice(
        User.objects.none(), label="Person", empty_label="Choose",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose somebody from the list."),
    )  # fmt: skip

    def __init__(self, *args: Any, people: QuerySet[User], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]


class ChooseCaseForm(forms.Form):
    """An open case to put exchanges into."""

    case = Choice(
        Case.objects.none(), label="Case", empty_label="Choose",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose one of your open cases."),
    )  # fmt: skip

    def __init__(self, *args: Any, officer: User, **options: Any) -> None:
        super().__init__(*args, **options)
        mine = Case.objects.visible_to(officer).worked_on_by(officer).filter(state=Case.State.OPEN)
        self.fields["case"].queryset = mine.order_by("-year", "-serial")  # type: ignore[attr-defined]


class SearchForm(forms.Form):
    """The name of a search."""

    name = forms.CharField(
        label="Name",
        min_length=3,
        max_length=120,
        validators=[can_be_seen],
        error_messages=_words("The name", shortest=3, longest=120),
    )
    is_shared = forms.BooleanField(label="Share with the desk", required=False)


class ExportForm(ReadByTheDesk):
    """What goes into an export."""

    read_by_the_desk = ("why",)

    variant = forms.ChoiceField(
        label="What goes along", choices=Export.Variant.choices, initial=Export.Variant.REDACTED,
        widget=forms.RadioSelect,
    )  # fmt: skip
    is_whole = forms.BooleanField(
        label="Prove that none is left out",
        required=False,
        help_text="Full variant of a span of time only. Every record of the span goes along, events too.",
    )
    why = _area(
        "Why", help_text="For whom, and on what ground. It is recorded with your name.", what="The reason",
        longest=LONGEST_REASON,
    )  # fmt: skip

    def warn_of_the_desk(self) -> None:
        """Say of a confidential case that whoever does not see the case reads the reason all the same."""
        self.fields["why"].help_text = (
            "The whole desk reads it, also who does not see this case: name neither the case nor anybody in it. "
            "It is recorded with your name."
        )

    def clean(self) -> dict[str, Any]:
        """Refuse a proof that the redacted variant cannot give."""
        cleaned = super().clean() or {}
        if cleaned.get("is_whole") and cleaned.get("variant") == Export.Variant.REDACTED:
            self.add_error("is_whole", "Only the full variant can prove it: the records themselves go along.")
        return cleaned


def people_of_the_desk() -> QuerySet[User]:
    """Give the active officers and auditors, who may be members of a case."""
    roles = [Role.COMPLIANCE_OFFICER, Role.AUDITOR]
    return User.objects.filter(is_active=True, role_assignments__role__in=roles).distinct().order_by("name")


def officers() -> QuerySet[User]:
    """Give the active officers, who may be in charge of a case."""
    role = Role.COMPLIANCE_OFFICER
    return User.objects.filter(is_active=True, role_assignments__role=role).order_by("name")
