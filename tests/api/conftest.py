"""People of a team with a model, and the keys they make."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.api import keys
from apps.api.models import Scope
from apps.gateway.models import BatchMark
from tests.api.programs import Program
from tests.chat.conftest import model, nothing_seen_of_models, other_provider, runner, second

__all__ = ["model", "nothing_seen_of_models", "other_provider", "runner", "second"]


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def make_key(sales, maya):
    """Make a personal key of Maya's for Sales with every scope, or what the test says."""

    def make(
        person=None, *, team=None, scopes=tuple(Scope), model_ids=(), days=keys.USUAL_DAYS, name="Laptop", now=None
    ):
        wish = keys.Wish(name=name, team=team or sales, scopes=scopes, model_ids=model_ids, days=days)
        return keys.make_personal(person or maya, wish, now=now or timezone.now())

    return make


@pytest.fixture
def make_service_key(sales, maya):
    """Make a service key of Sales that Maya answers for."""

    def make(*, by, responsible=None, name="Nightly report", now=None):
        wish = keys.Wish(name=name, team=sales, scopes=tuple(Scope), model_ids=())
        return keys.make_service(responsible or maya, wish, by=by, now=now or timezone.now())

    return make


@pytest.fixture
def program(runner, model, maya, make_key):
    """A program with a key of Maya's, in the web process that answers exchanges. Some tests ask the same all over."""
    BatchMark.objects.create(scope="PERSON", person=maya, created_at=timezone.now())
    return Program(make_key().secret)
