"""Many officers at once, on a real database: each item goes to one of them, and is decided once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Role, User
from apps.audit.review import acts, deciding, evidence, work
from apps.audit.review.models import Decision, Item
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Tag
from tests.audit.review.conftest import LATER, look_at

pytestmark = pytest.mark.django_db(transaction=True)

OFFICERS = 20


@pytest.fixture
def officers(make_person) -> list[User]:
    return [make_person(f"officer{number}", roles=(Role.COMPLIANCE_OFFICER,)) for number in range(OFFICERS)]


def at_once(acts_of: list[Callable[[], Any]]) -> list[Any]:
    """Do all of it at the same moment, each on a connection of its own; an exception is what came of it."""
    begin = Barrier(len(acts_of))

    def run(act: Callable[[], Any]) -> Any:
        begin.wait()
        try:
            return act()
        except acts.CannotBeDone as reason:
            return reason
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts_of)) as pool:
        return list(pool.map(run, acts_of))


def test_twenty_officers_ask_for_the_next_and_nobody_gets_what_another_has(make_queue, make_exchange, place, officers):
    make_queue()
    for _ in range(12):
        make_exchange()
    place()

    got = at_once([lambda who=who: work.take_next(by=who, now=LATER) for who in officers])

    taken = [item.pk for item in got if item]
    assert len(taken) == len(set(taken)) == 12
    assert Counter(Item.objects.values_list("claimed_by", flat=True)).most_common(1)[0][1] == 1


def test_twenty_officers_claim_one_item_and_one_gets_it(make_item, officers):
    item = make_item()

    got = at_once([lambda who=who: work.claim(item.pk, by=who, now=LATER) for who in officers])

    assert sum(isinstance(each, Item) for each in got) == 1
    assert sum(isinstance(each, acts.HeldByAnother) for each in got) == OFFICERS - 1


def test_a_finding_sent_twenty_times_is_one_decision(make_item, officers):
    item, by = make_item(), officers[0]
    work.claim(item.pk, by=by, now=LATER)
    look_at(item, by, now=LATER)
    verdict = Verdict(Tag.COMPLIANT, is_read=True)

    got = at_once([lambda: deciding.close(item.pk, verdict=verdict, by=by, now=LATER)] * OFFICERS)

    assert sum(isinstance(each, Decision) for each in got) == Decision.objects.count() == 1
    with connection.cursor() as cursor:
        assert list(evidence.review_agrees(cursor)) == []
