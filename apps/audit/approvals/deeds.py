"""Which deeds of an officer need a second one, and what happens at the moment of consent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import TextChoices

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.audit.approvals.models import Approval


class Deed(TextChoices):
    """What an officer may not do alone, unless two of them decided otherwise."""

    UNMASK = "UNMASK", "Show the original text of an exchange"
    EXPORT = "EXPORT", "Export records with their text"
    CLOSE_HIGH_SEVERITY = "CLOSE_HIGH_SEVERITY", "Close an item of high severity"
    RETENTION_CHANGE = "RETENTION_CHANGE", "Change how long records are kept"
    HOLD_CHANGE = "HOLD_CHANGE", "Lift or narrow a legal hold"
    ERASURE = "ERASURE", "Erase a person's data"
    STREAM_WIDENED = "STREAM_WIDENED", "Send names, texts or past records to another system"
    TEAM_CLOSED = "TEAM_CLOSED", "Close a team's exchanges to the desk, or end that"
    CLOSED_OPENED = "CLOSED_OPENED", "Open an exchange or a person of a closed team"
    FOUR_EYES_OFF = "FOUR_EYES_OFF", "Let one officer do alone what takes two"


RULE = "four-eyes rule"
"""What the events about these rules name as their subject."""

ALWAYS_NEEDED = frozenset({Deed.FOUR_EYES_OFF, Deed.ERASURE, Deed.STREAM_WIDENED, Deed.TEAM_CLOSED, Deed.CLOSED_OPENED})
"""Deeds that no rule can leave to one officer."""

ADMINS_ASK_TOO = frozenset({Deed.STREAM_WIDENED})
"""Deeds that an admin may ask for; the consent is an officer's all the same."""

Performer = Callable[["Approval", "User", datetime], None]

_performers: dict[Deed, Performer] = {}


class CannotBeCarriedOut(Exception):
    """What was asked for can no longer be done; the request stays open."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def carried_out(deed: Deed) -> Callable[[Performer], Performer]:
    """
    Have a function do `deed` in the transaction of the consent: ``(approval, by, now)``, `by` being the second officer.

    Register it in the ready() of the room's app. Without one, whoever asked does the deed after the consent.
    """

    def register(performer: Performer) -> Performer:
        _performers[deed] = performer
        return performer

    return register


def performer_of(deed: str) -> Performer | None:
    """Find what carries `deed` out at consent, if anything does."""
    return _performers.get(Deed(deed))
