"""A model that is named is found where the truth table says that it may be called, and nowhere else."""

from __future__ import annotations

import gc
import weakref
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from apps.gateway import lookups
from apps.gateway.models import Grant, LanguageModel, ModelHealth, Provider

NOW = timezone.now()


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

            by_id = lookups.callable_by_id(person, paying, model.pk, now=NOW)
            by_label = lookups.callable_by_label(person, paying, model.label, now=NOW)

            assert seen(by_id) == seen(by_label) == seen(allowed)
    assert lookups.callable_by_id(maya, team, models[0].pk, now=NOW) is not None
    assert lookups.callable_by_label(maya, team, "Nobody's\0", now=NOW) is None


@pytest.mark.thorough
def test_a_model_that_was_named_is_freed_after_the_call_without_the_collector(models, make_person, make_team):
    maya, team = make_person("maya", teams=("Sales",)), make_team("Sales")
    ModelHealth.objects.create(model=models[0], since=NOW, seen_at=NOW)
    gc.collect()
    gc.disable()
    try:
        found = lookups.callable_by_id(maya, team, models[0].pk, now=NOW)
        assert found is not None
        alive = weakref.ref(found)
        del found
        assert alive() is None
    finally:
        gc.enable()
