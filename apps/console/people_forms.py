"""What admins type on the pages of people and teams."""

from __future__ import annotations

from typing import Any

from django import forms

from apps.accounts.models import Membership, Role, Team, User

UNKNOWN = {"invalid_choice": "There is no such choice. Take one from the list."}


class DescribedForm(forms.Form):
    """A form whose fields name their errors to screen readers and carry no colon."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class PeopleFilter(DescribedForm):
    """What the list of people shows."""

    q = forms.CharField(required=False, max_length=200, label="Name or e-mail")
    role = forms.ChoiceField(
        required=False, choices=[("", "Any role"), *Role.choices], label="Role", error_messages=UNKNOWN
    )
    team = forms.ModelChoiceField(
        required=False,
        queryset=Team.objects.none(),
        empty_label="Any team",
        label="Team",
        to_field_name="slug",
        error_messages=UNKNOWN,
    )
    state = forms.ChoiceField(
        required=False,
        choices=[("", "Any state"), ("active", "Active"), ("deactivated", "Deactivated")],
        label="State",
        error_messages=UNKNOWN,
    )

    def __init__(self, *args: Any, admin: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.visible_to(admin)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """Which role to give or take."""

    role = forms.ChoiceField(choices=Role.choices)


class GrantForm(RoleForm):
    """Which role to give, and for how many days where it ends."""

    days = forms.IntegerField(required=False)


class StandingForm(forms.Form):
    """Member or lead."""

    standing = forms.ChoiceField(choices=Membership.Standing.choices)


class JoinForm(StandingForm):
    """Which team to put somebody into."""

    team = forms.ModelChoiceField(queryset=Team.objects.none())

    def __init__(self, *args: Any, admin: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.visible_to(admin)  # type: ignore[attr-defined]


class AddMemberForm(StandingForm):
    """Whom to put into a team."""

    person = forms.ModelChoiceField(queryset=User.objects.none())

    def __init__(self, *args: Any, admin: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = User.objects.visible_to(admin)  # type: ignore[attr-defined]


class TeamForm(DescribedForm):
    """A team's name."""

    name = forms.CharField(
        max_length=120,
        label="Name",
        help_text="What people call this part of the company.",
        error_messages={
            "required": "Type the team's name.",
            "max_length": "A team's name has at most 120 characters.",
        },
    )
