"""While a confidential case is open, nobody is told that it looks at them; afterwards they are told everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit import looks as desk_looks
from apps.audit.cases import confidence, contents, work
from apps.audit.cases.models import Case
from apps.ledger.looks import looks_at
from apps.ledger.models import Event, HiddenLook, Intent
from tests.audit.conftest import sign_in

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


WHY = "The person would destroy evidence."


@pytest.fixture
def second(held, officer, make_person):
    """Another officer who works on the case."""
    person = make_person("omar", roles=(Role.COMPLIANCE_OFFICER,))
    work.add_member(held, person=person, by=officer, now=timezone.now())
    return person


@pytest.fixture
def looked_a_month_ago(held, officer):
    """A look of 31 days ago at the exchange in the case, which was looked at today as well."""
    exchange_id = Intent.objects.get().pk
    desk_looks.opened(officer, exchange_id=exchange_id, label="x", now=timezone.now() - timedelta(days=31))


def test_one_officer_alone_hides_a_look_for_thirty_days(held, looked_a_month_ago):
    assert seen() == 1


def test_neither_making_it_confidential_again_nor_another_case_hides_an_old_look_again(
    held, officer, looked_a_month_ago, make_case
):
    work.set_confidential(held, is_confidential=False, by=officer, now=timezone.now())
    work.set_confidential(held, is_confidential=True, by=officer, now=timezone.now())
    other = make_case(is_confidential=True)
    picked = contents.chosen(Intent.objects.get().pk, by=officer)
    contents.add(other, [picked], by=officer, how="by hand", now=timezone.now())

    assert seen() == 1


def test_a_second_officer_of_the_case_keeps_looks_hidden_for_ninety_days(held, second, looked_a_month_ago):
    now = timezone.now()

    page = sign_in(second).post(f"/audit/cases/{held.pk}/keep-hidden", {"reason": WHY}, follow=True)

    assert "stay hidden for 90 days" in page.content.decode()
    assert seen() == 0
    (event,) = Event.objects.filter(action="CASE_CONFIDENCE_PROLONGED")
    assert (event.actor_id, event.details["why"]) == (second.pk, WHY)
    HiddenLook.objects.update(kept_until=now)
    assert seen() == 1


def test_whoever_made_it_confidential_does_not_keep_it_so_alone_not_even_once_handed_over(
    held, officer, second, looked_a_month_ago
):
    work.hand_over(held, to=second, by=officer, now=timezone.now())

    page = sign_in(officer).post(f"/audit/cases/{held.pk}/keep-hidden", {"reason": WHY}, follow=True)

    assert "another officer who works on it decides" in page.content.decode()
    assert seen() == 1
    assert Case.objects.get(pk=held.pk).kept_until is None


def test_opening_a_case_again_begins_with_one_officer_again(held, officer, second, looked_a_month_ago):
    confidence.keep_longer(held, why=WHY, by=second, now=timezone.now())
    close(held, officer)

    work.reopen(held, reason="There is more to it.", by=second, now=timezone.now())

    assert seen() == 1
    with pytest.raises(confidence.TakesAnother):
        confidence.keep_longer(held, why=WHY, by=second, now=timezone.now())


def test_what_comes_into_the_case_later_is_kept_as_long(held, officer, second, make_exchange):
    confidence.keep_longer(held, why=WHY, by=second, now=timezone.now())
    later = make_exchange()
    desk_looks.opened(officer, exchange_id=later, label="x", now=timezone.now() - timedelta(days=31))

    contents.add(held, [contents.chosen(later, by=officer)], by=officer, how="by hand", now=timezone.now())

    assert not looks_at(Intent.objects.get(pk=later).person_id).looks
