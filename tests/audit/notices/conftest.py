"""Maya's exchange, a template, and officers who tell her something about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.test import Client

from apps.accounts.actors import who
from apps.accounts.models import Role, User
from apps.audit.notices import drafting
from apps.audit.notices.models import NoticeTemplate
from apps.audit.review import deciding, work
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Tag
from tests.audit.conftest import NOON, sign_in
from tests.audit.review.conftest import LATER, look_at, make_item, make_queue, place, tree  # noqa: F401

TEXT = "Contracts of customers stay in the contract system."


@pytest.fixture
def maya(make_person: Callable[..., User]) -> User:
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def second(make_person: Callable[..., User]) -> User:
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def browser(maya: User) -> Client:
    """The browser of the person whose exchange it is."""
    return sign_in(maya)


@pytest.fixture
def exchange(make_exchange: Callable[..., UUID], maya: User) -> UUID:
    return make_exchange(who=who(maya), reason="BLOCKED_WORD: a word of the list")


@pytest.fixture
def make_template(officer: User) -> Callable[..., NoticeTemplate]:
    def make(kind: str = "REMINDER", *, name: str = "Contracts", text: str = TEXT) -> NoticeTemplate:
        return drafting.write_new(name, kind=kind, title="About contracts", text=text, by=officer, now=NOON)

    return make


@pytest.fixture
def decided(make_item, maya: User, officer: User) -> UUID:  # type: ignore[no-untyped-def]  # noqa: F811
    """An exchange of Maya's that the officer closed as non-compliant."""
    item = make_item(who=who(maya))
    work.claim(item.pk, by=officer, now=LATER)
    look_at(item, officer, now=LATER)
    deciding.close(item.pk, verdict=Verdict(Tag.NON_COMPLIANT, is_read=True), by=officer, now=LATER)
    exchange_id: UUID = item.exchange_id
    return exchange_id
