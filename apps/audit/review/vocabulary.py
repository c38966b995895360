"""The words of review: how grave, how judged, which level, which step."""

from __future__ import annotations

from django.db.models import IntegerChoices, TextChoices


class Severity(TextChoices):
    """How grave it is that something lies in a queue. Closing what is high takes two officers."""

    LOW = "LOW", "Low"
    MEDIUM = "MEDIUM", "Medium"
    HIGH = "HIGH", "High"


class Tag(TextChoices):
    """What an officer found."""

    COMPLIANT = "COMPLIANT", "Compliant"
    NON_COMPLIANT = "NON_COMPLIANT", "Non-compliant"
    QUESTIONABLE = "QUESTIONABLE", "Questionable"
    FALSE_POSITIVE = "FALSE_POSITIVE", "False positive"


class Level(IntegerChoices):
    """Who looks: first the officers of the desk, then those a queue names for what was escalated."""

    FIRST = 1, "Level 1"
    SECOND = 2, "Level 2"


class State(TextChoices):
    """Whether there is still something to do."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"


class Step(TextChoices):
    """What a decision did to its item."""

    CLOSED = "CLOSED", "Closed"
    ESCALATED = "ESCALATED", "Escalated to level 2"
    REOPENED = "REOPENED", "Opened again"
    RECHECKED = "RECHECKED", "Checked by another officer"
