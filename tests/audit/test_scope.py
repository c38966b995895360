"""Nobody at the desk meets an exchange of their own, on any page, by any way."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from apps.accounts.actors import who
from apps.accounts.models import Role
from apps.audit import scope
from apps.ledger.models import Event
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action, OutcomeKind
from apps.privacy.unmasking import Exchange, unmask
from tests.audit.conftest import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[Role.COMPLIANCE_OFFICER, Role.AUDITOR])
def reader(request, make_person):
    """Somebody at the desk who is also an employee."""
    return make_person("reader", roles=(request.param, Role.EMPLOYEE))


@pytest.fixture
def own(reader, make_exchange):
    return make_exchange("an own secret <PERSON_1>", who=who(reader), now=timezone.now(), cost=Decimal("7"))


@pytest.mark.thorough
def test_the_list_leaves_one_s_own_out_whatever_is_asked(reader, own, make_exchange):
    other = make_exchange("somebody else's")
    asks = [{}, {"q": "secret"}, {"exchange": str(own)}, {"outcome": "ANSWERED"}, {"masked": "PERSON"}]

    pages = [sign_in(reader).get("/audit/exchanges", query).text for query in asks]

    assert all(f"/audit/exchanges/{own}" not in page and "own secret" not in page for page in pages)
    assert str(other) in pages[0]


@pytest.mark.parametrize("part", ["", "/proof/question", "/proof/outcome"])
def test_one_s_own_exchange_is_not_found(reader, own, part):
    assert sign_in(reader).get(f"/audit/exchanges/{own}{part}").status_code == 404
    assert not Event.objects.filter(action__in=["AUDIT_OPENED", "LEDGER_PROOF_TAKEN"]).exists()


def test_nobody_unmasks_their_own_at_the_desk(make_person, make_exchange):
    officer = make_person("grace", roles=(Role.COMPLIANCE_OFFICER,))
    own = make_exchange(who=who(officer))

    page = sign_in(officer).post(f"/audit/exchanges/{own}/original", {"reason": "I wonder what they keep of me"})

    assert page.status_code == 404
    exchange = Exchange(own, "", own, timezone.now(), ("<PERSON_1>",), officer.pk)
    with pytest.raises(PermissionDenied):
        unmask(officer, exchange=exchange, reason="I wonder what they keep", consent=dict, now=timezone.now())
    assert not Event.objects.filter(action="AUDIT_UNMASKED").exists()


def test_events_about_one_s_own_exchanges_are_left_out(reader, own, make_person, make_exchange):
    colleague, now = make_person("samir", roles=(Role.COMPLIANCE_OFFICER,)), timezone.now()
    for exchange_id in (own, make_exchange()):
        record_event(
            Action.AUDIT_OPENED, who=who(colleague), subject_kind="exchange", subject_id=str(exchange_id), now=now
        )
    record_event(Action.AUDIT_OPENED, who=who(colleague), subject_kind="exchange", subject_id="no id", now=now)

    page = sign_in(reader).get("/audit/events").text

    assert str(own) not in page
    assert page.count('data-label="Act">Opened an exchange') == 2


def test_the_day_s_figures_leave_one_s_own_out(reader, own, make_exchange):
    make_exchange("somebody else's", now=timezone.now(), cost=Decimal("1.25"))
    make_exchange(who=who(reader), now=timezone.now(), ends=OutcomeKind.REFUSED, masked=())

    tiles = re.findall(r'<dd class="stat-value">([^<]*)', sign_in(reader).get("/audit/exchanges").text)

    assert [tile.strip() for tile in tiles] == ["1", "0", "1", "1.25"]


@pytest.mark.parametrize("roles", [(Role.EMPLOYEE,), (Role.ADMIN,), ()])
def test_without_a_role_at_the_desk_there_is_nothing_to_read(make_person, make_exchange, roles):
    stranger = make_person("stranger", roles=roles)
    make_exchange()
    record_event(Action.PORTAL_STARTED, who=None, now=timezone.now() - timedelta(days=1))

    assert not scope.exchanges_for(stranger).exists()
    assert not scope.outcomes_for(stranger).exists()
    assert not scope.events_for(stranger).exists()
