"""What an officer may filter by; everything stands in the address, so that a search can be kept and repeated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import F, Q
from django.http import QueryDict
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.narrowing import SHORTEST_TEXT, Narrowing
from apps.audit.pseudonyms import NotAPseudonym, person_behind, pseudonym
from apps.ledger import facets
from apps.ledger.vocabulary import Action, OutcomeKind, Topic, actions_about, is_of_office
from apps.privacy.vocabulary import WORDS_FOR

IN_PROGRESS = "IN_PROGRESS"
PERSON = "person"
DAY_LENGTH = len("2026-03-31")
DAY_FORMAT = "%Y-%m-%d"
MASKED_TYPES = sorted(
    ((kind, words[0].upper() + words[1:]) for kind, words in WORDS_FOR.items()), key=lambda kind: str(kind[1])
)
MOMENT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force: what it says, and the address of the same search without it."""

    label: str
    address: str


class MomentInput(forms.DateTimeInput):
    """The browser's own picker. It shows nothing for a bare day, so a day from an address gets its time."""

    time_of_bare_day = "00:00"

    def format_value(self, value: Any) -> str | None:
        """Write the value as the picker takes it."""
        text = super().format_value(value)
        return f"{text}T{self.time_of_bare_day}" if text and len(text) == DAY_LENGTH else text


class MomentField(forms.DateTimeField):
    """A moment, or a day: its beginning, or its end where the field closes a span."""

    widget = MomentInput(attrs={"type": "datetime-local"}, format=MOMENT_FORMATS[0])
    default_error_messages = {"invalid": "Write a date such as 2026-03-31 or 2026-03-31T14:30."}

    def __init__(self, *, ends_the_day: bool, **options: Any) -> None:
        super().__init__(input_formats=MOMENT_FORMATS, required=False, **options)
        self.ends_the_day = ends_the_day
        if ends_the_day:
            self.widget.time_of_bare_day = "23:59"

    def to_python(self, value: Any) -> datetime | None:
        """Read a moment; a bare day is its first or its last instant in the portal's time zone."""
        try:
            day = datetime.strptime(str(value or "").strip(), DAY_FORMAT).date()
        except ValueError:
            return super().to_python(value)
        try:
            begin = timezone.make_aware(datetime.combine(day, time.min))
            return begin + timedelta(days=1) - timedelta(microseconds=1) if self.ends_the_day else begin
        except (OverflowError, ValueError) as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class SpanForm(forms.Form):
    """
    What the filters of both lists share: a person and a span of time.

    The person is given by pseudonym alone. An id or a name would say who is behind it, which takes a reason.
    """

    use_required_attribute = False
    time_column = "started_at"
    person_column = "person_id"

    person = forms.CharField(required=False, max_length=200, label="Person")
    since = MomentField(ends_the_day=False, label="From")
    until = MomentField(ends_the_day=True, label="To")

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.asked = data
        self.fields["person"].widget.attrs |= {"placeholder": "Heron 4-71", "autocomplete": "off"}

    def clean(self) -> dict[str, Any]:
        """Refuse a span that ends before it begins."""
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "This is before the beginning. Choose a later end.")
        return cleaned

    def span(self) -> Q:
        """Turn the span of time into a condition."""
        wanted = Q()
        if self.cleaned_data["since"]:
            wanted &= Q(**{f"{self.time_column}__gte": self.cleaned_data["since"]})
        if self.cleaned_data["until"]:
            wanted &= Q(**{f"{self.time_column}__lte": self.cleaned_data["until"]})
        return wanted

    def clean_person(self) -> UUID | None:
        """Read a pseudonym. One query."""
        words = self.cleaned_data["person"].strip()
        try:
            return person_behind(words) if words else None
        except NotAPseudonym as unknown:
            by_name = "To look somebody up by name, give a reason under Names."
            raise ValidationError(f"{unknown.sentence} {by_name}", code="invalid") from unknown

    def people(self) -> Q:
        """Turn the person into a condition."""
        person_id = self.cleaned_data["person"]
        return Q(**{self.person_column: person_id}) if person_id else Q()

    def in_force(self) -> dict[str, Any]:
        """Say what was asked, for the record: the fields that were filled, as the officer filled them."""
        asked = {}
        for name in self.fields:
            values = [value for value in self.asked.getlist(name) if value.strip()]
            if values:
                asked[name] = values if name == "masked" else values[-1]
        return asked

    def chips(self) -> list[Chip]:
        """Say each filter in force in words."""
        return [
            Chip(f"{self.fields[name].label}: {self.worded(name, value)}", self._without(name, value))
            for name, values in self.in_force().items()
            for value in (values if isinstance(values, list) else [values])
        ]

    def _without(self, name: str, value: str) -> str:
        kept = self.asked.copy()
        kept.setlist(name, [other for other in kept.getlist(name) if other != value])
        for place in ("older", "newer"):
            kept.pop(place, None)
        return f"?{kept.urlencode()}"

    def worded(self, name: str, value: str) -> str:
        """Say one value of a filter in words."""
        if name == "person":
            return pseudonym(self.cleaned_data["person"])
        if isinstance(self.cleaned_data.get(name), datetime):
            return timezone.localtime(self.cleaned_data[name]).strftime("%-d %b %Y, %H:%M")
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            return str(dict(_flat(field.choices)).get(value, value))
        return value


