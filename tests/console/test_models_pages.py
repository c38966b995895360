"""The admin's pages of models and providers: who may, what they do, what they refuse."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import Role
from apps.gateway import catalogue, provider_keys
from apps.gateway.admission import admit
from apps.gateway.models import Budget, Grant, LanguageModel, Provider
from apps.gateway.refusals import ModelNotAllowed
from apps.ledger.models import Event, Intent, Outcome
from tests.gateway.conftest import make_prompt

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
SERVER = {"name": "vLLM", "base_url": "http://vllm:8000/v1", "key": "sk-1", "egress_class": "INSIDE", "region": "eu"}
MODEL = {
    "label": "Llama",
    "upstream_id": "llama-4",
    "context_window": "8192",
    "max_output_tokens": "1024",
    "input_price": "0.20",
    "output_price": "0.60",
    "currency": "USD",
}


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=(Role.ADMIN,))


@pytest.fixture
def browser():
    def sign_in(person):
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def desk(admin, browser):
    return browser(admin)


@pytest.fixture
def model(make_model, sales):
    return make_model(sales, price="2.50", output_price="10")


def address(name, *ids):
    return reverse(f"console:{name}", args=ids)


def said(response):
    return [str(message) for message in response.context["messages"]]


def actions():
    return list(Event.objects.order_by("id").values_list("action", flat=True))


@pytest.fixture
def doors(model, sales):
    """Every address of these pages: name, ids, the methods it answers."""
    provider = model.provider
    return [
        ("index", (), "GET"),
        ("models", (), "GET"),
        ("providers", (), "GET"),
        ("model", (model.pk,), "GET POST"),
        ("provider", (provider.pk,), "GET POST"),
        ("provider_add", (), "GET POST"),
        ("model_add", (provider.pk,), "GET POST"),
        ("model_on", (model.pk,), "POST"),
        ("model_off", (model.pk,), "POST"),
        ("model_test", (model.pk,), "POST"),
        ("grant_give", (model.pk, sales.pk), "POST"),
        ("grant_take", (model.pk, sales.pk), "POST"),
        ("provider_on", (provider.pk,), "POST"),
        ("provider_off", (provider.pk,), "POST"),
        ("offer_take_up", ("OPENAI",), "POST"),
    ]


def everything():
    acts = Event.objects.exclude(action="ACCESS_DENIED")
    return [list(table.objects.values()) for table in (Provider, LanguageModel, Grant, Budget, Intent)] + [list(acts)]


# Who may.


def test_the_list_of_doors_is_complete(doors):
    from apps.console import matrix, providers
    from apps.console.urls import urlpatterns

    mine = {p.name for p in urlpatterns if p.callback.__module__ in {m.__name__ for m in (matrix, providers)}}

    assert mine == {name for name, _, _ in doors}


@pytest.mark.parametrize(
    "roles",
    [(Role.EMPLOYEE,), (Role.COMPLIANCE_OFFICER,), (Role.AUDITOR,), ()],
    ids=["employee", "officer", "auditor", "nobody"],
)
def test_without_the_admin_role_every_door_is_closed_and_nothing_changes(doors, roles, make_person, browser):
    person = make_person("eve", roles=roles, teams=("Sales",))
    client, before = browser(person), everything()

    for name, ids, methods in doors:
        for method in methods.lower().split():
            response = getattr(client, method)(address(name, *ids))
            assert response.status_code == 403, name

    assert everything() == before


def test_signed_out_every_door_leads_to_the_sign_in_page(doors):
    before = everything()

    for name, ids, methods in doors:
        for method in methods.lower().split():
            response = getattr(Client(), method)(address(name, *ids))
            assert response.status_code == 302, name
            assert response["Location"].startswith(reverse("accounts:sign_in")), name

    assert everything() == before


def test_every_page_opens_for_an_admin(doors, desk):
    for name, ids, methods in doors:
        if "GET" in methods:
            assert desk.get(address(name, *ids), follow=True).status_code == 200, name


def test_the_wrong_method_is_refused_and_changes_nothing(doors, desk):
    before = everything()

    for name, ids, methods in doors:
        wrong = "get" if methods == "POST" else "delete"
        assert getattr(desk, wrong)(address(name, *ids)).status_code == 405, name

    assert everything() == before


def test_an_id_that_does_not_exist_is_not_found(doors, desk):
    before = everything()

    for name, ids, methods in doors:
        for position in range(len(ids)):
            if ids[position] == "OPENAI":
                continue
            strange = [*ids[:position], uuid4(), *ids[position + 1 :]]
            response = getattr(desk, methods.split()[-1].lower())(address(name, *strange))
            assert response.status_code == 404, name

    assert everything() == before


def test_a_form_without_its_token_is_refused(doors, admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)

    for name, ids, methods in doors:
        if "POST" in methods:
            assert client.post(address(name, *ids)).status_code == 403, name


# The matrix.


def test_a_switch_takes_the_model_away_and_the_next_call_is_refused(desk, maya, sales, model):
    admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)

    response = desk.post(address("grant_take", model.pk, sales.pk), follow=True)

    assert said(response) == ["Sales may not use Test model any more, from the next message on."]
    assert not LanguageModel.objects.callable_by(maya, sales).exists()
    with pytest.raises(ModelNotAllowed):
        admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)


def test_a_switch_gives_the_model_and_the_next_call_is_admitted(desk, maya, sales, make_model):
    model = make_model(label="Other")

    desk.post(address("grant_give", model.pk, sales.pk))

    assert admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)
    assert list(LanguageModel.objects.callable_by(maya, sales)) == [model]


def test_every_switch_is_on_the_record_once_however_often_it_is_pressed(desk, admin, sales, model):
    for name in ("grant_give", "grant_take", "grant_take", "grant_give", "grant_give"):
        desk.post(address(name, model.pk, sales.pk))

    assert actions() == ["GRANT_TAKEN", "GRANT_GIVEN"]
    event = Event.objects.first()
    assert (event.actor_label, event.subject_label) == ("David", "Test model")
    assert event.details["team"] == "Sales"


def test_the_script_gets_the_switch_alone_and_a_sentence_to_say(desk, sales, model):
    response = desk.post(address("grant_take", model.pk, sales.pk), headers={"X-Requested-With": "fetch"})

    text = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in text
    assert 'aria-checked="false"' in text
    assert address("grant_give", model.pk, sales.pk) in text
    assert "csrfmiddlewaretoken" in text
    assert "Sales may not use Test model any more" in text


def test_the_matrix_has_a_switch_for_each_team_and_model(desk, sales, model, make_team, make_model):
    make_team("Engineering")
    make_model(sales, label="Second")

    page = desk.get(address("models")).content.decode()

    assert page.count('role="switch"') == 4
    assert page.count('aria-checked="true"') == 2
    for sentence in ("Sales may use Test model", "Engineering may use Second"):
        assert sentence in page


def test_the_matrix_costs_the_same_for_many_models(desk, sales, make_model, django_assert_max_num_queries):
    for number in range(12):
        make_model(sales, label=f"Model {number}")

    with django_assert_max_num_queries(12):
        desk.get(address("models"))


def test_a_model_without_a_price_is_said_not_to_be_callable(desk, model):
    LanguageModel.objects.update(output_price=None)

    assert "Price unknown: not callable" in desk.get(address("models")).content.decode()


def test_an_empty_company_is_told_where_to_begin(desk):
    assert "Create a team" in desk.get(address("models")).content.decode()
    assert "Add a server" in desk.get(address("providers")).content.decode()


# Providers and models.


def test_a_server_is_added_off_with_its_key_sealed_and_never_shown_again(desk):
    response = desk.post(address("provider_add"), SERVER, follow=True)

    provider = Provider.objects.get()
    assert not provider.is_on
    assert provider_keys.unseal(provider) == "sk-1"
    assert actions() == ["PROVIDER_CREATED"]
    pages = response.content.decode() + "".join(
        desk.get(address(*name)).content.decode() for name in [("providers",), ("provider", provider.pk)]
    )
    assert "sk-1" not in pages + str(list(Event.objects.values()))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "required"),
        ("base_url", "vllm:8000", "Enter a whole address"),
        ("base_url", "http://169.254.169.254/", "machine credentials"),
        ("base_url", "http://u:p@vllm", "Leave name and password out"),
        ("egress_class", "MOON", "not one of the available choices"),
        ("key", "two words", "without spaces"),
        ("key", "schlüssel", "letters, digits and signs"),
    ],
)
def test_a_server_that_makes_no_sense_is_refused_beside_its_field_and_nothing_is_lost(desk, field, value, sentence):
    response = desk.post(address("provider_add"), {**SERVER, field: value})

    page = response.content.decode()
    assert response.status_code == 200
    assert sentence in page
    assert not Provider.objects.exists()
    if field != "name":
        assert 'value="vLLM"' in page


def test_a_public_address_cannot_be_called_inside(desk):
    response = desk.post(address("provider_add"), {**SERVER, "base_url": "https://8.8.8.8/v1"})

    assert "on the public internet" in response.content.decode()


def test_two_providers_cannot_have_one_name(desk, model):
    response = desk.post(address("provider_add"), {**SERVER, "name": model.provider.name})

    assert "Choose another name" in response.content.decode()


def test_a_stored_key_is_kept_when_the_field_is_left_empty(desk):
    desk.post(address("provider_add"), SERVER)
    provider = Provider.objects.get()

    desk.post(address("provider", provider.pk), {**SERVER, "key": "", "region": "us"})

    provider.refresh_from_db()
    assert provider.region == "us"
    assert provider_keys.unseal(provider) == "sk-1"
    assert actions() == ["PROVIDER_CREATED", "PROVIDER_CHANGED"]


def test_a_stored_key_does_not_follow_to_another_address(desk, admin):
    desk.post(address("provider_add"), SERVER)
    provider = Provider.objects.get()

    response = desk.post(
        address("provider", provider.pk), {**SERVER, "key": "", "base_url": "https://collector.example/v1"}
    )

    assert "enter the key again" in response.content.decode()
    provider.refresh_from_db()
    assert provider.base_url == "http://vllm:8000/v1"
    provider.base_url = "https://collector.example/v1"
    catalogue.change_provider(provider, key="", by=admin, now=NOW)
    provider.refresh_from_db()
    assert provider.sealed_key is None


def test_the_address_of_a_provider_from_the_environment_cannot_be_typed(desk, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    desk.post(address("offer_take_up", "OPENAI"))
    provider = Provider.objects.get()

    desk.post(address("provider", provider.pk), {**SERVER, "base_url": "https://collector.example/v1"})

    provider.refresh_from_db()
    assert provider.base_url == ""
    assert provider.credential == "ENVIRONMENT"


def test_a_provider_goes_from_a_key_in_the_environment_to_a_teams_answer_in_two_clicks(desk, sales, maya, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env-secret")
    Budget.objects.create(team=sales, hard_limit=Decimal(100))
    page = desk.get(address("providers")).content.decode()
    assert "OpenAI is ready to be switched on" in page
    assert "sk-env-secret" not in page

    desk.post(address("offer_take_up", "OPENAI"))
    model = LanguageModel.objects.first()
    desk.post(address("grant_give", model.pk, sales.pk))

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=make_prompt("Hi"), now=NOW)
    assert leave.egress_class == "OUTSIDE"


def test_an_offer_that_is_gone_is_told_calmly(desk):
    response = desk.post(address("offer_take_up", "OPENAI"), follow=True)

    assert "not on offer any more" in said(response)[0]


def test_a_model_is_added_off_and_granted_to_nobody(desk, model):
    desk.post(address("model_add", model.provider.pk), MODEL)

    added = LanguageModel.objects.get(label="Llama")
    assert (added.is_on, added.grants.count(), added.input_price) == (False, 0, Decimal("0.20"))
    assert actions() == ["MODEL_CREATED"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("label", "", "required"),
        ("label", "Test model", "Choose another name"),
        ("context_window", "0", "between 1 and"),
        ("context_window", "-5", "greater than or equal to"),
        ("max_output_tokens", "9000", "fits the context window"),
        ("max_output_tokens", "0", "fits the context window"),
        ("input_price", "-1", "less than 0"),
        ("input_price", "NaN", "Enter a number"),
        ("output_price", "free", "Enter a number"),
        ("output_price", "0.0000001", "6 decimal places"),
        ("currency", "XXX", "not one of the available choices"),
    ],
)
def test_a_model_that_makes_no_sense_is_refused_beside_its_field(desk, model, field, value, sentence):
    response = desk.post(address("model_add", model.provider.pk), {**MODEL, field: value})

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert LanguageModel.objects.count() == 1


def test_a_price_may_be_left_open_and_the_model_is_then_not_callable(desk, maya, sales, model):
    desk.post(address("model", model.pk), {**MODEL, "label": "Test model", "input_price": "", "output_price": ""})

    said = desk.post(address("model_on", model.pk), follow=True).content.decode()

    assert "nobody can call it until its price is entered" in said
    assert not LanguageModel.objects.callable_by(maya, sales).exists()
    assert actions() == ["MODEL_PRICE_CHANGED"]
    assert Event.objects.get().details["input_price"] == ["2.5", None]


def test_a_change_is_recorded_with_what_was_and_what_is(desk, model):
    desk.post(
        address("model", model.pk),
        {**MODEL, "label": "Renamed", "upstream_id": "fake", "input_price": "2.5", "output_price": "10"},
    )

    assert Event.objects.get().details == {"label": ["Test model", "Renamed"]}


def test_switching_off_refuses_and_is_recorded_once(desk, model):
    for _ in range(2):
        desk.post(address("model_off", model.pk))
        desk.post(address("provider_off", model.provider.pk))
    desk.post(address("model_on", model.pk))

    assert actions() == ["MODEL_SWITCHED_OFF", "PROVIDER_SWITCHED_OFF", "MODEL_SWITCHED_ON"]


# Testing a connection.


@pytest.mark.django_db(transaction=True)
def test_a_connection_test_asks_a_harmless_question_on_the_record(desk, make_model, sales, provider):
    model = make_model(sales, provider=provider, price="2", output_price="10")
    Provider.objects.update(is_on=False)
    provider.will_answer("ready", usage=(12, 1))

    response = desk.post(address("model_test", model.pk), follow=True)

    assert re.fullmatch(r"Test model answered after \d+ ms\.", said(response)[0])
    assert provider.received == ["Reply with one word: ready"]
    intent, outcome = Intent.objects.get(), Outcome.objects.get()
    assert (intent.purpose, outcome.kind) == ("CONNECTION_TEST", "ANSWERED")
    assert outcome.cost == Decimal("0.000034")
    assert actions() == ["PROVIDER_TESTED"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_fails_is_told_and_recorded(desk, make_model, provider):
    model = make_model(provider=provider, price="2")
    provider.will_fail(401)

    response = desk.post(address("model_test", model.pk), follow=True)

    assert "refused the company's key" in said(response)[0]
    assert Outcome.objects.get().reason == "KEY_REFUSED"


def test_a_model_without_a_price_is_not_even_tested(desk, make_model, provider):
    model = make_model(provider=provider, price=None)

    response = desk.post(address("model_test", model.pk), follow=True)

    assert "Enter its price first" in said(response)[0]
    assert provider.raw == []


@pytest.mark.thorough
def test_nothing_is_sent_when_the_record_cannot_be_written(desk, make_model, provider, monkeypatch):
    from apps.gateway import connection_test
    from apps.ledger.records import LedgerUnavailable

    def broken(**_):
        raise LedgerUnavailable("TEST")

    monkeypatch.setattr(connection_test, "open_intent", broken)
    model = make_model(provider=provider, price="1")

    response = desk.post(address("model_test", model.pk), follow=True)

    assert "nothing was sent" in said(response)[0]
    assert provider.raw == []
