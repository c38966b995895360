"""What review adds to the filters of the list of exchanges: the finding, and the tags that officers wrote."""

from __future__ import annotations

from django import forms
from django.db.models import Q

from apps.audit.narrowing import RoomFilter, offer
from apps.audit.review.models import OWN_TAG_LENGTH, Decision, Item
from apps.audit.review.vocabulary import State, Tag


def offer_filters() -> None:
    """Offer both; each is asked of the items or decisions alone, along an index of its own."""
    offer(RoomFilter("finding", _finding, _with_finding))
    offer(RoomFilter("own_tag", _own_tag, _with_own_tag))


def _finding() -> forms.Field:
    return forms.ChoiceField(required=False, label="Finding of review", choices=[("", "Any"), *Tag.choices])


def _own_tag() -> forms.Field:
    return forms.CharField(required=False, label="Tag of review", max_length=OWN_TAG_LENGTH)


def _with_finding(tag: str) -> Q:
    return Q(pk__in=Item.objects.filter(state=State.CLOSED, tag=tag).values("exchange_id"))


def _with_own_tag(tag: str) -> Q:
    written = " ".join(tag.split())
    tagged = Decision.objects.exclude(own_tags=[]).filter(own_tags__contains=[written])
    return Q(pk__in=tagged.values("item__exchange_id"))