class ExchangeFilter(SpanForm, Narrowing):
    """The filters of the list of exchanges."""

    q = forms.CharField(
        required=False, min_length=SHORTEST_TEXT, max_length=500, label="Text that left", strip=True,
        error_messages={"min_length": "Type at least three characters."},
        widget=forms.TextInput(attrs={"type": "search"}),
    )  # fmt: skip
    team = forms.ChoiceField(required=False, label="Team")
    model = forms.ChoiceField(required=False, label="Model")
    outcome = forms.ChoiceField(
        required=False, label="Outcome", choices=[("", "Any"), (IN_PROGRESS, "In progress"), *OutcomeKind.choices]
    )
    masked = forms.MultipleChoiceField(
        required=False, label="Masked", widget=forms.CheckboxSelectMultiple,
        choices=MASKED_TYPES,
    )  # fmt: skip
    conversation = forms.UUIDField(required=False, label="Conversation", widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["team"].choices = [("", "Any"), *((str(team.id), team.label) for team in facets.teams_seen())]  # type: ignore[attr-defined]
        self.fields["model"].choices = [("", "Any"), *((name, name) for name in facets.models_seen())]  # type: ignore[attr-defined]

    def condition(self) -> Q:
        """Turn the filters, but for text and outcome, into a condition on intents."""
        asked = self.cleaned_data
        wanted = self.span() & self.people() & self.narrowed()
        if asked["team"]:
            wanted &= Q(team_id=asked["team"])
        if asked["model"]:
            wanted &= Q(model_label=asked["model"])
        if asked["masked"]:
            wanted &= Q(masked_types__overlap=asked["masked"])
        if asked["conversation"]:
            wanted &= Q(conversation_id=asked["conversation"])
        return wanted

    def has_details(self) -> bool:
        """Say whether a filter of the folded part is in force or in error."""
        return bool((self.in_force().keys() | self.errors.keys()) - {"q", "person"})


# People whom the company's sign-in makes or renames are their own actors in that, and hold no office by it.
BY_SIGNING_IN = (Action.PERSON_CREATED, Action.PERSON_CHANGED)
IN_OFFICE = Q(action__in=[action.value for action in Action if is_of_office(action)]) & ~Q(
    action__in=BY_SIGNING_IN, subject_id=F("actor_text")
)


class EventFilter(SpanForm):
    """
    The filters of the list of events.

    ``person`` finds what somebody did as an employee, ``office`` what somebody did in office: asking for both together
    by either would tell which name belongs to which pseudonym.
    """

    time_column = "happened_at"
    person_column = "actor_id"

    topic = forms.ChoiceField(required=False, label="About", choices=[("", "Anything"), *Topic.choices])
    action = forms.ChoiceField(required=False, label="Act")
    office = forms.ChoiceField(required=False, label="In office")
    subject = forms.CharField(required=False, max_length=200, label="Subject", widget=forms.HiddenInput)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        by_topic = [
            (label, [(code, Action(code).label) for code in actions_about(topic)]) for topic, label in Topic.choices
        ]
        self.fields["action"].choices = [("", "Any"), *by_topic]  # type: ignore[attr-defined]
        self.fields["office"].choices = [("", "Anybody"), *_people_in_office()]  # type: ignore[attr-defined]

    def condition(self) -> Q:
        """Turn the filters into a condition on events, which carry ``actor_text``, the actor's id as text."""
        asked = self.cleaned_data
        wanted = self.span()
        if asked["person"]:
            wanted &= self.people() & ~IN_OFFICE
        if asked["office"]:
            wanted &= Q(actor_id=asked["office"]) & IN_OFFICE
        if asked["action"]:
            wanted &= Q(action=asked["action"])
        elif asked["topic"]:
            wanted &= Q(action__in=actions_about(asked["topic"]))
        if asked["subject"]:
            kind, _, key = asked["subject"].partition(":")
            wanted &= Q(subject_kind=kind, subject_id=key)
        return wanted

    def clean_subject(self) -> str:
        """Read a subject, kind and id; a person is asked for by pseudonym, whose id no address carries."""
        kind, _, key = self.cleaned_data["subject"].partition(":")
        if kind != PERSON:
            return str(self.cleaned_data["subject"])
        try:
            return f"{PERSON}:{person_behind(key)}"
        except NotAPseudonym as unknown:
            raise ValidationError(unknown.sentence, code="invalid") from unknown


def _people_in_office() -> list[tuple[str, str]]:
    """The people who hold an office now, by name: what they do in it, they answer for."""
    offices = [Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.AUDITOR]
    held = User.objects.filter(role_assignments__role__in=offices).distinct().order_by("name", "pk")
    return [(str(person_id), name) for person_id, name in held.values_list("pk", "name")]


def _flat(choices: Any) -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for value, label in choices:
        flat += label if isinstance(label, list | tuple) else [(value, label)]
    return flat
