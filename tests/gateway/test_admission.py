"""Who may call what, now: grant, membership, switches, price, window and budget, asked at every call."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from apps.accounts.models import Membership
from apps.gateway import admission, budgets, provider_keys
from apps.gateway.admission import admit
from apps.gateway.models import Budget, Grant, LanguageModel, Provider, Reservation, SpentDay
from apps.gateway.refusals import Refused
from tests.gateway.conftest import make_prompt

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def model(make_model, sales):
    return make_model(sales, price="2.50", output_price="10")


@pytest.fixture
def refusal(maya, sales, model, prompt):
    """Ask as Maya for Sales and return the refusal; nothing may be held."""

    def ask(*, person=maya, team=sales, model_id=None, prompt=prompt):
        with pytest.raises(Refused) as caught:
            admit(person=person, team=team, model_id=model_id or model.pk, prompt=prompt, now=NOW)
        assert not Reservation.objects.exists()
        return caught.value

    return ask


def test_an_admission_names_the_model_and_holds_the_worst_case(maya, sales, model, prompt):
    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)

    held = Reservation.objects.get(pk=leave.reservation_id)
    assert (leave.model_label, leave.egress_class, leave.max_output_tokens) == ("Test model", "INSIDE", 1024)
    assert held.amount == (len("Please greet <PERSON_1>") + 48) * Decimal("0.0000025") + 1024 * Decimal("0.00001")
    assert SpentDay.objects.get(purse__subject_id=sales.pk).reserved == held.amount


def test_a_model_id_as_text_is_as_good(maya, sales, model, prompt):
    assert admit(person=maya, team=sales, model_id=str(model.pk), prompt=prompt, now=NOW).model_id == model.pk


def test_a_grant_taken_away_refuses_the_next_call(maya, sales, model, prompt, refusal):
    admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)
    Reservation.objects.all().delete()

    Grant.objects.all().delete()

    assert refusal().code == "MODEL_NOT_ALLOWED"


@pytest.mark.parametrize("model_id", ["", "gpt-4", "../..", "8b1d2f4e-6c0a-4d3b-9e57-1f2a3b4c5d6e", "0" * 400, "\x00"])
def test_an_unknown_model_is_refused_like_one_that_is_not_granted(refusal, model_id, model):
    assert refusal(model_id=model_id or "x").code == "MODEL_NOT_ALLOWED"


def test_a_refusal_does_not_betray_a_model_the_team_may_not_use(refusal, make_model):
    hidden = make_model(label="Secret project")

    refused = refusal(model_id=hidden.pk)

    assert "Secret" not in refused.sentence + refused.model_label + refused.provider_label


def test_a_grant_of_another_team_does_not_count(refusal, make_team, make_model):
    other = make_model(make_team("Engineering"), label="Other")

    assert refusal(model_id=other.pk).code == "MODEL_NOT_ALLOWED"


def test_nobody_spends_for_a_team_they_do_not_belong_to(refusal, make_person):
    assert refusal(person=make_person("stranger", teams=("Engineering",))).code == "NOT_IN_TEAM"


def test_leaving_the_team_counts_from_the_next_call(maya, refusal):
    Membership.objects.filter(person=maya).delete()

    assert refusal().code == "NOT_IN_TEAM"


def test_a_person_who_was_deactivated_is_refused(maya, refusal):
    type(maya).objects.update(is_active=False)

    assert refusal().code == "NOT_IN_TEAM"


@pytest.mark.parametrize("table", [LanguageModel, Provider])
def test_what_is_switched_off_is_refused(refusal, table, model):
    table.objects.update(is_on=False)

    refused = refusal()

    assert refused.code == "MODEL_SWITCHED_OFF"
    assert refused.model_label == "Test model"


@pytest.mark.parametrize("column", ["input_price", "output_price"])
def test_an_unknown_price_is_refused_not_free(refusal, column, model):
    LanguageModel.objects.update(**{column: None})

    assert refusal().code == "PRICE_UNKNOWN"


def test_a_model_without_a_price_is_not_offered_either(maya, sales, model):
    assert list(LanguageModel.objects.callable_by(maya, sales)) == [model]

    LanguageModel.objects.update(output_price=None)

    assert not LanguageModel.objects.callable_by(maya, sales)


def test_a_free_model_is_admitted_without_a_budget(maya, sales, make_model, prompt):
    free = make_model(sales, label="Local", price="0", budget=None)
    Budget.objects.all().delete()

    assert admit(person=maya, team=sales, model_id=free.pk, prompt=prompt, now=NOW)


def test_a_model_that_costs_money_asks_for_a_budget(refusal):
    Budget.objects.all().delete()

    assert refusal().code == "NO_BUDGET"


def test_a_budget_in_another_currency_is_none(refusal):
    Budget.objects.update(currency="EUR")

    assert refusal().code == "NO_BUDGET"


def test_over_budget_says_what_it_would_cost_and_what_is_left(refusal, sales):
    Budget.objects.update(hard_limit=Decimal("0.01"))

    refused = refusal()

    assert refused.code == "OVER_BUDGET"
    assert "0.01 USD" in refused.sentence
    assert "Sales has 0.01 of 0.01 USD for this month left" in refused.sentence
    assert "administrator" in refused.sentence


def test_a_call_is_never_refused_while_its_worst_case_fits(maya, sales, model, prompt):
    first = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)
    worst_case = Reservation.objects.get(pk=first.reservation_id).amount
    budgets.release(first.reservation_id)
    Budget.objects.update(hard_limit=(worst_case * 3).quantize(Decimal("0.01"), "ROUND_UP"))

    for _ in range(3):
        admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)


def test_a_prompt_longer_than_the_window_is_refused_before_it_costs(refusal):
    assert refusal(prompt=make_prompt("word " * 9000)).code == "PROMPT_TOO_LONG"


def test_the_answer_is_limited_to_what_the_window_leaves(maya, sales, make_model):
    small = make_model(sales, label="Small", context_window=600, max_output_tokens=500)

    leave = admit(person=maya, team=sales, model_id=small.pk, prompt=make_prompt("word " * 200), now=NOW)

    assert 64 <= leave.max_output_tokens < 400


def test_the_held_input_never_exceeds_the_window(maya, sales, make_model):
    small = make_model(sales, label="Small", context_window=600, max_output_tokens=64, price="1", output_price="0")

    leave = admit(person=maya, team=sales, model_id=small.pk, prompt=make_prompt("wordier " * 200), now=NOW)

    assert Reservation.objects.get(pk=leave.reservation_id).amount == Decimal("0.0006")


def test_a_missing_key_in_the_environment_is_said_by_the_variables_name(refusal, model, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    Provider.objects.update(kind=Provider.Kind.OPENAI, credential=Provider.Credential.ENVIRONMENT)

    refused = refusal()

    assert refused.code == "CREDENTIAL_MISSING"
    assert "OPENAI_API_KEY" in refused.sentence


def test_a_key_that_came_from_a_file_is_sent_without_the_end_of_its_line(maya, sales, model, prompt, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env\n")
    Provider.objects.update(kind=Provider.Kind.OPENAI, credential=Provider.Credential.ENVIRONMENT)

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)

    assert leave.endpoint.api_key == "sk-env"


@pytest.mark.parametrize("key", ["sk-env\nX-Theirs: 1", "sk-\x7fenv", " \n"])
def test_a_key_that_cannot_be_sent_is_said_by_the_variables_name(refusal, model, monkeypatch, key):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    Provider.objects.update(kind=Provider.Kind.OPENAI, credential=Provider.Credential.ENVIRONMENT)

    refused = refusal()

    assert refused.code == "CREDENTIAL_MISSING"
    assert "OPENAI_API_KEY" in refused.sentence
    assert "sk-" not in refused.sentence


def test_a_key_that_a_server_need_not_have_has_to_be_one_that_can_be_sent(refusal, model, monkeypatch):
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_BASE", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_COMPATIBLE_API_KEY", "sk\nenv")
    Provider.objects.update(kind=Provider.Kind.OPENAI_COMPATIBLE, credential=Provider.Credential.ENVIRONMENT)

    assert "OPENAI_COMPATIBLE_API_KEY" in refusal().sentence


def test_the_model_on_this_machine_says_when_it_is_not_running(refusal, settings):
    settings.LOCAL_MODEL_URL = ""
    Provider.objects.update(kind=Provider.Kind.EMBEDDED)

    assert "not running" in refusal().sentence


@pytest.mark.parametrize("address", ["http://127.0.0.1:8001", "http://127.0.0.1:8001/", "http://127.0.0.1:8001/v1"])
def test_the_model_on_this_machine_is_found_where_the_portal_started_it(maya, sales, model, prompt, settings, address):
    settings.LOCAL_MODEL_URL = address
    settings.LOCAL_MODEL_KEY = "of this run"
    Provider.objects.update(kind=Provider.Kind.EMBEDDED)

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)

    assert leave.endpoint.base_url == "http://127.0.0.1:8001/v1"
    assert leave.endpoint.api_key == "of this run"


def test_a_sealed_key_opens_for_its_own_provider_only(maya, sales, model, prompt, refusal):
    provider = model.provider
    sealed = provider_keys.seal(provider, "sk-secret")
    Provider.objects.update(credential=Provider.Credential.SEALED, sealed_key=sealed)
    assert b"sk-secret" not in sealed

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)
    assert leave.endpoint.api_key == "sk-secret"
    assert "sk-secret" not in repr(leave)

    Reservation.objects.all().delete()
    Provider.objects.update(sealed_key=provider_keys.seal(Provider(), "sk-secret"))
    assert refusal().code == "CREDENTIAL_MISSING"


def test_a_key_of_the_environment_never_goes_to_an_address_somebody_typed(maya, sales, model, prompt, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")
    Provider.objects.update(
        kind=Provider.Kind.OPENAI, credential=Provider.Credential.ENVIRONMENT, base_url="https://elsewhere.example/v1"
    )

    leave = admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)

    assert (leave.endpoint.api_key, leave.endpoint.base_url) == ("sk-env", "")


def test_every_refusal_tells_the_person_that_nothing_was_sent_and_what_to_do(refusal, model):
    model.provider.credential = Provider.Credential.SEALED
    model.provider.sealed_key = b"\x01not sealed by us at all, but long enough"
    model.provider.save()

    sentence = refusal().sentence

    assert "nothing was sent" in sentence
    assert "administrator" in sentence


def test_admission_costs_two_statements(maya, sales, model, prompt, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):  # the model with the guard's memory, hold
        admission.admit(person=maya, team=sales, model_id=model.pk, prompt=prompt, now=NOW)
