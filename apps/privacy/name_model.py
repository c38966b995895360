"""
Which model finds names: our own, or a spaCy pipeline that a company prefers. Imports nothing heavy.

Patterns alone are no choice: without a model half of all names would leave.
"""

from __future__ import annotations

from typing import Final

OWN: Final = "own"
SPACY: Final = "spacy:"

_choices = [OWN]


class UnknownNameModel(Exception):
    """The setting names no model that we know; write `own` or `spacy:` and the name of a package or a folder."""


def choose(choice: str) -> None:
    """
    Use this model in this process from now on; call it before the first text is analysed.

    :raises UnknownNameModel: if it is neither `own` nor `spacy:` with a package or folder.
    """
    if choice != OWN and not (choice.startswith(SPACY) and len(choice) > len(SPACY)):
        raise UnknownNameModel(f"PORTCULLIS_NAME_MODEL is {choice!r}. Write own, or spacy:PACKAGE, or spacy:/a/folder.")
    _choices[:] = [choice]


def chosen() -> str:
    """Give the choice in force in this process."""
    return _choices[0]
