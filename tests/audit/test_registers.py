"""Rights, settings and the desk's own rows against the sum of their events: what was changed by hand is found."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts import administration
from apps.accounts import demo as people
from apps.accounts.models import Membership, Role, Team
from apps.api import keys
from apps.api.keeping import ApiRoom
from apps.api.models import Scope
from apps.audit.approvals import asking
from apps.audit.approvals.asking import NotApproved, NotOnRecord, Subject
from apps.audit.approvals.deeds import Deed
from apps.audit.approvals.models import Approval, FourEyesRule, State
from apps.audit.cases import contents, exporting, work
from apps.audit.cases.models import Case, Export
from apps.audit.stream import keeping
from apps.audit.stream.keeping import Wish
from apps.gateway import catalogue, limits, pricing, route_rules
from apps.gateway import demo as models
from apps.gateway.models import Budget, LanguageModel, RateLimit
from apps.gateway.prices import Price
from apps.ledger import agreement, registers, rereading
from apps.ledger.models import Event
from apps.ledger.vocabulary import Action
from apps.privacy import policies
from apps.privacy.policy import Rule, Treatment
from apps.rag import library
from tests.audit.cases.conftest import make_case  # noqa: F401
from tests.audit.conftest import NOON
from tests.audit.stream.conftest import admin, make_sink  # noqa: F401

pytestmark = pytest.mark.django_db

WHY = "A customer complained about it."
ABOUT = Subject("exchange", "1", "An exchange")


@pytest.fixture
def second(make_person):
    return make_person("omar", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def inventory(make_person, make_team, make_model, officer, second, admin):  # noqa: F811
    """A company whose rights and settings were written down once."""
    maya = make_person("maya", teams=("Sales",))
    model = make_model(make_team("Sales"), label="Old model")
    registers.take_inventories(now=NOON)
    return maya, model


@pytest.fixture
def consent(officer, second):
    """A consent that was granted and not used."""
    asked = asking.ask(Deed.UNMASK, subject=ABOUT, terms={"masked": 1}, why=WHY, by=officer, now=NOON)
    return asking.grant(asked.pk, by=second, now=NOON)


def found(only=("ROW_ADDED", "ROW_REMOVED", "ROW_CHANGED")):
    with connection.cursor() as cursor:
        return [f"{one.code}: {one.sentence}" for one in agreement.findings(cursor) if one.code in only]


def by_hand(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def spend(officer):
    with transaction.atomic():
        return asking.spend(Deed.UNMASK, subject=ABOUT, terms={"masked": 1}, by=officer, now=NOON)


def test_a_demo_company_that_comes_after_the_inventory_is_on_the_record(db):
    rereading.compare(now=timezone.now())

    people.seed_demo(now=timezone.now())
    models.seed_demo(Team.objects.all(), now=timezone.now())
    found = rereading.compare(now=timezone.now())
    people.seed_demo(now=timezone.now())
    models.seed_demo(Team.objects.all(), now=timezone.now())

    assert found == []
    assert rereading.compare(now=timezone.now()) == []
    assert Event.objects.filter(action=Action.GRANT_GIVEN).count() == 9


def test_what_admins_do_raises_no_alarm(inventory, admin, make_team, make_person):  # noqa: F811
    maya, model = inventory
    team, other = make_team("Sales"), administration.create_team("Research", by=admin, now=NOON)
    administration.grant_role(maya, Role.AUDITOR, by=admin, now=NOON)
    administration.grant_role(maya, Role.ADMIN, by=admin, now=NOON)
    administration.revoke_role(maya, Role.AUDITOR, by=admin, now=NOON)
    administration.add_member(other, maya, Membership.Standing.MEMBER, by=admin, now=NOON)
    administration.set_standing(other, maya, Membership.Standing.LEAD, by=admin, now=NOON)
    administration.remove_member(team, maya, by=admin, now=NOON)
    administration.deactivate(maya, by=admin, now=NOON)
    administration.reactivate(maya, by=admin, now=NOON)
    catalogue.give_grant(model, team=other, by=admin, now=NOON)
    catalogue.take_grant(model, team=team, by=admin, now=NOON)
    budget = Budget(scope="TEAM", team=other, soft_limit=Decimal("10.50"))
    limits.set_budget(budget, by=admin, now=NOON)
    budget.soft_limit, budget.hard_limit = None, Decimal(20)
    limits.set_budget(budget, by=admin, now=NOON)
    limits.remove_budget(Budget.objects.get(team=team), by=admin, now=NOON)
    limits.set_rate(RateLimit(scope="PERSON", person=maya, requests=5), by=admin, now=NOON)
    model.label, model.input_price = "Newer model", Decimal("1.250000")
    catalogue.change_model(model, by=admin, now=NOON)
    catalogue.switch_model_off(model, by=admin, now=NOON)
    later = NOON.replace(year=NOON.year + 1)
    price = Price(Decimal(2), Decimal(3), "USD")
    pricing.withdraw_plan(pricing.plan_price(model, price=price, from_at=later, by=admin, now=NOON), by=admin, now=NOON)
    pricing.plan_price(model, price=price, from_at=later, by=admin, now=NOON)
    pricing.apply_due(now=later)
    provider = model.provider
    provider.name, provider.region = "Renamed", "EU"
    catalogue.change_provider(provider, key="", by=admin, now=NOON)
    rule = {"PERSON": Rule(Treatment.MASK, 0.7, may_release=True)}
    policies.change(rule, team=other, egress_class="OUTSIDE", based_on=0, is_confirmed=True, by=admin, now=NOON)

    assert found() == []


def test_what_the_desk_does_raises_no_alarm(officer, second, consent, make_case, make_exchange, inventory):  # noqa: F811
    spend(officer)
    refused = asking.ask(Deed.EXPORT, subject=ABOUT, terms={}, why=WHY, by=officer, now=NOON)
    asking.refuse(refused.pk, by=second, answer="No, it is not needed.", now=NOON)
    withdrawn = asking.ask(Deed.EXPORT, subject=ABOUT, terms={}, why=WHY, by=officer, now=NOON)
    asking.withdraw(withdrawn.pk, by=officer, now=NOON)
    rule = asking.rule_about(Deed.EXPORT)
    off = asking.ask(Deed.FOUR_EYES_OFF, subject=rule, terms={}, why=WHY, by=officer, now=NOON)
    asking.grant(off.pk, by=second, now=NOON)
    case = make_case()
    first, other = (contents.chosen(make_exchange(), by=officer) for _ in range(2))
    contents.add(case, [first, other], by=officer, how="by hand", now=NOON)
    contents.remove(case, other.id, reason=WHY, by=officer, now=NOON)
    work.write_note(case, text="A note", by=officer, now=NOON)
    work.set_confidential(case, is_confidential=not case.is_confidential, by=officer, now=NOON)
    work.hand_over(Case.objects.get(), to=second, by=officer, now=NOON)
    work.reword(Case.objects.get(), title="Another", why=WHY, by=second, now=NOON)
    work.close(Case.objects.get(), finding="UPHELD", finding_words="So it was.", by=second, now=NOON)
    work.reopen(Case.objects.get(), reason=WHY, by=second, now=NOON)
    export = exporting.ask(case=case, query="", variant="REDACTED", is_whole=False, why=WHY, by=officer, now=NOON)
    exporting.cancel(export, by=officer, now=NOON)

    assert found() == []


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO accounts_roleassignment (person_id, role, created_at, is_from_group) "
        "SELECT id, 'COMPLIANCE_OFFICER', now(), false FROM accounts_user WHERE username = 'maya'",
        "DELETE FROM accounts_roleassignment",
        "UPDATE accounts_user SET is_active = false",
        "UPDATE accounts_membership SET standing = 'LEAD'",
        "DELETE FROM accounts_membership",
        "INSERT INTO accounts_user (id, username, name, email, password, is_active, is_demo, date_joined) "
        "VALUES (gen_random_uuid(), 'mallory', 'Mallory', '', '!', true, false, now())",
        "DELETE FROM gateway_grant",
        "UPDATE gateway_grant SET effect = 'DENY'",
        "UPDATE gateway_grant SET until_at = now()",
        "UPDATE gateway_budget SET hard_limit = 1000000",
        "UPDATE gateway_budget SET soft_limit = 1",
        "DELETE FROM gateway_budget",
        "UPDATE gateway_languagemodel SET input_price = 0.000001",
        "UPDATE gateway_languagemodel SET is_on = false",
        "UPDATE gateway_provider SET base_url = 'https://elsewhere.example/v1'",
        "INSERT INTO gateway_priceversion (model_id, input_price, output_price, currency, from_at, set_by_label, "
        "created_at) SELECT id, 0, 0, 'USD', now() + interval '1 day', '', now() FROM gateway_languagemodel",
    ],
)  # fmt: skip
def test_a_right_or_setting_changed_by_hand_is_found(inventory, statement):
    assert found() == []

    by_hand(statement)

    assert found()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approvals_approval SET state = 'SPENT', spent_at = now()",
        "UPDATE approvals_approval SET subject_id = '2'",
        "UPDATE approvals_approval SET terms = '{\"masked\": 2}'",
        "UPDATE approvals_approval SET answer = 'Of course'",
        "DELETE FROM approvals_approval",
        "INSERT INTO approvals_foureyesrule (deed, is_needed) VALUES ('EXPORT', false)",
        "UPDATE cases_case SET is_confidential = NOT is_confidential",
        "DELETE FROM cases_caseexchange",
        "DELETE FROM cases_casemember",
        "UPDATE cases_export SET variant = 'FULL'",
        "UPDATE stream_sink SET kind = 'WEBHOOK', address = 'https://elsewhere.example/hook'",
        "DELETE FROM stream_sink WHERE kind = 'FILE'",
        "UPDATE stream_sink SET first_place = 7",
        "UPDATE stream_pullkey SET digest = sha256('a key of my own')",
        "UPDATE stream_pullkey SET expires_at = expires_at + interval '1 day'",
        "DELETE FROM stream_pullkey",
    ],
)
def test_a_row_of_the_desk_changed_by_hand_is_found(
    officer, second, consent, make_case, make_exchange, make_sink, statement  # noqa: F811
):  # fmt: skip
    registers.take_inventories(now=NOON)
    make_sink()
    puller = keeping.add(Wish("Puller", "PULL", "OCSF", "", days=30), by=officer, now=timezone.now())[0]
    keeping.replace_secret(puller, by=officer, now=timezone.now())
    case = make_case()
    work.add_member(case, person=second, by=officer, now=NOON)
    contents.add(case, [contents.chosen(make_exchange(), by=officer)], by=officer, how="by hand", now=NOON)
    exporting.ask(case=case, query="", variant="REDACTED", is_whole=False, why=WHY, by=officer, now=NOON)
    assert found() == []

    by_hand(statement)

    assert found()


@pytest.fixture
def programs(inventory, second, admin, make_team):  # noqa: F811
    """Keys, a collection and routes, all made and changed through the product since the inventory."""
    (maya, model), team = inventory, make_team("Sales")
    administration.grant_role(second, Role.EMPLOYEE, by=admin, now=NOON)
    administration.add_member(team, second, Membership.Standing.MEMBER, by=admin, now=NOON)
    other = LanguageModel(
        label="Other model", provider=model.provider, upstream_id="other", context_window=8192, max_output_tokens=400
    )
    catalogue.add_model(other, by=admin, now=NOON)
    keys.revoke(keys.make_personal(maya, wish(team, model), now=NOON).row, by=maya, now=NOON)
    keys.make_personal(maya, wish(team, model), now=NOON)
    keys.hand_over(keys.make_service(maya, wish(team), by=admin, now=NOON).row, second, by=admin, now=NOON)
    shelf = library.create_collection(
        name="Contracts", description="", is_company_wide=False, teams={team}, person=admin, now=NOON
    )
    for everybody, teams in ((True, set()), (False, {team})):
        library.change_collection(
            shelf, name="Contracts", description="", is_company_wide=everybody, teams=teams, person=admin, now=NOON
        )
    gone = library.create_collection(
        name="Empty", description="", is_company_wide=True, teams=set(), person=admin, now=NOON
    )
    library.delete_collection(gone, person=admin, now=NOON)
    route_rules.set_auto_route(team, is_on=True, small=model, large=other, by=admin, now=NOON)
    route_rules.set_fallback(model, fallback="LISTED", alternates=[other], first_word_seconds=5, by=admin, now=NOON)
    return maya


def wish(team, *models):
    return keys.Wish(name="Nightly", team=team, scopes=[Scope.CHAT], model_ids=[model.pk for model in models])


@pytest.mark.parametrize("statement", [
    "UPDATE api_apikey SET digest = sha256('known to mallory') WHERE kind = 'SERVICE'",
    "UPDATE api_apikey SET revoked_at = NULL",
    "UPDATE api_apikey SET revoked_at = now()",
    "UPDATE api_apikey SET model_ids = NULL",
    "UPDATE api_apikey SET scopes = '{CHAT,EMBEDDINGS}'",
    "UPDATE api_apikey SET expires_at = created_at + interval '365 days'",
    "UPDATE api_apikey SET person_id = (SELECT id FROM accounts_user WHERE username = 'maya')",
    "INSERT INTO api_apikey (id, kind, name, person_id, team_id, digest, ending, scopes, created_at, expires_at) "
    "SELECT gen_random_uuid(), kind, name, person_id, team_id, sha256('new'), ending, scopes, created_at, expires_at "
    "FROM api_apikey WHERE kind = 'SERVICE'",
    "INSERT INTO rag_collectiongrant (collection_id, team_id, created_at) "
    "SELECT rag_collection.id, gen.id, now() FROM rag_collection, accounts_team AS gen WHERE gen.name <> 'Sales'",
    "DELETE FROM rag_collectiongrant",
    "UPDATE rag_collection SET is_company_wide = true",
    "UPDATE gateway_autoroute SET is_on = false",
    "UPDATE gateway_autoroute SET small_id = large_id",
    "DELETE FROM gateway_autoroute",
    "DELETE FROM gateway_alternate",
    "UPDATE gateway_languagemodel SET fallback = 'ANY_IN_CLASS'",
])  # fmt: skip
def test_keys_collections_and_routes_changed_by_hand_are_found(programs, admin, statement):  # noqa: F811
    administration.create_team("Research", by=admin, now=NOON)
    assert found() == []

    by_hand(statement)

    assert found()


def test_keys_of_whoever_is_erased_are_revoked_on_the_record(programs):
    ApiRoom().forget_person(programs.pk, now=NOON)

    assert found() == []
    assert Event.objects.filter(action=Action.API_KEY_REVOKED, actor_id=None).count() == 1


def test_a_second_use_of_one_consent_is_found_even_where_the_row_was_put_back(officer, consent):
    spend(officer)
    Approval.objects.update(state=State.GRANTED, spent_at=None)
    Event.objects.create(
        action=Action.APPROVAL_USED, happened_at=NOON, subject_kind=ABOUT.kind, subject_id=ABOUT.id,
        actor_id=officer.pk, actor_label=officer.name, details={"approval": str(consent.pk)},
    )  # fmt: skip
    Approval.objects.update(state=State.SPENT, spent_at=NOON)

    assert "spent" in found()[0]


def test_without_an_inventory_nothing_is_claimed_and_a_later_one_changes_nothing(inventory, make_person):
    by_hand("DELETE FROM accounts_roleassignment")

    assert registers.take_inventories(now=NOON) == []
    assert found()


def test_rights_of_whoever_is_erased_are_gone_with_an_event(inventory):
    from apps.accounts import forgetting

    maya, _ = inventory
    administration.deactivate(maya, by=None, now=NOON)
    forgetting.forget(maya.pk, now=NOON)

    assert found() == []


@pytest.mark.parametrize("forged", [{"state": State.GRANTED}, {"state": State.GRANTED, "terms": {"masked": 1}}])
def test_a_consent_that_was_granted_by_hand_is_not_taken(officer, second, forged):
    terms = {"masked": 9} if "terms" in forged else {"masked": 1}
    asked = asking.ask(Deed.UNMASK, subject=ABOUT, terms=terms, why=WHY, by=officer, now=NOON)
    Approval.objects.filter(pk=asked.pk).update(decided_by=second, decided_at=NOON, **forged)

    with pytest.raises(NotApproved):
        spend(officer)
    assert Approval.objects.get().state == State.GRANTED


def test_a_consent_that_was_used_and_put_back_by_hand_is_not_taken_again(officer, consent):
    spend(officer)
    Approval.objects.update(state=State.GRANTED, spent_at=None)

    with pytest.raises(NotOnRecord):
        spend(officer)


def test_a_request_whose_terms_were_changed_by_hand_cannot_be_granted(officer, second):
    asked = asking.ask(Deed.UNMASK, subject=ABOUT, terms={"masked": 1}, why=WHY, by=officer, now=NOON)
    Approval.objects.update(terms={"masked": 99})

    with pytest.raises(NotOnRecord):
        asking.grant(asked.pk, by=second, now=NOON)
    assert Approval.objects.get().state == State.OPEN


def test_a_rule_that_was_left_to_one_by_hand_still_takes_two(officer):
    FourEyesRule.objects.create(deed=Deed.UNMASK, is_needed=False)

    assert asking.is_needed(Deed.UNMASK)
    with pytest.raises(NotApproved):
        spend(officer)


@pytest.mark.parametrize("forged", [{"state": "QUEUED"}, {"state": "QUEUED", "query": "q=everything"}])
def test_an_export_that_was_queued_by_hand_is_not_made(officer, make_case, forged):  # noqa: F811
    export = exporting.ask(case=make_case(), query="", variant="FULL", is_whole=False, why=WHY, by=officer, now=NOON)
    Export.objects.filter(pk=export.pk).update(**forged)

    exporting.work(export.pk)

    export.refresh_from_db()
    assert (export.state, export.sentence) == ("FAILED", exporting.NO_CONSENT)


@pytest.mark.thorough
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE privacy_policyrule SET treatment = 'ALLOW', may_release = false",
        "UPDATE privacy_policyrule SET egress_class = 'INSIDE'",
        "DELETE FROM privacy_policyrule",
        "UPDATE cases_casenote SET sealed_text = 'x'",
    ],
)
def test_what_only_a_superuser_can_change_is_found(admin, make_case, officer, postgres, statement):  # noqa: F811
    rule = {"PERSON": Rule(Treatment.MASK, 0.7, may_release=True)}
    policies.change(rule, team=None, egress_class="OUTSIDE", based_on=0, is_confirmed=True, by=admin, now=NOON)
    work.write_note(make_case(), text="A note", by=officer, now=NOON)
    assert found() == []

    with psycopg.connect(postgres.url("postgres"), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute(statement)

    assert found()
