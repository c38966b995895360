"""The labels of the name model."""

# ruff: noqa: S105 - SECRET is a kind, not a secret

from __future__ import annotations

from typing import Final

PERSON: Final = "PERSON"
ORGANIZATION: Final = "ORGANIZATION"
LOCATION: Final = "LOCATION"
ADDRESS: Final = "ADDRESS"
USERNAME: Final = "USERNAME"
SECRET: Final = "SECRET"
REFERENCE: Final = "REFERENCE"
PHONE: Final = "PHONE"
NAMED: Final = (PERSON, ORGANIZATION, LOCATION, ADDRESS)
"""Kinds that every text to learn from is labelled with."""

STATED: Final = (USERNAME, SECRET, REFERENCE, PHONE)
"""Kinds that only texts written to learn from are labelled with: of others nobody knows whether they hold any."""

KINDS: Final = NAMED + STATED
LABELS: Final = ("O", *(f"{edge}-{kind}" for kind in KINDS for edge in "BI"))
"""Outside; then for each kind its beginning and what continues it, in the order of the model's outputs."""
