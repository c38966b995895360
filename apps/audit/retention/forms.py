"""What officers fill in: a schedule, a hold, and what a person asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import Team, User
from apps.audit.approvals.asking import SHORTEST_REASON, ReasonTooShort
from apps.audit.approvals.models import LONGEST_REASON
from apps.audit.pseudonyms import pseudonym
from apps.audit.retention import people, searches
from apps.audit.retention.models import LONGEST_DAYS, SHORTEST_DAYS
from apps.audit.telling import ReadByTheDesk
from apps.audit.unseen import can_be_seen
from apps.privacy.hold_models import Hold
from apps.privacy.holds import Scope

TOO_SHORT = (
    f"Keep records for {SHORTEST_DAYS} days at least: the law asks for half a year. Write {SHORTEST_DAYS} or more."
)
TOO_LONG = f"Write {LONGEST_DAYS:,} days at most, or choose to keep records for good."


class WhyForm(ReadByTheDesk):
    """A reason, which is recorded."""

    read_by_the_desk: ClassVar[tuple[str, ...]] = ("why",)

    use_required_attribute = False

    @property
    def found_in_vain(self) -> int | None:
        """How many people the words named, where they were looked for and that was refused; None where nobody was."""
        problems = self.errors.as_data().get("person", [])
        return next((each.found for each in problems if isinstance(each, people.NotOnePerson)), None)

    why = forms.CharField(
        label="Reason",
        help_text="It is recorded with your name.",
        min_length=SHORTEST_REASON,
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages=dict.fromkeys(("required", "min_length", "max_length"), ReasonTooShort.sentence),
    )


class ScheduleForm(WhyForm):
    """How long the exchanges of the company, or of one team, are kept."""

    field_order = ["team", "kept", "days", "why"]
    team = forms.ModelChoiceField(Team.objects.all(), required=False, label="For", empty_label="The company")
    kept = forms.ChoiceField(
        label="Kept",
        choices=[("DAYS", "For so many days"), ("REST", "For good; a team: as the company")],
    )
    days = forms.IntegerField(
        label="Days",
        required=False,
        min_value=SHORTEST_DAYS,
        max_value=LONGEST_DAYS,
        help_text=f"{SHORTEST_DAYS} at least.",
        error_messages={"min_value": TOO_SHORT, "max_value": TOO_LONG, "invalid": "Write a whole number of days."},
    )

    def clean(self) -> dict[str, Any]:
        """Ask for days where records are kept for days, and take none otherwise."""
        cleaned = super().clean() or {}
        if cleaned.get("kept") != "DAYS":
            cleaned["days"] = None
        elif cleaned.get("days") is None and not self.has_error("days"):
            self.add_error("days", TOO_SHORT)
        return cleaned


class HoldForm(WhyForm):
    """What must not be destroyed, and why."""

    field_order = ["name", "kind", "person", "team", "query", "why"]
    read_by_the_desk = ("name", "why")
    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="For example the number of the case, unless it is confidential.",
        validators=[can_be_seen],
    )
    kind = forms.ChoiceField(label="Hold", choices=Hold.Kind)
    person = forms.CharField(
        label="Person",
        required=False,
        max_length=200,
        help_text="To hold a person: pseudonym, user name, e-mail address or full name.",
    )
    team = forms.ModelChoiceField(
        Team.objects.all(), required=False, label="Team", empty_label="None", help_text="To hold a team."
    )
    query = forms.CharField(
        label="Search",
        required=False,
        max_length=2000,
        help_text="To hold what a search finds: the address of the list of exchanges that shows it.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, by: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._by = by

    def clean(self) -> dict[str, Any]:
        """Make the scope of what was chosen; what was not chosen does not count."""
        cleaned = super().clean() or {}
        kind = cleaned.get("kind", "")
        field = {"PERSON": "person", "TEAM": "team", "QUERY": "query"}.get(kind)
        if field is None or self.errors:  # nobody is looked for before the reason stands
            return cleaned
        try:
            cleaned["scope"] = self._scope(kind, cleaned.get(field))
        except ValidationError as problem:
            self.add_error(field, problem)
        return cleaned

    def _scope(self, kind: str, value: Any) -> Scope:
        if kind == Hold.Kind.TEAM:
            if value is None:
                raise ValidationError("Choose the team that is to be held.")
            return Scope(value.name, team_id=value.pk)
        if kind == Hold.Kind.PERSON:
            person = people.found(value or "", by=self._by)
            return Scope(pseudonym(person.pk), person_id=person.pk)
        try:
            query = searches.cleaned(value or "")
        except searches.NotASearch as reason:
            raise ValidationError(reason.sentence) from reason
        return Scope(searches.in_words(query), query=query)


class RequestForm(WhyForm):
    """Whose data a request is about, and why it is made."""

    field_order = ["person", "why"]
    person = forms.CharField(
        label="Person", max_length=200, help_text="Pseudonym, user name, e-mail address or full name."
    )

    def __init__(self, *args: Any, by: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self._by = by

    def clean(self) -> dict[str, Any]:
        """Find the person, once everything else stands: a name is looked for with a reason or not at all."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                cleaned["person"] = people.found(cleaned["person"], by=self._by)
            except ValidationError as problem:
                self.add_error("person", problem)
        return cleaned


class ErasureForm(RequestForm):
    """Whose data is to be erased."""

    field_order = ["person", "closes_account", "why"]
    closes_account = forms.BooleanField(
        label="Close the account too, and remove name, user name and address from it", required=False
    )
