"""The exchange's page shows where it stands in its conversation, and nobody else's words or exchanges."""

from datetime import timedelta
from uuid import UUID

import pytest

from apps.accounts.models import Role
from apps.audit import conversation
from apps.ledger.facts import Circumstances, Who
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from tests.audit.conftest import NOON, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(make_exchange):
    """Record a conversation of exchanges a minute apart, oldest first."""

    def record(count: int, **facts) -> list[UUID]:
        conversation_id = new_id()
        return [
            make_exchange(f"words of {n}", conversation_id=conversation_id, now=NOON + timedelta(minutes=n), **facts)
            for n in range(count)
        ]

    return record


def page_of(client, exchange_id: UUID) -> str:
    return client.get(f"/audit/exchanges/{exchange_id}").content.decode()


def link(rel: str, exchange_id: UUID) -> str:
    return f'rel="{rel}" href="/audit/exchanges/{exchange_id}"'


@pytest.mark.thorough
def test_the_page_leads_to_the_exchange_before_and_after(talk, make_exchange, desk):
    first, second, third = talk(3)
    make_exchange(now=NOON + timedelta(seconds=90))

    page = page_of(desk, second)

    assert "Number 2 of 3 in this conversation" in page
    assert link("prev", first) in page
    assert link("next", third) in page
    assert 'rel="prev"' not in page_of(desk, first)
    assert 'rel="next"' not in page_of(desk, third)


def test_exchanges_of_the_same_moment_keep_an_order(make_exchange, desk):
    conversation_id = new_id()
    first, second = sorted(make_exchange(conversation_id=conversation_id) for _ in range(2))

    assert link("next", second) in page_of(desk, first)
    assert link("prev", first) in page_of(desk, second)


def test_a_long_conversation_is_listed_and_counted_to_a_bound(talk, desk, monkeypatch):
    monkeypatch.setattr(conversation, "COUNTED_AT_MOST", 6)
    exchanges = talk(14)

    page = page_of(desk, exchanges[6])
    last = page_of(desk, exchanges[13])

    assert [one for one in exchanges if f'"/audit/exchanges/{one}"' in page] == [*exchanges[1:6], *exchanges[7:12]]
    assert "A long conversation" in last
    assert "of 8" not in last


def test_a_question_asked_again_names_the_exchange_it_repeats(make_exchange, desk):
    conversation_id, turn_id = new_id(), new_id()
    first = make_exchange(conversation_id=conversation_id, turn_id=turn_id)
    again = make_exchange(
        conversation_id=conversation_id, now=NOON + timedelta(minutes=1),
        circumstances=Circumstances(replaces_turn_id=turn_id),
    )  # fmt: skip

    assert f'Asks <a href="/audit/exchanges/{first}">this exchange</a> again' in page_of(desk, again)


def test_neighbours_are_shown_without_their_words_and_are_no_look(talk, desk):
    _first, second, third = talk(3)

    page = page_of(desk, second)

    assert "words of 1" in page
    assert "words of 0" not in page
    assert "words of 2" not in page
    assert not Event.objects.filter(subject_id=str(third)).exists()


def test_an_exchange_of_one_s_own_is_no_neighbour(talk, make_exchange, make_person):
    officer = make_person("olga", roles=(Role.COMPLIANCE_OFFICER,))
    conversation_id = new_id()
    own = make_exchange(conversation_id=conversation_id, who=Who(officer.pk, officer.name, None, ""))
    other = make_exchange(conversation_id=conversation_id, now=NOON + timedelta(minutes=1))

    page = page_of(sign_in(officer), other)

    assert str(own) not in page
    assert "The only exchange in this conversation" in page
