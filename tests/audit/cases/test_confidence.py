"""While a confidential case is open, nobody is told that it looks at them; afterwards they are told everything."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.audit import looks as desk_looks
from apps.audit.cases import contents, work
from apps.ledger.looks import looks_at
from apps.ledger.models import HiddenLook, Intent

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(officer, make_case, make_exchange):
    """A confidential case with one exchange that was looked at."""
    case, exchange_id = make_case(is_confidential=True), make_exchange()
    contents.add(case, [contents.chosen(exchange_id, by=officer)], by=officer, how="by hand", now=timezone.now())
    desk_looks.opened(officer, exchange_id=exchange_id, label="x", now=timezone.now())
    return case


def seen() -> int:
    """How many looks the person of the exchange sees."""
    return len(looks_at(Intent.objects.get().person_id).looks)


def close(case, officer):
    work.close(case, finding="UNFOUNDED", finding_words="Nothing in it.", by=officer, now=timezone.now())


def test_the_looks_of_a_confidential_case_appear_when_it_is_closed_and_go_when_it_is_opened_again(held, officer):
    assert seen() == 0

    close(held, officer)
    assert seen() == 1

    work.reopen(held, reason="There is more to it.", by=officer, now=timezone.now())
    assert seen() == 0


def test_they_appear_when_confidence_is_lifted_and_go_when_it_returns(held, officer):
    work.set_confidential(held, is_confidential=False, by=officer, now=timezone.now())
    assert seen() == 1

    work.set_confidential(held, is_confidential=True, by=officer, now=timezone.now())
    assert seen() == 0


def test_they_appear_when_the_exchange_is_taken_out(held, officer):
    exchange_id = Intent.objects.get().pk

    contents.remove(held, exchange_id, reason="Put in by mistake.", by=officer, now=timezone.now())

    assert seen() == 1


def test_a_case_that_everybody_at_the_desk_sees_hides_nothing(officer, make_case, make_exchange, events_of):
    case, exchange_id = make_case(), make_exchange()

    contents.add(case, [contents.chosen(exchange_id, by=officer)], by=officer, how="by hand", now=timezone.now())
    close(case, officer)

    assert not HiddenLook.objects.exists()
    assert events_of("LOOKS_HIDDEN") == events_of("LOOKS_SHOWN") == []
