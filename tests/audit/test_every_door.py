"""Every address of the desk, read from the URLconf, so that a new one cannot be forgotten: who gets in, and how."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from apps.accounts.models import Role
from apps.audit.approvals.deeds import Deed
from apps.ledger.ids import new_id
from apps.ledger.models import Event
from tests.audit.conftest import sign_in
from tests.completeness.doors import _methods

pytestmark = pytest.mark.django_db

AUDITORS_MAY_POST = {"audit:ledger_check"}
"""What an auditor may send: nothing that changes what was recorded or decided."""

OFFICERS_READ_ALONE = {
    "audit:people", "cases:new", "cases:choose", "cases:snapshot_page", "cases:snapshot_progress", "cases:exports",
    "cases:new_export", "cases:export", "cases:export_progress", "cases:download", "review:new", "review:mine",
    "review:new_lexicon", "review:trial",
}  # fmt: skip
"""What auditors have no part in."""

EVERYBODYS = {"retention:mine", "retention:download_mine"}
"""Not of the desk: people fetch copies of their own data there."""

BY_KEY_ALONE = "record_api:"
"""For programs: no person's session opens them, whatever the role."""

ADMINS_TOO = "stream:"
PART = re.compile(r"<(\w+):\w+>")


def doors() -> Iterator[tuple[str, str, str]]:
    """Give each address of the desk with unknown ids in it: name, method, path."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern).startswith("audit/"):
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern)
                name = f"{resolver.namespace}:{pattern.name or 'root'}"
                path = f"/{resolver.pattern}{PART.sub(_value, str(pattern.pattern))}"
                for method in sorted(_methods(pattern.callback) - {"HEAD"}):
                    yield name, method, path


def _value(part: re.Match[str]) -> str:
    return {"uuid": str(new_id()), "str": Deed.UNMASK.value}[part[1]]


DOORS = list(doors())
OF_THE_DESK = [door for door in DOORS if door[0] not in EVERYBODYS and not door[0].startswith(BY_KEY_ALONE)]


def test_the_list_is_that_of_the_urlconf_and_exceptions_are_still_there():
    assert len(DOORS) > 110
    assert {name for name, _, _ in DOORS} >= AUDITORS_MAY_POST | OFFICERS_READ_ALONE | EVERYBODYS


@pytest.mark.parametrize("role", Role.values)
def test_nobodys_session_opens_an_address_that_takes_a_key(make_person, role):
    browser = sign_in(make_person("pat", roles=(role,)))

    answers = [browser.get(path).status_code for name, _, path in DOORS if name.startswith(BY_KEY_ALONE)]

    assert answers == [401] * 4


@pytest.mark.thorough
def test_employees_and_admins_find_every_door_shut_and_leave_no_trace_of_an_act(make_person):
    employee = sign_in(make_person("ed", roles=(Role.EMPLOYEE,)))
    admin = sign_in(make_person("ada", roles=(Role.ADMIN,)))
    before = set(Event.objects.values_list("pk", flat=True))

    opened = [
        (who, name, method)
        for who, browser in (("employee", employee), ("admin", admin))
        for name, method, path in OF_THE_DESK
        if not (who == "admin" and name.startswith(ADMINS_TOO))
        and getattr(browser, method.lower())(path).status_code != (302 if name == "audit:root" else 403)
    ]

    assert opened == []
    made = Event.objects.exclude(pk__in=before).values_list("action", flat=True)
    assert set(made) == {"ACCESS_DENIED"}


def test_the_signed_out_are_sent_to_sign_in_from_every_door(client):
    elsewhere = {
        (name, method): (response.status_code, response["Location"])
        for name, method, path in OF_THE_DESK
        for response in [getattr(client, method.lower())(path)]
        if response.status_code != 302 or not response["Location"].startswith(("/accounts/", "/audit/overview/"))
    }

    assert elsewhere == {}


@pytest.mark.thorough
def test_auditors_read_and_send_nothing_but_what_is_listed(make_person):
    auditor = sign_in(make_person("ruth", roles=(Role.AUDITOR,)))

    for name, method, path in OF_THE_DESK:
        status = getattr(auditor, method.lower())(path).status_code
        is_shut = name in OFFICERS_READ_ALONE if method == "GET" else name not in AUDITORS_MAY_POST
        assert (status == 403) == is_shut, (name, method, status)


@pytest.mark.thorough
def test_nothing_that_acts_can_be_done_by_a_link(desk):
    only_sent = {(name, path) for name, method, path in DOORS if method == "POST"} - {
        (name, path) for name, method, path in DOORS if method == "GET"
    }

    assert len(only_sent) > 60
    assert [name for name, path in only_sent if desk.get(path).status_code != 405] == []
    assert [name for name, path in only_sent if desk.head(path).status_code != 405] == []


@pytest.mark.thorough
def test_unknown_ids_are_not_found_at_any_door_that_takes_one(desk):
    found = [
        (name, method, status)
        for name, method, path in DOORS
        if re.search(r"[0-9a-f]{8}-", path)
        for status in [getattr(desk, method.lower())(path).status_code]
        if status != 404
    ]

    assert found == []


@pytest.mark.thorough
def test_nothing_of_the_desk_is_kept_in_a_cache(desk, make_person):
    auditor = sign_in(make_person("ruth", roles=(Role.AUDITOR,)))

    kept = [
        name
        for browser in (desk, auditor)
        for name, method, path in DOORS
        if method == "GET" and not re.search(r"[0-9a-f]{8}-", path)
        for response in [browser.get(path)]
        if response.status_code == 200 and "no-store" not in response.get("Cache-Control", "")
    ]

    assert kept == []
