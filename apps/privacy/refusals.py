"""Why the policy does not let a message go: what kind of value stands where, never the value itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from apps.ledger.facts import MaskedSpan
from apps.privacy.policy_words import counted

QUESTION = "your message"
HISTORY = "an earlier message of this conversation"
PASSAGES = "a passage of the company's documents"
TOOLS = "the description of a tool or of the answer's form"
TOOL_CALLS = "a tool call"
TOOL_RESULTS = "a tool's result"
CURES = {
    QUESTION: "Take it out and send the message again.",
    HISTORY: "Start a new conversation to leave it behind.",
    TOOLS: "Take it out of the description.",
    TOOL_CALLS: "Leave that call out of the messages.",
    TOOL_RESULTS: "Take it out of the result.",
    PASSAGES: "Switch “Use documents” off, or ask about something else.",
}


@dataclass(frozen=True, slots=True)
class Concern:
    """One value that the policy does not let pass: its kind, its placeholder and where it stands."""

    type: str
    placeholder: str
    place: str


class PolicyStops(Exception):
    """The policy stops a message before anything is sent. `sentence` is for the person, `code` for the record."""

    code: ClassVar[str]

    def __init__(self, concerns: Sequence[Concern], sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.concerns = tuple(concerns)

    @property
    def spans(self) -> tuple[MaskedSpan, ...]:
        """What stopped the message, as the record lists it: kinds and places, no values."""
        return tuple(MaskedSpan(one.type, one.placeholder, 1.0, f"{self.code} in {one.place}") for one in self.concerns)


class MessageBlocked(PolicyStops):
    """Something was found that may not go to this model at all."""

    code = "BLOCKED_BY_POLICY"

    def __init__(self, concerns: Sequence[Concern]) -> None:
        cures = " ".join(dict.fromkeys(CURES.get(one.place, CURES[QUESTION]) for one in concerns))
        super().__init__(
            concerns, f"The company's policy does not let this go to this model: {found(concerns)}. {cures}"
        )


class MessageHeld(PolicyStops):
    """Something was found that goes only once the person has confirmed it."""

    code = "HELD_BY_POLICY"

    def __init__(self, concerns: Sequence[Concern]) -> None:
        sentence = (
            f"The company's policy asks you to look first: there is {found(concerns)}. Take it out, or confirm that "
            "it may go to this model as it stands."
        )
        super().__init__(concerns, sentence)


def found(concerns: Iterable[Concern]) -> str:
    """Say what was found where: "a card number and 2 names in your message"."""
    places: dict[str, dict[str, set[str]]] = {}
    for one in concerns:
        places.setdefault(one.place, {}).setdefault(one.type, set()).add(one.placeholder)
    return "; ".join(f"{counted(_numbers(types))} in {place}" for place, types in places.items())


def _numbers(types: dict[str, set[str]]) -> dict[str, int]:
    return {type_: len(placeholders) for type_, placeholders in types.items()}
