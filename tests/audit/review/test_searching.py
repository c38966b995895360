"""Exchanges are found by what review found in them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from apps.audit.review import deciding
from apps.audit.review.recording import Verdict
from apps.audit.review.vocabulary import Tag
from tests.audit.review.conftest import LATER

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed(make_item, read, officer):
    """Close an item of a new exchange with a finding and tags; give the exchange's id."""

    def close(tag: str, *own_tags: str) -> str:
        item = make_item()
        read(item)
        verdict = Verdict(tag, own_tags, is_read=True)
        deciding.close(item.pk, verdict=verdict, by=officer, now=LATER + timedelta(minutes=1))
        return str(item.exchange_id)

    return close


def listed(desk, **asked) -> set[str]:
    page = desk.get("/audit/exchanges", asked)
    assert page.status_code == 200
    return set(re.findall(r'class="table-link" href="/audit/exchanges/([0-9a-f-]{36})"', page.text))


def test_exchanges_are_found_by_the_finding_of_review(closed, make_item, desk):
    wanted, _other = closed(Tag.QUESTIONABLE), closed(Tag.COMPLIANT)
    make_item()

    assert listed(desk, finding="QUESTIONABLE") == {wanted}
    assert "Finding of review: Questionable" in desk.get("/audit/exchanges", {"finding": "QUESTIONABLE"}).text


def test_exchanges_are_found_by_a_tag_that_an_officer_wrote(closed, desk):
    wanted, _other = closed(Tag.COMPLIANT, "customer data", "renewal"), closed(Tag.COMPLIANT, "other")

    assert listed(desk, own_tag="  customer   data ") == {wanted}
    assert listed(desk, own_tag="customer") == set()


def test_an_unknown_finding_is_refused(desk):
    assert desk.get("/audit/exchanges", {"finding": "NONSENSE"}).status_code == 400
