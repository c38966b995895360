"""What officers and people type about notices and objections."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.audit.notices.models import NAME_LENGTH, TITLE_LENGTH, Kind, Notice, NoticeTemplate, Objection
from apps.audit.notices.words import LONGEST, SHORTEST

ADDED_LENGTH = 1_000
ABOUT_RECORD = "record"


def _words(label: str, *, rows: int, help_text: str = "", required: bool = True, longest: int = LONGEST) -> Any:
    return forms.CharField(
        label=label, required=required, help_text=help_text, min_length=SHORTEST, max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


def _seen_whole(text: str) -> None:
    """Refuse characters that nobody sees or that turn others around, where words stand in lists and choices."""
    if not text.isprintable():
        raise ValidationError("It holds a character that cannot be seen. Type it again.", code="unseen")


class VersionForm(forms.Form):
    """The words of a template."""

    use_required_attribute = False

    title = forms.CharField(label="Title", max_length=TITLE_LENGTH, validators=[_seen_whole])
    text = _words("Text", rows=6, help_text="The person reads it as it stands here, as text.")


class TemplateForm(VersionForm):
    """A new template."""

    name = forms.CharField(
        label="Name",
        max_length=NAME_LENGTH,
        validators=[_seen_whole],
        help_text="How officers find it. People do not see it.",
    )
    kind = forms.ChoiceField(
        label="Kind", choices=[(each.value, each.label) for each in Kind if each != Kind.ANSWER],
        help_text="A question asks for an answer in writing; the others ask to be read.",
    )  # fmt: skip
    field_order = ("name", "kind", "title", "text")


class SendForm(forms.Form):
    """A notice to the person of an exchange."""

    use_required_attribute = False

    template = forms.ModelChoiceField(NoticeTemplate.objects.none(), label="Template", empty_label=None)
    added = _words(
        "Your own words", rows=2, required=False, longest=ADDED_LENGTH, help_text="They follow the template's."
    )
    tells_finding = forms.BooleanField(required=False, label="Tell them the finding of review")

    def __init__(self, *args: Any, finding: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = NoticeTemplate.objects.filter(is_on=True)  # type: ignore[attr-defined]
        if finding:
            self.fields["tells_finding"].label = f"Tell them the finding: {finding}"


class ReplyForm(forms.Form):
    """What a person answers to a question."""

    use_required_attribute = False
    reply = _words("Your answer", rows=3)


class ObjectionForm(forms.Form):
    """What a person objects to, and why."""

    use_required_attribute = False

    about = forms.ChoiceField(label="What you object to", widget=forms.RadioSelect, initial=ABOUT_RECORD)
    text = _words("What is wrong", rows=4, help_text="An officer who had no part in it reads this and answers you.")

    def __init__(self, *args: Any, told: list[Notice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        findings = [(str(each.pk), f"The finding: {each.decision.get_tag_display()}") for each in told if each.decision]
        self.fields["about"].choices = [(ABOUT_RECORD, "What was recorded"), *findings]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """How an officer answers an objection."""

    use_required_attribute = False

    verdict = forms.ChoiceField(label="Outcome", choices=Objection.Verdict.choices, widget=forms.RadioSelect)
    text = _words("Answer", rows=4, help_text="The person reads it. They learn that an officer wrote it, not who.")
