"""Consents on a real database when everybody acts at the same moment: one thing happens, once, by people in office."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from threading import Event as Signal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import Role, RoleAssignment, User
from apps.audit.approvals import asking
from apps.audit.approvals.asking import AlreadyDecided, AskerGone, NotApproved, Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval
from apps.audit.cases import exporting
from apps.audit.cases.models import Export
from apps.audit.stream import keeping, widening
from apps.audit.stream.models import Sink
from apps.ledger.models import Event
from tests.audit.stream.conftest import admin, make_sink  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "A customer complained about it."
ABOUT = Subject("exchange", "1", "An exchange")
REFUSED = (AlreadyDecided, AskerGone, NotApproved, CannotBeCarriedOut, PermissionDenied)


@pytest.fixture
def officers(make_person) -> list[User]:
    return [make_person(f"officer{number}", roles=(Role.COMPLIANCE_OFFICER,)) for number in range(8)]


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all of it at the same moment, each on a connection of its own; a refusal is what came of it."""
    begin = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        begin.wait()
        try:
            return act() or "done"
        except REFUSED as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def ask(officer: User, *, terms: dict[str, Any] | None = None) -> Approval:
    return asking.ask(Deed.UNMASK, subject=ABOUT, terms=terms or {"masked": 1}, why=WHY, by=officer, now=timezone.now())


def spend(officer: User) -> Any:
    with transaction.atomic():
        return asking.spend(Deed.UNMASK, subject=ABOUT, terms={"masked": 1}, by=officer, now=timezone.now())


def acts_on_record() -> Counter[str]:
    return Counter(Event.objects.filter(action__startswith="APPROVAL_").values_list("action", flat=True))


@pytest.mark.parametrize("_", range(4))
def test_of_consents_refusals_and_a_withdrawal_at_once_one_counts(officers, _):
    asker, *others = officers
    asked = ask(asker)
    now = timezone.now()
    acts = [
        (lambda each=each: asking.grant(asked.pk, by=each, now=now)) if number % 2
        else (lambda each=each: asking.refuse(asked.pk, by=each, answer=WHY, now=now))
        for number, each in enumerate(others)
    ]  # fmt: skip

    came = at_once([*acts, lambda: asking.withdraw(asked.pk, by=asker, now=now)])

    assert sum(each is not AlreadyDecided for each in came) == 1
    decided = acts_on_record() - Counter(APPROVAL_ASKED=1)
    assert decided.total() == 1
    assert f"APPROVAL_{Approval.objects.get().state}" in decided


def test_a_consent_is_spent_once_however_many_spend_it_at_once(officers):
    asker, second, *_ = officers
    asking.grant(ask(asker).pk, by=second, now=timezone.now())

    came = at_once([lambda: spend(asker)] * 8)

    assert sum(each is not NotApproved for each in came) == 1
    assert acts_on_record()["APPROVAL_USED"] == 1


def test_a_consent_is_not_spent_under_other_terms_that_are_asked_for_at_the_same_moment(officers):
    asker, second, *_ = officers
    asked = ask(asker)

    came = at_once(
        [lambda: asking.grant(asked.pk, by=second, now=timezone.now()), lambda: ask(asker, terms={"masked": 99})]
    )

    wide = Approval.objects.get(terms={"masked": 99})
    assert wide.state == "OPEN"
    first = Approval.objects.get(pk=asked.pk)
    assert (first.state, came[0] is AlreadyDecided) in {("GRANTED", False), ("WITHDRAWN", True)}
    with pytest.raises(NotApproved), transaction.atomic():
        asking.spend(Deed.UNMASK, subject=ABOUT, terms={"masked": 99}, by=asker, now=timezone.now())


def test_requests_at_once_leave_one_open(officers):
    came = at_once([lambda number=number: ask(officers[0], terms={"masked": number}) for number in range(1, 9)])

    assert len(came) == 8
    assert Counter(Approval.objects.values_list("state", flat=True)) == {"OPEN": 1, "WITHDRAWN": 7}


def while_waiting(blocked: Callable[[], Any], meanwhile: Callable[[], Any], *, on: Approval) -> Any:
    """Hold a request's row, begin what waits for it, do something else meanwhile, and let go."""
    came: list[Any] = []
    held, let_go = Signal(), Signal()

    def hold() -> None:
        with transaction.atomic():
            Approval.objects.select_for_update().get(pk=on.pk)
            held.set()
            let_go.wait(20)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        held.wait(20)
        waiting = pool.submit(lambda: came.extend(at_once([blocked])))
        _until_somebody_waits()
        meanwhile()
        let_go.set()
        holding.result()
        waiting.result()
    return came[0]


def _until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(400):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.02)")
    pytest.fail("Nobody waits for the row.")


def dismiss(person: User) -> None:
    RoleAssignment.objects.filter(person=person).delete()


def test_an_officer_dismissed_while_their_consent_waits_does_not_consent(officers):
    asker, second, *_ = officers
    asked = ask(asker)

    came = while_waiting(
        lambda: asking.grant(asked.pk, by=second, now=timezone.now()), lambda: dismiss(second), on=asked
    )

    assert came is PermissionDenied
    assert Approval.objects.get().state == "OPEN"


def test_nothing_is_granted_to_an_asker_dismissed_while_the_consent_waits(officers):
    asker, second, *_ = officers
    asked = ask(asker)

    came = while_waiting(
        lambda: asking.grant(asked.pk, by=second, now=timezone.now()), lambda: dismiss(asker), on=asked
    )

    assert came is AskerGone
    assert Approval.objects.get().state == "OPEN"


@pytest.mark.parametrize("who", [0, 1], ids=["whoever asked", "whoever consented"])
def test_a_consent_is_not_spent_once_either_of_the_two_is_dismissed_while_it_waits(officers, who):
    asker, second, *_ = officers
    asked = ask(asker)
    asking.grant(asked.pk, by=second, now=timezone.now())

    came = while_waiting(lambda: spend(asker), lambda: dismiss(officers[who]), on=asked)

    assert came in (NotApproved, PermissionDenied)
    assert Approval.objects.get().state == "GRANTED"


def test_an_export_with_consent_begins_once_however_often_it_is_begun_at_once(officers, monkeypatch):
    asker, second, *_ = officers
    now = timezone.now()
    export = exporting.ask(case=None, query="", variant="FULL", is_whole=False, why=WHY, by=asker, now=now)
    asking.grant(Approval.objects.get().pk, by=second, now=now)

    came = at_once([lambda: exporting.start(Export.objects.get(pk=export.pk), by=asker, now=timezone.now())] * 6)

    assert came.count(True) == 1
    assert acts_on_record()["APPROVAL_USED"] == 1


def test_a_receiver_removed_while_an_officer_consents_is_gone_or_was_widened_first(officers, admin, make_sink):  # noqa: F811
    sink = make_sink()
    widening.ask(sink, widening.Reach(has_text=True), why=WHY, by=admin, now=timezone.now())
    asked = Approval.objects.get()

    came = at_once(
        [
            lambda: asking.grant(asked.pk, by=officers[0], now=timezone.now()),
            lambda: keeping.remove(Sink.objects.get(pk=sink.pk), by=admin, now=timezone.now()),
        ]
    )

    assert not Sink.objects.exists()
    asked.refresh_from_db()
    assert (asked.state, came[0] is CannotBeCarriedOut) in {("SPENT", False), ("OPEN", True)}
    assert Event.objects.filter(action="STREAM_WIDENED").count() == (asked.state == "SPENT")
