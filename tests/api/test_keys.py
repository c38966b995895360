"""Keys: what is stored, who may make them, and when one stops working."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.accounts import administration, key_texts
from apps.accounts.models import Membership, Role
from apps.api import callers, keys
from apps.api.lookup import find_key, find_key_and_model
from apps.api.models import ApiKey, Scope
from apps.gateway import lookups, runaway
from apps.gateway.models import Grant, LanguageModel, LoopStop
from apps.gateway.refusals import RanAway
from apps.ledger.models import Event
from apps.privacy.reading import Reading
from apps.privacy.recognisers.credentials import vendors

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def david(make_person):
    return make_person("david", roles=(Role.ADMIN,))


def why_refused(secret, *, now=NOW):
    with pytest.raises(callers.NotAuthenticated) as refused:
        callers.authenticate(secret, now=now)
    return refused.value.code


def events():
    return list(Event.objects.order_by("id").values_list("action", "subject_label", "actor_label"))


def test_a_key_is_known_by_its_shape_and_a_mistyped_one_costs_no_query(django_assert_num_queries):
    made = {key_texts.make() for _ in range(200)}

    assert len(made) == 200
    assert all(key_texts.is_well_formed(secret) for secret in made)
    some = min(made)
    swapped = some[:20] + ("A" if some[20] != "A" else "B") + some[21:]
    with django_assert_num_queries(0):
        for wrong in ("", "x", some[:-1], some + "0", some.upper(), swapped, some[:-1] + "é", "sk-" + some[3:]):
            assert why_refused(wrong) == "invalid_api_key"
    assert why_refused(key_texts.make()) == "invalid_api_key"


def test_a_key_pasted_into_a_message_is_masked_by_the_rule_for_this_portals_keys():
    [rule] = [rule for rule in vendors.RULES if rule.reason == "A key of this portal"]

    for _ in range(50):
        secret = key_texts.make()
        text = f"my key is {secret}, or Authorization: Bearer {secret}\nurl?key={secret}&x=1"
        found = [text[start:end] for start, end in rule.find(Reading(text))]
        assert found == [secret] * 3
    assert not list(rule.find(Reading("portcullis_settings and portcullis_x are names, no keys")))


def test_the_secret_is_stored_nowhere(make_key):
    made = make_key()

    with connection.cursor() as cursor:
        cursor.execute("SELECT api_apikey::text FROM api_apikey UNION ALL SELECT ledger_event::text FROM ledger_event")
        rows = " ".join(row[0] for row in cursor.fetchall())
    assert made.row.name in rows
    kept_back = made.secret[len(key_texts.PREFIX) : -4]
    assert kept_back not in rows
    assert kept_back.encode().hex() not in rows
    assert made.secret not in repr(made)


def test_a_key_gives_its_person_team_and_limits_in_one_query(make_key, maya, sales, django_assert_num_queries):
    made = make_key(scopes=(Scope.CHAT,))
    callers.authenticate(made.secret, now=NOW)

    with django_assert_num_queries(1):
        caller = callers.authenticate(made.secret, now=NOW + timedelta(seconds=59))

    assert (caller.person, caller.team, caller.key_id) == (maya, sales, made.row.pk)
    assert caller.who.label == "Maya (key Laptop)"
    caller.require(Scope.CHAT)
    with pytest.raises(callers.OutOfScope, match="not made for this use"):
        caller.require(Scope.EMBEDDINGS)
    assert caller.may_use_model(uuid4())


def test_the_last_use_is_written_at_most_once_a_minute(make_key):
    made = make_key()

    for seconds in (0, 30, 59, 61, 100):
        callers.authenticate(made.secret, now=NOW + timedelta(seconds=seconds))

    made.row.refresh_from_db()
    assert made.row.last_used_at == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("kind", ApiKey.Kind.values)
def test_what_the_person_loses_the_key_loses_on_the_next_call(make_key, make_service_key, maya, david, sales, kind):
    made = make_key() if kind == "PERSONAL" else make_service_key(by=david)
    callers.authenticate(made.secret, now=NOW)

    administration.deactivate(maya, by=david, now=NOW)
    assert why_refused(made.secret) == "stopped_api_key"
    administration.reactivate(maya, by=david, now=NOW)
    callers.authenticate(made.secret, now=NOW)

    administration.revoke_role(maya, Role.EMPLOYEE, by=david, now=NOW)
    assert why_refused(made.secret) == "stopped_api_key"
    administration.grant_role(maya, Role.EMPLOYEE, by=david, now=NOW)
    callers.authenticate(made.secret, now=NOW)

    administration.remove_member(sales, maya, by=david, now=NOW)
    assert why_refused(made.secret) == "stopped_api_key"
    administration.add_member(sales, maya, Membership.Standing.MEMBER, by=david, now=NOW)
    callers.authenticate(made.secret, now=NOW)

    assert keys.revoke(made.row, by=david, now=NOW)
    assert not keys.revoke(made.row, by=david, now=NOW)
    assert why_refused(made.secret) == "revoked_api_key"


def test_an_expired_key_is_refused_and_its_use_recorded_once_an_hour(make_key):
    made = make_key(days=7, now=NOW)
    end = NOW + timedelta(days=7)
    callers.authenticate(made.secret, now=end - timedelta(seconds=1))

    for minutes in (0, 1, 59, 61):
        assert why_refused(made.secret, now=end + timedelta(minutes=minutes)) == "expired_api_key"

    refusals = Event.objects.filter(action="API_KEY_REFUSED")
    assert [event.details["reason"] for event in refusals] == ["expired_api_key"] * 2
    assert {event.subject_id for event in refusals} == {str(made.row.pk)}


@pytest.mark.parametrize("days", [0, -1, 366])
def test_the_database_lets_no_key_live_longer_than_a_year(make_key, days):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_key(days=days)


@pytest.mark.parametrize("scopes", [(), ("CHAT", "ROOT")])
def test_the_database_takes_known_scopes_only(make_key, scopes):
    made = make_key()

    with pytest.raises(IntegrityError), transaction.atomic():
        ApiKey.objects.filter(pk=made.row.pk).update(scopes=list(scopes))


def test_a_personal_key_is_for_a_team_of_ones_own(make_key, make_person, make_team, maya, david):
    for person, team in [(maya, make_team("Legal")), (david, None), (make_person("lena"), None)]:
        with pytest.raises(keys.NotOfTheTeam):
            make_key(person, team=team)
    assert events() == []


def test_a_key_names_only_models_that_its_person_may_call(make_key, make_model, make_team, sales):
    ours, theirs = make_model(sales, label="Ours"), make_model(make_team("Legal"), label="Theirs")

    with pytest.raises(keys.ModelsNotCallable):
        make_key(model_ids=(ours.pk, theirs.pk))
    caller = callers.authenticate(make_key(model_ids=(ours.pk,)).secret, now=NOW)

    assert caller.may_use_model(ours.pk)
    assert not caller.may_use_model(theirs.pk)
    Grant.objects.all().delete()
    assert caller.may_use_model(ours.pk), "the list is the key's; what the team may use is asked at admission"


def test_twenty_working_keys_are_the_most_and_a_revoked_one_makes_room(make_key, maya):
    made = [make_key(name=f"Key {number}") for number in range(keys.MOST_ALIVE)]

    with pytest.raises(keys.TooManyKeys, match="Revoke one"):
        make_key()
    keys.revoke(made[0].row, by=maya, now=NOW)
    make_key()


def test_service_keys_are_made_by_admins_and_by_leads_of_the_team(make_service_key, make_person, david, sales, maya):
    lead, member = make_person("lena", teams=("Sales",)), make_person("omar", teams=("Sales",))
    Membership.objects.filter(person=lead).update(standing=Membership.Standing.LEAD)
    other_lead = make_person("vera", teams=("Legal",))
    Membership.objects.filter(person=other_lead).update(standing=Membership.Standing.LEAD)

    for maker in (david, lead):
        made = make_service_key(by=maker)
        caller = callers.authenticate(made.secret, now=NOW)
        assert caller.is_service
        assert (caller.who.id, caller.who.label) == (maya.pk, "Nightly report (service key of Maya)")
    for maker in (member, other_lead, maya):
        with pytest.raises(keys.NotYours):
            make_service_key(by=maker)
    with pytest.raises(keys.NotOfTheTeam):
        make_service_key(by=david, responsible=other_lead)


def test_a_service_key_is_handed_to_another_person_of_the_team(make_service_key, make_key, make_person, david, maya):
    made, omar = make_service_key(by=david), make_person("omar", teams=("Sales",))

    with pytest.raises(keys.NotYours):
        keys.hand_over(made.row, omar, by=maya, now=NOW)
    with pytest.raises(keys.NotOfTheTeam):
        keys.hand_over(made.row, make_person("vera"), by=david, now=NOW)
    with pytest.raises(keys.PersonalKey):
        keys.hand_over(make_key().row, omar, by=david, now=NOW)
    assert keys.hand_over(made.row, omar, by=david, now=NOW)
    assert not keys.hand_over(made.row, omar, by=david, now=NOW)

    assert callers.authenticate(made.secret, now=NOW).person == omar
    assert [action for action, *_ in events()] == ["API_KEY_CREATED", "API_KEY_CREATED", "API_KEY_HANDED_OVER"]


def test_a_stopped_key_stays_stopped_when_it_is_handed_over_and_its_new_person_lifts_it(
    make_service_key, make_person, david, maya
):
    key, omar = make_service_key(by=david).row, make_person("omar", teams=("Sales",))
    stop = LoopStop.objects.create(
        person=maya, key_id=key.pk, reason="REPEATS", calls=20, cost=1, began_at=NOW, until=NOW + timedelta(minutes=9)
    )
    over = LoopStop.objects.create(
        person=maya, key_id=key.pk, reason="REPEATS", calls=20, cost=1, began_at=NOW, until=NOW - timedelta(minutes=9)
    )

    keys.hand_over(key, omar, by=david, now=NOW)

    with pytest.raises(RanAway):
        runaway.require_no_stop(person=omar, key_id=key.pk, now=NOW)
    assert list(LoopStop.objects.visible_to(omar).in_force(NOW)) == [stop]
    assert list(LoopStop.objects.visible_to(maya)) == [over]


def test_a_stop_by_a_call_that_began_before_the_hand_over_holds_the_key_back_too(
    make_service_key, make_person, david, maya
):
    key, omar = make_service_key(by=david).row, make_person("omar", teams=("Sales",))
    keys.hand_over(key, omar, by=david, now=NOW)
    LoopStop.objects.create(
        person=maya, key_id=key.pk, reason="REPEATS", calls=20, cost=1, began_at=NOW, until=NOW + timedelta(minutes=9)
    )

    with pytest.raises(RanAway):
        runaway.require_no_stop(person=omar, key_id=key.pk, now=NOW)


def test_people_see_their_own_keys_leads_their_teams_services_and_admins_all(
    make_key, make_service_key, make_person, david, maya
):
    lead, member = make_person("lena", teams=("Sales",)), make_person("omar", teams=("Sales",))
    Membership.objects.filter(person=lead).update(standing=Membership.Standing.LEAD)
    personal, service = make_key().row, make_service_key(by=david, responsible=member).row

    def seen_by(person):
        return set(ApiKey.objects.visible_to(person))

    assert seen_by(maya) == {personal}
    assert seen_by(member) == seen_by(lead) == {service}
    assert seen_by(david) == {personal, service}
    assert seen_by(make_person("vera")) == set()
    administration.deactivate(maya, by=david, now=NOW)
    maya.refresh_from_db()
    assert seen_by(maya) == set()


def test_the_statement_that_finds_a_key_says_what_the_query_says(make_key, make_service_key, david, sales):
    ours = [make_key().secret, make_key(scopes=(Scope.CHAT,)).secret, make_service_key(by=david).secret]
    for secret in ours:
        digest = key_texts.digest_of(secret)
        asked = ApiKey.objects.with_standing().select_related("person", "team").get(digest=digest)

        found = find_key(digest)

        for one, other in ((found, asked), (found.person, asked.person), (found.team, asked.team)):
            assert {f.attname: getattr(one, f.attname) for f in one._meta.concrete_fields} == {
                f.attname: getattr(other, f.attname) for f in other._meta.concrete_fields
            }
        assert (found.is_employee, found.is_member) == (asked.is_employee, asked.is_member) == (True, True)
    assert find_key(key_texts.digest_of("no such key")) is None


def test_the_model_beside_a_key_is_the_one_that_its_person_may_call_for_its_team(
    make_key, make_model, make_person, make_team, sales, maya
):
    mine, theirs = make_model(sales, label="Mine"), make_model(make_team("Finance"), label="Theirs")
    denied, switched_off = make_model(sales, label="Denied"), make_model(sales, label="Off")
    embedder = make_model(sales, label="Embeds")
    Grant.objects.create(model=denied, person=maya, effect="DENY")
    LanguageModel.objects.filter(pk=switched_off.pk).update(is_on=False)
    LanguageModel.objects.filter(pk=embedder.pk).update(capabilities=["embeddings"])
    digest = key_texts.digest_of(make_key().secret)
    stranger = key_texts.digest_of("no such key")

    def beside(name):
        key, model = find_key_and_model(digest, name, now=NOW)
        assert (key.person, key.team) == (maya, sales)
        return model

    for one in (mine, theirs, denied, switched_off, embedder):
        by_label = lookups.callable_by_label(maya, sales, one.label, now=NOW)
        assert beside(one.label) == beside(str(one.pk)) == by_label == (mine if one == mine else None)
    assert beside("No such model") is beside("Mi\0ne") is None
    assert find_key_and_model(stranger, "Mine", now=NOW) == (None, None)
    asked, found = lookups.callable_by_label(maya, sales, "Mine", now=NOW), beside("Mine")
    columns = [field.attname for field in LanguageModel._meta.concrete_fields] + ["policy_number", "due_price_id"]
    assert [getattr(found, name) for name in columns] == [getattr(asked, name) for name in columns]
    assert found.provider == asked.provider
