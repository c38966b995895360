"""Queries with their SQL made once say what their querysets say."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Q
from django.utils import timezone

from apps.compiled import Compiled, NotCompilable
from apps.gateway import lookups
from apps.gateway.models import Grant, LanguageModel, PriceVersion, Provider

NOW = timezone.now()
ANNOTATIONS = ("is_member", "is_granted", "is_denied", "due_price_id")


@pytest.fixture
def models(db, make_team):
    """Models that may be called, and ones that for some reason may not."""
    place = Provider.objects.create(
        name="Cloud", kind="OPENAI_COMPATIBLE", base_url="http://x", egress_class="OUTSIDE", is_on=True
    )
    off = Provider.objects.create(name="Off", kind="OPENAI_COMPATIBLE", base_url="http://y", egress_class="INSIDE")
    made = []
    for number in range(8):
        made.append(
            LanguageModel.objects.create(
                provider=off if number == 1 else place,
                label=f"Model {number}",
                upstream_id="m",
                context_window=8_000,
                max_output_tokens=500,
                input_price=None if number in {2, 6} else Decimal(1),
                output_price=Decimal(1),
                capabilities=["embeddings"] if number == 5 else ["chat"],
                is_on=number != 3,
                retires_on=NOW.date() - timedelta(days=1) if number == 7 else None,
            )
        )
        if number != 4:
            Grant.objects.create(team=make_team("Sales"), model=made[-1])
    return made


def seen(model):
    return model and (model.pk, model.label, model.provider.name, model.due_price_id, model.capabilities)


def test_what_is_found_is_what_the_queryset_finds(models, make_person, make_team):
    team, other = make_team("Sales"), make_team("Other")
    maya, stranger = make_person("maya", teams=("Sales",)), make_person("alan", teams=("Other",))

    for person, paying in ((maya, team), (stranger, other), (maya, other)):
        for model in models:
            allowed = LanguageModel.objects.callable_by(person, paying, now=NOW).for_chat().filter(pk=model.pk).first()
            standing = LanguageModel.objects.with_standing(person, paying, now=NOW).get(pk=model.pk)

            by_id = lookups.callable_by_id(person, paying, model.pk, now=NOW)
            by_label = lookups.callable_by_label(person, paying, model.label, now=NOW)
            found = lookups.with_standing(person, paying, model.pk, now=NOW)

            assert seen(by_id) == seen(by_label) == seen(allowed)
            assert {name: getattr(found, name) for name in ANNOTATIONS} == {
                name: getattr(standing, name) for name in ANNOTATIONS
            }
            assert found == standing
    assert lookups.callable_by_id(maya, team, models[0].pk, now=NOW) is not None
    assert lookups.callable_by_label(maya, team, "Nobody's\0", now=NOW) is None


def test_a_query_that_would_keep_a_moment_for_ever_is_refused(db):
    stand_in = uuid.uuid4()
    later = lookups.SOME_DAY + timedelta(days=1)

    for condition in (Q(model_id=stand_in, from_at__gt=later), Q(from_at__gt=later)):
        query = Compiled(lambda condition=condition: PriceVersion.objects.filter(condition), {"model": stand_in})
        with pytest.raises(NotCompilable):
            query.all(model=uuid.uuid4())
