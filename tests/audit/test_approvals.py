"""Four eyes: who asks cannot consent, a consent is for exactly what was asked, counts for a day and is used once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role, User
from apps.audit.approvals import asking, deeds
from apps.audit.approvals.asking import Subject
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.approvals.models import Approval, FourEyesRule, State
from apps.ledger.models import Event
from tests.audit.conftest import sign_in

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EXPORT = Subject("export", "7", "Export of case 7")
TERMS = {"format": "CSV", "redacted": False}
WHY = "Requested by the works council, file 12."


@pytest.fixture
def second(make_person: Callable[..., User]) -> User:
    return make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def asked(officer: User) -> Approval:
    return asking.ask(Deed.EXPORT, subject=EXPORT, terms=TERMS, why=WHY, by=officer, now=NOW)


def spend(by: User, *, terms: Any = TERMS, subject: Subject = EXPORT, now: datetime = NOW) -> Approval | None:
    with transaction.atomic():
        return asking.spend(Deed.EXPORT, subject=subject, terms=terms, by=by, now=now)


def test_nothing_is_done_before_a_second_officer_consents(officer: User, asked: Approval) -> None:
    with pytest.raises(asking.NotApproved):
        spend(officer)


def test_what_was_granted_is_done_once(officer: User, second: User, asked: Approval) -> None:
    asking.grant(asked.pk, by=second, now=NOW)

    used = spend(officer)

    assert used == asked
    with pytest.raises(asking.NotApproved):
        spend(officer)


@pytest.mark.parametrize(
    ("changed", "later"),
    [
        ({"terms": {"format": "CSV", "redacted": True}}, timedelta()),
        ({"terms": TERMS | {"more": 1}}, timedelta()),
        ({"subject": Subject("export", "8", "Export of case 7")}, timedelta()),
        ({"subject": Subject("case", "7", "Export of case 7")}, timedelta()),
        ({}, timedelta(hours=24, seconds=1)),
    ],
    ids=["other terms", "more terms", "another export", "another kind", "a day later"],
)
def test_a_consent_is_for_exactly_what_was_asked_and_for_a_day(
    officer: User, second: User, asked: Approval, changed: dict[str, Any], later: timedelta
) -> None:
    asking.grant(asked.pk, by=second, now=NOW)

    with pytest.raises(asking.NotApproved):
        spend(officer, now=NOW + later, **changed)


def test_a_consent_counts_for_the_one_who_asked_alone(officer: User, second: User, asked: Approval) -> None:
    asking.grant(asked.pk, by=second, now=NOW)

    with pytest.raises(asking.NotApproved):
        spend(second)


def test_nobody_decides_their_own_request(officer: User, asked: Approval) -> None:
    with pytest.raises(PermissionDenied):
        asking.grant(asked.pk, by=officer, now=NOW)
    with pytest.raises(PermissionDenied):
        asking.refuse(asked.pk, by=officer, answer="No, because of me.", now=NOW)

    with pytest.raises(IntegrityError), transaction.atomic():  # nor behind the pages' back
        Approval.objects.filter(pk=asked.pk).update(state=State.GRANTED, decided_by=officer, decided_at=NOW)


def test_nobody_sees_or_decides_what_is_about_their_own_data(officer: User, second: User) -> None:
    about = Subject("exchange", "1", "An exchange", person_id=second.pk)
    approval = asking.ask(Deed.UNMASK, subject=about, terms={}, why=WHY, by=officer, now=NOW)

    page = sign_in(second).get(reverse("approvals:approvals")).content.decode()

    assert WHY not in page
    assert sign_in(second).post(reverse("approvals:grant", args=[approval.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        asking.grant(approval.pk, by=second, now=NOW)
    with pytest.raises(PermissionDenied):
        asking.ask(Deed.UNMASK, subject=about, terms={}, why=WHY, by=second, now=NOW)


@pytest.mark.parametrize("roles", [(Role.AUDITOR,), (Role.ADMIN,), (Role.EMPLOYEE,), ()])
def test_only_officers_ask_and_consent(
    make_person: Callable[..., User], asked: Approval, roles: tuple[Role, ...]
) -> None:
    stranger = make_person("stranger", roles=roles)

    with pytest.raises(PermissionDenied):
        asking.grant(asked.pk, by=stranger, now=NOW)
    with pytest.raises(PermissionDenied):
        asking.ask(Deed.EXPORT, subject=EXPORT, terms={}, why=WHY, by=stranger, now=NOW)


def test_a_request_is_decided_once_and_lapses_after_a_week(officer: User, second: User, asked: Approval) -> None:
    with pytest.raises(asking.AlreadyDecided):
        asking.grant(asked.pk, by=second, now=NOW + timedelta(days=7))
    asking.refuse(asked.pk, by=second, answer="The council has its own copy.", now=NOW)

    for late in (asking.grant, asking.refuse):
        with pytest.raises(asking.AlreadyDecided):
            late(asked.pk, by=second, answer="Changed my mind.", now=NOW)  # type: ignore[operator]
    with pytest.raises(asking.AlreadyDecided):
        asking.withdraw(asked.pk, by=officer, now=NOW)


def test_asking_again_replaces_the_open_request(officer: User, second: User, asked: Approval) -> None:
    again = asking.ask(Deed.EXPORT, subject=EXPORT, terms={"format": "HTML"}, why=WHY, by=officer, now=NOW)

    asked.refresh_from_db()
    assert asked.state == State.WITHDRAWN
    assert [each.pk for each in Approval.objects.waiting_for(second, NOW)] == [again.pk]


def test_a_deed_that_is_carried_out_at_consent_is_done_in_the_same_transaction(
    officer: User, second: User, asked: Approval, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Any] = []
    monkeypatch.setitem(deeds._performers, Deed.EXPORT, lambda approval, by, now: done.append((approval.terms, by)))

    asking.grant(asked.pk, by=second, now=NOW)

    asked.refresh_from_db()
    assert done == [(TERMS, second)]
    assert asked.state == State.SPENT


def test_what_can_no_longer_be_done_leaves_the_request_open_and_says_so(
    second: User, asked: Approval, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impossible(approval: Approval, by: User, now: datetime) -> None:
        raise CannotBeCarriedOut("The case was closed meanwhile.")

    Approval.objects.filter(pk=asked.pk).update(asked_at=datetime.now(UTC))
    monkeypatch.setitem(deeds._performers, Deed.EXPORT, impossible)

    page = sign_in(second).post(reverse("approvals:grant", args=[asked.pk]), follow=True).content.decode()

    asked.refresh_from_db()
    assert asked.state == State.OPEN
    assert "The case was closed meanwhile." in page
    assert not Event.objects.filter(action="APPROVAL_GRANTED").exists()


def test_every_deed_takes_two_unless_two_decided_otherwise(officer: User, second: User) -> None:
    assert all(asking.is_needed(deed) for deed in Deed)
    client, other = sign_in(officer), sign_in(second)

    client.post(reverse("approvals:ask_for_one", args=["EXPORT"]), {"why": "We are a team of two, one is away."})
    assert asking.is_needed(Deed.EXPORT)
    approval = Approval.objects.get(deed=Deed.FOUR_EYES_OFF)
    other.post(reverse("approvals:grant", args=[approval.pk]))

    assert not asking.is_needed(Deed.EXPORT)
    assert spend(officer) is None
    client.post(reverse("approvals:ask_for_two", args=["EXPORT"]))
    assert asking.is_needed(Deed.EXPORT)
    actions = list(Event.objects.order_by("id").values_list("action", flat=True))
    assert actions == [
        "APPROVAL_ASKED", "APPROVAL_GRANTED", "FOUR_EYES_SWITCHED_OFF", "FOUR_EYES_SWITCHED_ON",
    ]  # fmt: skip


def test_erasure_and_the_rules_themselves_always_take_two(officer: User) -> None:
    FourEyesRule.objects.bulk_create(FourEyesRule(deed=deed, is_needed=False) for deed in deeds.ALWAYS_NEEDED)

    assert all(asking.is_needed(deed) for deed in deeds.ALWAYS_NEEDED)
    for deed in deeds.ALWAYS_NEEDED:
        assert sign_in(officer).post(reverse("approvals:ask_for_one", args=[deed]), {"why": WHY}).status_code == 404


@pytest.mark.parametrize("name", ["grant", "refuse", "withdraw"])
def test_the_doors_are_for_officers_alone(make_person: Callable[..., User], asked: Approval, name: str) -> None:
    address = reverse(f"approvals:{name}", args=[asked.pk])

    assert "sign-in" in Client().post(address).headers["Location"]
    for roles in ((Role.AUDITOR,), (Role.ADMIN,), (Role.EMPLOYEE,)):
        assert sign_in(make_person(roles[0].value.lower(), roles=roles)).post(address).status_code == 403
    officer = sign_in(make_person("third", roles=(Role.COMPLIANCE_OFFICER,)))
    assert officer.get(address).status_code == 405
    unknown = reverse(f"approvals:{name}", args=["00000000-0000-4000-8000-000000000000"])
    assert officer.post(unknown, {"answer": "Not known to me."}).status_code == 404


def test_an_auditor_reads_the_requests_and_finds_no_button(make_person: Callable[..., User], officer: User) -> None:
    asking.ask(Deed.EXPORT, subject=EXPORT, terms=TERMS, why=WHY, by=officer, now=datetime.now(UTC))

    page = sign_in(make_person("ruth", roles=(Role.AUDITOR,))).get(reverse("approvals:approvals")).content.decode()

    assert WHY in page
    assert "Consent" not in page.split("Waiting for an officer")[1]


def test_a_refusal_without_a_reason_is_not_taken_and_says_what_to_write(officer: User, second: User) -> None:
    asked = asking.ask(Deed.EXPORT, subject=EXPORT, terms=TERMS, why=WHY, by=officer, now=datetime.now(UTC))

    response = sign_in(second).post(reverse("approvals:refuse", args=[asked.pk]), {"answer": "no"})

    assert response.status_code == 422
    assert asking.ReasonTooShort.sentence in response.content.decode()
    assert 'value="no"' in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_use_one_consent_at_once_one_does(make_person: Callable[..., User]) -> None:
    officer = make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))
    second = make_person("samir", roles=(Role.COMPLIANCE_OFFICER,))
    asked = asking.ask(Deed.EXPORT, subject=EXPORT, terms=TERMS, why=WHY, by=officer, now=NOW)
    asking.grant(asked.pk, by=second, now=NOW)

    def attempt(_: int) -> bool:
        try:
            return spend(officer) is not None
        except asking.NotApproved:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(attempt, range(10))) == 1
