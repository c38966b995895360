"""The rarer filters of the list of exchanges, and the ones that other rooms of the desk add to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q

from apps.ledger.text import storable
from apps.ledger.vocabulary import Door, EgressClass, Purpose

SHORTEST_TEXT = 3
ANSWERS_WITHIN = timedelta(hours=24)
TOO_SHORT = {"min_length": "Type at least three characters."}


@dataclass(frozen=True, slots=True)
class RoomFilter:
    """A filter of another room: its name in the address, its field, and what a value asks of an intent."""

    name: str
    make_field: Callable[[], forms.Field]
    condition: Callable[[str], Q]


_of_rooms: dict[str, RoomFilter] = {}


def offer(room_filter: RoomFilter) -> None:
    """Add a filter to the list of exchanges; a room does this when it is loaded. A second one of a name replaces it."""
    _of_rooms[room_filter.name] = room_filter


class Narrowing(forms.Form):
    """Filters by door, purpose, place, cost, reason, answer, document and number; each combines with all others."""

    door = forms.ChoiceField(required=False, label="Came in by", choices=[("", "Any"), *Door.choices])
    purpose = forms.ChoiceField(required=False, label="Purpose", choices=[("", "Any"), *Purpose.choices])
    egress = forms.ChoiceField(required=False, label="Where it ran", choices=[("", "Any"), *EgressClass.choices])
    cost_from = forms.DecimalField(required=False, label="Cost from", min_value=0, max_digits=20, decimal_places=10)
    cost_to = forms.DecimalField(required=False, label="Cost to", min_value=0, max_digits=20, decimal_places=10)
    reason = forms.CharField(
        required=False, label="Reason of the outcome", min_length=SHORTEST_TEXT, max_length=200,
        error_messages=TOO_SHORT,
    )  # fmt: skip
    answer = forms.CharField(
        required=False, label="Text of the answer", min_length=SHORTEST_TEXT, max_length=500, error_messages=TOO_SHORT
    )
    document = forms.UUIDField(
        required=False, label="Document or passage",
        error_messages={"invalid": "Write the number of a document or passage, as an exchange's page shows it."},
    )  # fmt: skip
    exchange = forms.UUIDField(
        required=False, label="Exchange's number",
        error_messages={"invalid": "Write the whole number of an exchange, such as its page shows under Facts."},
    )  # fmt: skip

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for room_filter in _of_rooms.values():
            self.fields[room_filter.name] = room_filter.make_field()

    @property
    def of_rooms(self) -> list[forms.BoundField]:
        """The filters that other rooms added, for the page."""
        return [self[name] for name in _of_rooms]

    def clean(self) -> dict[str, Any]:
        """Refuse a span of cost that ends before it begins, and answers looked for everywhere at once."""
        cleaned = super().clean() or {}
        low, high = cleaned.get("cost_from"), cleaned.get("cost_to")
        if low is not None and high is not None and high < low:
            self.add_error("cost_to", "This is less than the cost to begin with. Write a higher one.")
        if cleaned.get("answer") and not self._is_narrow(cleaned):
            self.add_error(
                "answer",
                "Answers are read one by one. Choose a person, a conversation or a span of up to 24 hours too.",
            )
        return cleaned

    def narrowed(self) -> Q:
        """Turn the filters of this form into a condition on intents."""
        asked = self.cleaned_data
        wanted = Q(**{column: asked[name] for name, column in _EQUALS.items() if asked[name]})
        if asked["cost_from"] is not None:
            wanted &= Q(outcome__cost__gte=asked["cost_from"])
        if asked["cost_to"] is not None:
            wanted &= Q(outcome__cost__lte=asked["cost_to"])
        if asked["reason"]:
            wanted &= ~Q(outcome__reason="") & Q(outcome__reason__icontains=storable(asked["reason"]))
        if asked["answer"]:
            wanted &= Q(search__answer_text__icontains=storable(asked["answer"]))
        return wanted & self._passage() & self._of_rooms()

    def _passage(self) -> Q:
        number = self.cleaned_data["document"]
        if not number:
            return Q()
        either = Q(passages__contains=[{"document_id": str(number)}])
        either |= Q(passages__contains=[{"passage_id": str(number)}])
        return ~Q(passages=[]) & either

    def _of_rooms(self) -> Q:
        wanted = Q()
        for name, room_filter in _of_rooms.items():
            value = self.cleaned_data.get(name)
            if value:
                wanted &= room_filter.condition(str(value))
        return wanted

    def _is_narrow(self, cleaned: dict[str, Any]) -> bool:
        since, until = cleaned.get("since"), cleaned.get("until")
        is_short = bool(since and until and until - since <= ANSWERS_WITHIN)
        return is_short or any(cleaned.get(name) for name in ("person", "conversation", "exchange", "q"))


_EQUALS = {"door": "door", "purpose": "purpose", "egress": "egress_class", "exchange": "pk"}
