"""
What officers write where the whole desk reads it must not tell what part of the desk may not know.

A room that keeps something from colleagues says here how words give it away. Only what the writer may know is looked
for, so that nobody learns by trying what there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias, TypeVar

from django import forms

from apps.accounts.models import User

Telling: TypeAlias = Callable[[str, User], str]
"""Gives the sentence for a writer whose words tell too much, and an empty one otherwise."""

_tellings: list[Telling] = []


def look_for(telling: Telling) -> None:
    """Look through every reason with this; a room does so once, when it is loaded."""
    if telling not in _tellings:
        _tellings.append(telling)


class WriterUnknown(RuntimeError):
    """A door asked whether a form is filled in well and did not say by whom."""


class ReadByTheDesk(forms.Form):
    """A form with words that the whole desk reads. Whose they are is said by `written`, before it is asked."""

    read_by_the_desk: ClassVar[tuple[str, ...]] = ("reason",)
    writer: User | None = None

    def clean(self) -> dict[str, Any]:
        """Refuse words that tell too much."""
        cleaned = super().clean() or self.cleaned_data
        if self.writer is None:
            raise WriterUnknown(type(self).__name__)
        for name in self.read_by_the_desk:
            sentences = [telling(str(cleaned.get(name) or ""), self.writer) for telling in _tellings]
            if told := next(filter(None, sentences), ""):
                self.add_error(name, told)
        return cleaned


Form = TypeVar("Form", bound=ReadByTheDesk)


def written(form: Form, *, by: User) -> Form:
    """Say who wrote what a form holds."""
    form.writer = by
    return form
