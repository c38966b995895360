"""What officers type in review."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.accounts.models import Role, User
from apps.audit.filters import MASKED_TYPES
from apps.audit.review import sampling
from apps.audit.review.definition import Conditions, Definition
from apps.audit.review.models import NAME_LENGTH, OWN_TAG_LENGTH, Lexicon
from apps.audit.review.notes import LONGEST, SHORTEST
from apps.audit.review.recording import Verdict
from apps.audit.review.sampling import Share
from apps.audit.review.vocabulary import Severity, Tag
from apps.audit.unseen import can_be_seen
from apps.ledger import facets
from apps.ledger.vocabulary import Door, EgressClass, OutcomeKind, Purpose

OWN_TAGS_AT_MOST = 5
HOURS_AT_MOST = 24 * 90
VERDICTS_AT_MOST = 20


def _several(label: str, choices: Any = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(required=False, label=label, choices=choices, widget=forms.CheckboxSelectMultiple)


def _percent(label: str, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_value=Decimal(100), decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "0.01"}), **options,
    )  # fmt: skip


class QueueForm(forms.Form):
    """A queue as an officer describes it."""

    use_required_attribute = False

    name = forms.CharField(label="Name", max_length=NAME_LENGTH, validators=[can_be_seen])
    severity = forms.ChoiceField(
        label="Severity", choices=Severity.choices, initial=Severity.MEDIUM,
        help_text="What is high takes two officers to close.",
    )  # fmt: skip
    hours = forms.IntegerField(
        label="Due after hours", min_value=1, max_value=HOURS_AT_MOST, initial=72,
        help_text="From the end of the exchange until somebody should have decided.",
    )  # fmt: skip
    share = _percent(
        "Share in percent", initial=100,
        help_text="100 takes everything that meets the conditions, 5 a random twentieth of it.",
    )  # fmt: skip
    team_shares = forms.CharField(
        required=False, label="Other shares of single teams", max_length=10_000,
        help_text="A line each, such as Sales: 20",
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    lexicon = forms.ModelChoiceField(Lexicon.objects.none(), required=False, label="Lexicon", empty_label="None")
    verdicts = forms.CharField(
        required=False, label="Verdicts", max_length=2_000,
        help_text="Codes of what refused it or broke it off: BLOCKED_BY_POLICY, OVER_BUDGET, with commas between.",
    )  # fmt: skip
    cost_from = forms.DecimalField(
        required=False, label="Cost from", min_value=Decimal(0), max_digits=12, decimal_places=4,
        widget=forms.NumberInput(attrs={"step": "0.0001"}),
    )  # fmt: skip
    masked_types = _several("Masked", MASKED_TYPES)
    outcomes = _several("Outcome", OutcomeKind.choices)
    egress_classes = _several("Where the model runs", EgressClass.choices)
    doors = _several("Came in by", Door.choices)
    purposes = _several("Purpose", Purpose.choices)
    models = _several("Model")
    teams = _several("Team")
    roles = _several("Role of the person", Role.choices)
    second_level = _several("Officers")
    recheck_share = _percent(
        "Checked again in percent", initial=5, help_text="The part of closed items that another officer judges, blind."
    )
    seen_number = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.teams_by_name = {team.label: str(team.id) for team in facets.teams_seen()}
        officers = User.objects.filter(is_active=True, role_assignments__role=Role.COMPLIANCE_OFFICER).order_by("name")
        self.fields["lexicon"].queryset = Lexicon.objects.exclude(in_force=None)  # type: ignore[attr-defined]
        self._choose_from("models", [(name, name) for name in facets.models_seen()])
        self._choose_from("teams", [(team_id, name) for name, team_id in self.teams_by_name.items()])
        self._choose_from("second_level", [(str(officer.pk), officer.name) for officer in officers])

    def clean_verdicts(self) -> tuple[str, ...]:
        """Read codes; spaces and small letters do not matter."""
        codes = [code.strip().upper() for code in self.cleaned_data["verdicts"].split(",") if code.strip()]
        if len(codes) > VERDICTS_AT_MOST or any(not code.replace("_", "").isalnum() for code in codes):
            raise ValidationError(f"Write at most {VERDICTS_AT_MOST} codes of letters and _, with commas between.")
        return tuple(dict.fromkeys(codes))

    def clean_team_shares(self) -> dict[str, int]:
        """Read ``team: percent`` lines into shares by the team's id."""
        shares: dict[str, int] = {}
        for line in filter(str.strip, self.cleaned_data["team_shares"].splitlines()):
            name, _, percent = line.rpartition(":")
            team_id = self.teams_by_name.get(name.strip())
            if team_id is None:
                raise ValidationError(
                    f"“{name.strip() or line.strip()}” is no team with exchanges. Write Team: percent."
                )
            try:
                shares[team_id] = _share(Decimal(percent.strip().rstrip("%")))
            except (ArithmeticError, ValueError):
                raise ValidationError(f"Write a number from 0 to 100 after “{name.strip()}:”.") from None
        return shares

    def definition(self, *, is_on: bool = True) -> Definition:
        """Give the definition that was described."""
        said = self.cleaned_data
        lists = ("masked_types", "outcomes", "egress_classes", "doors", "purposes", "models", "teams", "roles")
        return Definition(
            name=said["name"],
            severity=said["severity"],
            hours=said["hours"],
            is_on=is_on,
            conditions=Conditions(
                **{name: tuple(said[name]) for name in lists},
                verdicts=said["verdicts"],
                cost_from=str(said["cost_from"]) if said["cost_from"] else "",
                has_lexicon=said["lexicon"] is not None,
            ),
            share=Share(_share(said["share"]), said["team_shares"]),
            second_level=tuple(said["second_level"]),
            recheck_share=_share(said["recheck_share"]),
        )

    @classmethod
    def showing(cls, definition: Definition, *, lexicon: Lexicon | None, number: int) -> QueueForm:
        """Fill the form with a queue as it is."""
        conditions = definition.conditions
        form = cls(
            initial={
                "name": definition.name,
                "severity": definition.severity,
                "hours": definition.hours,
                "share": sampling.percent(definition.share.general),
                "lexicon": lexicon,
                "verdicts": ", ".join(conditions.verdicts),
                "cost_from": conditions.cost_from or None,
                "second_level": list(definition.second_level),
                "recheck_share": sampling.percent(definition.recheck_share),
                "seen_number": number,
                **{name: list(getattr(conditions, name)) for name in ("masked_types", "outcomes", "egress_classes")},
                **{name: list(getattr(conditions, name)) for name in ("doors", "purposes", "models", "teams", "roles")},
            }
        )
        names = {team_id: name for name, team_id in form.teams_by_name.items()}
        form.initial["team_shares"] = "\n".join(
            f"{names.get(team_id, team_id)}: {sampling.percent(share)}"
            for team_id, share in definition.share.of_teams.items()
        )
        return form

    def has_conditions(self) -> bool:
        """Say whether a condition of the folded part is filled or in error."""
        folded = {"masked_types", "outcomes", "egress_classes", "doors", "purposes", "models", "teams", "roles"}
        return any(self[name].value() for name in folded) or bool(folded & self.errors.keys())

    def _choose_from(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        known = {code for code, _ in choices}
        kept = [(code, code) for code in self.initial.get(name, ()) if code not in known]
        field.choices = [*choices, *kept]  # type: ignore[attr-defined]


class VerdictForm(forms.Form):
    """What an officer found in one exchange, or in many."""

    use_required_attribute = False

    tag = forms.ChoiceField(
        label="Finding", choices=Tag.choices, widget=forms.RadioSelect,
        error_messages={"required": "Choose what you found."},
    )  # fmt: skip
    own_tags = forms.CharField(required=False, label="Own tags", max_length=300, validators=[can_be_seen])
    is_read = forms.BooleanField(required=False, label="I have read it")
    note = forms.CharField(
        required=False, label="Note with the finding", max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )

    def clean_own_tags(self) -> tuple[str, ...]:
        """Read tags, with commas between."""
        tags = list(
            dict.fromkeys(" ".join(tag.split()) for tag in self.cleaned_data["own_tags"].split(",") if tag.strip())
        )
        if len(tags) > OWN_TAGS_AT_MOST or any(len(tag) > OWN_TAG_LENGTH for tag in tags):
            raise ValidationError(
                f"Write at most {OWN_TAGS_AT_MOST} tags of {OWN_TAG_LENGTH} characters, with commas between."
            )
        return tuple(tags)

    def verdict(self) -> Verdict:
        """Give the finding."""
        said = self.cleaned_data
        return Verdict(said["tag"], said["own_tags"], is_read=said["is_read"])


class WordsForm(forms.Form):
    """A note, or why something is done."""

    use_required_attribute = False

    text = forms.CharField(
        label="Note", min_length=SHORTEST, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages=dict.fromkeys(
            ("required", "min_length", "max_length"), f"Write {SHORTEST} to {LONGEST:,} characters."
        ),
    )  # fmt: skip


class LexiconForm(forms.Form):
    """The name of a lexicon and its words."""

    use_required_attribute = False

    name = forms.CharField(label="Name", max_length=NAME_LENGTH, validators=[can_be_seen])
    entries = forms.CharField(
        label="Words and phrases", max_length=250_000, strip=False, widget=forms.Textarea(attrs={"rows": 12}),
        help_text="One a line. * stands for any letters of a word, ? for one. A line with # is a remark.",
    )  # fmt: skip


class EntriesForm(LexiconForm):
    """The words of a lexicon that has its name."""

    name = None  # type: ignore[assignment]


class LabelledForm(forms.Form):
    """Texts that say what they should: + before what should be found, - before what should not."""

    use_required_attribute = False

    texts = forms.CharField(
        label="Labelled texts", max_length=250_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="One a line: + before what should be found, - before what should not.",
    )  # fmt: skip


def _share(percent: Decimal) -> int:
    if not 0 <= percent <= 100:
        raise ValueError
    return int((percent * 100).to_integral_value())
