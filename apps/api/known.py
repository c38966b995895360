"""
Callers whose last call was let out a moment ago, with the model they named: what was found of them is not read again.

Nothing here lets anybody in by itself. What is remembered holds in one edition of the database only
(`apps.accounts.editions`), and the statement that holds the money and puts the exchange on the record writes nothing in
another. Until then nothing has left, nothing is kept, and the program has been told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apps.accounts.remembering import Remembered
from apps.api.models import ApiKey
from apps.gateway.models import LanguageModel
from apps.privacy.policy import Policy

LONGEST_NAME: Final = 100
"""A label is shorter, and so is an id as anybody writes it; but it may be written with dashes without end."""


@dataclass(frozen=True, slots=True)
class Known:
    """A key, the model of the name that came with it, its policy, and the edition of the database where they hold."""

    name: str
    key: ApiKey
    model: LanguageModel
    policy: Policy
    edition: str

    @property
    def _under(self) -> tuple[bytes, str]:
        return bytes(self.key.digest), self.name


callers: Final[Remembered[tuple[bytes, str], Known]] = Remembered()
"""By the digest of the key and the name of the model."""


def recall(digest: bytes, name: str) -> Known | None:
    """Give what is remembered of a key's digest and a model's name."""
    return callers.get((digest, name))


def keep(known: Known) -> None:
    """Remember a caller whose call was let out."""
    callers.keep(known._under, known)


def forget(known: Known) -> None:
    """Forget a caller whose call was not let out: the next one is asked everything anew, before anything is masked."""
    callers.forget(known._under)
