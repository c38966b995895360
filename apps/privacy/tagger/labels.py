"""The labels of the name model."""

from __future__ import annotations

from typing import Final

PERSON: Final = "PERSON"
ORGANIZATION: Final = "ORGANIZATION"
LOCATION: Final = "LOCATION"
ADDRESS: Final = "ADDRESS"
KINDS: Final = (PERSON, ORGANIZATION, LOCATION, ADDRESS)
LABELS: Final = ("O", *(f"{edge}-{kind}" for kind in KINDS for edge in "BI"))
"""Outside; then for each kind its beginning and what continues it, in the order of the model's outputs."""
