"""Pages around models: grants with denials and times, planned prices, requests, alternates, the automatic route."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.gateway import auto, budgets
from apps.gateway.admission import admit
from apps.gateway.models import (
    AccessRequest,
    Alternate,
    AutoChoice,
    AutoRoute,
    Grant,
    LanguageModel,
    ModelHealth,
    PriceVersion,
    Reservation,
)
from apps.ledger.models import Event
from tests.gateway.conftest import make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales(make_team):
    return make_team("Sales")


@pytest.fixture
def maya(make_person, sales):
    return make_person("maya", teams=("Sales",))


@pytest.fixture
def sign_in():
    def sign(person):
        client = Client()
        client.force_login(person)
        return client

    return sign


@pytest.fixture
def desk(make_person, sign_in):
    return sign_in(make_person("david", roles=(Role.ADMIN,)))


@pytest.fixture
def model(make_model, sales):
    return make_model(sales, price="2.50", output_price="10")


@pytest.fixture
def wanted(make_model):
    """A model that nobody has and people may ask for."""
    model = make_model(label="Wanted")
    LanguageModel.objects.filter(pk=model.pk).update(is_requestable=True)
    return model


def address(name, *ids):
    return reverse(f"console:{name}", args=ids)


def said(response):
    return [str(message) for message in response.context["messages"]]


def actions():
    return list(Event.objects.order_by("id").values_list("action", flat=True))


def callable_labels(person, team):
    return [model.label for model in LanguageModel.objects.callable_by(person, team)]


def moment(**ahead):
    return timezone.localtime(timezone.now() + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


DOORS = [
    ("model_grants", "model"), ("model_prices", "model"), ("model_fallback", "model"), ("grant_remove", 1),
    ("price_withdraw", 1), ("requests", None), ("request_approve", "request"), ("request_deny", "request"),
    ("auto", None), ("auto_change", "team"), ("model_test", "model"), ("model", "model"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subject"), DOORS)
def test_only_admins_come_in_and_testing_asks_for_the_same_right_as_saving(name, subject, model, maya, sales, sign_in):
    ids = {"model": model.pk, "team": sales.pk, "request": model.pk}
    place = address(name, *([] if subject is None else [ids.get(subject, subject)]))

    assert sign_in(maya).post(place).status_code == 403
    assert Client().post(place).status_code in {302, 403}


def test_a_denial_of_one_team_reaches_its_people_through_every_team(desk, model, make_person, sales, make_team):
    contractors = make_team("Contractors")
    both = make_person("omar", teams=("Sales", "Contractors"))
    assert callable_labels(both, sales) == ["Test model"]

    desk.post(address("model_grants", model.pk), {"effect": "DENY", "team": contractors.pk})

    assert callable_labels(both, sales) == []
    assert actions() == ["GRANT_DENIED"]
    assert "Denied" in desk.get(address("models")).content.decode()

    desk.post(address("grant_remove", Grant.objects.get(effect="DENY").pk))

    assert callable_labels(both, sales) == ["Test model"]
    assert actions() == ["GRANT_DENIED", "GRANT_DENIAL_LIFTED"]


def test_a_permission_for_a_person_begins_and_ends(desk, model, make_person, make_team):
    legal = make_team("Legal")
    lena = make_person("lena", teams=("Legal",))
    User.objects.filter(pk=lena.pk).update(email="lena@example.com")
    form = {"effect": "ALLOW", "team": legal.pk, "person": "lena@example.com"}

    desk.post(address("model_grants", model.pk), {**form, "from_at": moment(hours=1), "until_at": moment(hours=2)})

    now = timezone.now()
    for hours, labels in ((0, []), (1.5, ["Test model"]), (3, [])):
        found = LanguageModel.objects.callable_by(lena, legal, now=now + timedelta(hours=hours))
        assert [one.label for one in found] == labels
    assert "Not yet" in desk.get(address("model_grants", model.pk)).content.decode()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"person": "nobody@example.com"}, "exactly one active person"),
        ({"until_at": "2020-01-01T00:00"}, "over before it begins"),
        ({"effect": "PERHAPS"}, "Select a valid choice"),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused_with_a_sentence(desk, model, fields, sentence):
    answer = desk.post(address("model_grants", model.pk), {"effect": "ALLOW", **fields})

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Grant.objects.count() == 1


@pytest.mark.thorough
def test_a_person_asks_and_an_admin_approves_for_a_time(desk, wanted, maya, sales, sign_in):
    chat = sign_in(maya)
    assert "Wanted" in chat.get(address("own_models")).content.decode()
    form = {"team": sales.pk, "model": wanted.pk, "why": "To compare contracts"}
    chat.post(address("own_models"), form)
    chat.post(address("own_models"), form)

    asked = AccessRequest.objects.get()
    assert callable_labels(maya, sales) == []
    assert '1<span class="visually-hidden"> to decide' in desk.get(address("models")).content.decode()
    assert "to decide" not in chat.get("/").content.decode()
    assert "To compare contracts" in desk.get(address("requests")).content.decode()

    desk.post(address("request_approve", asked.pk), {"scope": "person", "until_at": moment(days=30), "answer": "Enjoy"})

    assert callable_labels(maya, sales) == ["Wanted"]
    assert not LanguageModel.objects.callable_by(maya, sales, now=timezone.now() + timedelta(days=31)).exists()
    assert admit(person=maya, team=sales, model_id=wanted.pk, prompt=make_prompt("Hi"), now=timezone.now())
    page = chat.get(address("own_models")).content.decode()
    assert "Enjoy" in page
    assert "allowed until" in page
    assert "to decide" not in desk.get(address("models")).content.decode()
    assert actions()[-3:] == ["GRANT_REQUESTED", "GRANT_REQUEST_APPROVED", "GRANT_GIVEN"]
    assert "contracts" not in str(list(Event.objects.values_list("details", flat=True)))
    late = desk.post(address("request_deny", asked.pk), {"answer": "No"}, follow=True)
    assert said(late)[-1:] == ["This request was decided meanwhile. Reload the page to see how."]


def test_an_approval_for_the_team_reaches_the_colleagues(desk, wanted, maya, sales, make_person, sign_in):
    omar = make_person("omar", teams=("Sales",))
    sign_in(maya).post(address("own_models"), {"team": sales.pk, "model": wanted.pk, "why": "Work"})

    desk.post(address("request_approve", AccessRequest.objects.get().pk), {"scope": "team"})

    assert callable_labels(omar, sales) == ["Wanted"]


def test_a_refusal_needs_a_reason_and_gives_nothing(desk, wanted, maya, sales, sign_in):
    chat = sign_in(maya)
    chat.post(address("own_models"), {"team": sales.pk, "model": wanted.pk, "why": "Work"})
    asked = AccessRequest.objects.get()

    assert desk.post(address("request_deny", asked.pk), {"answer": ""}).status_code == 422
    desk.post(address("request_deny", asked.pk), {"answer": "Too dear for this"})

    asked.refresh_from_db()
    page = chat.get(address("own_models")).content.decode()
    assert callable_labels(maya, sales) == []
    assert (asked.state, asked.get_state_display() in page) == (AccessRequest.State.DENIED, True)
    assert "Too dear for this" in page


def test_a_request_is_withdrawn_by_whoever_made_it_alone(wanted, maya, sales, make_person, sign_in):
    sign_in(maya).post(address("own_models"), {"team": sales.pk, "model": wanted.pk, "why": "Work"})
    asked = AccessRequest.objects.get()

    stranger = sign_in(make_person("omar", teams=("Sales",))).post(address("request_withdraw", asked.pk))
    sign_in(maya).post(address("request_withdraw", asked.pk))

    assert stranger.status_code == 404
    asked.refresh_from_db()
    assert asked.state == "WITHDRAWN"


def test_what_may_not_be_asked_for_stays_unknown(make_model, maya, sales, make_team, sign_in, wanted):
    hidden = make_model(label="Secret project")
    chat = sign_in(maya)

    assert "Secret" not in chat.get(address("own_models")).content.decode()
    refused = chat.post(address("own_models"), {"team": sales.pk, "model": hidden.pk, "why": "Curious"}, follow=True)
    foreign = chat.post(address("own_models"), {"team": make_team("Legal").pk, "model": wanted.pk, "why": "Work"})

    assert said(refused) == ["This model cannot be asked for. Reload the page to see which can."]
    assert foreign.status_code == 422
    assert not AccessRequest.objects.exists()


def test_a_price_is_planned_and_withdrawn_on_its_page(desk, model):
    form = {"input_price": "5", "output_price": "20", "currency": "EUR", "from_at": moment(days=1)}

    desk.post(address("model_prices", model.pk), form)
    version = PriceVersion.objects.get()
    page = desk.get(address("model_prices", model.pk)).content.decode()
    desk.post(address("price_withdraw", version.pk))

    assert (version.price.input, version.currency, version.set_by_label) == (Decimal(5), "EUR", "David")
    assert "Planned" in page
    assert not PriceVersion.objects.exists()
    assert actions() == ["MODEL_PRICE_PLANNED", "MODEL_PRICE_UNPLANNED"]
    assert desk.post(address("model_prices", model.pk), {**form, "from_at": "2020-01-01T00:00"}).status_code == 422


def test_who_answers_instead_is_settled_in_an_order(desk, model, make_model):
    one, two = make_model(label="One"), make_model(label="Two")
    form = {"fallback": "LISTED", "first": two.pk, "second": one.pk}

    desk.post(address("model_fallback", model.pk), form)
    desk.post(address("model_fallback", model.pk), form)

    assert list(Alternate.objects.values_list("alternate__label", flat=True)) == ["Two", "One"]
    assert LanguageModel.objects.get(pk=model.pk).fallback == "LISTED"
    assert actions() == ["MODEL_FALLBACK_SET"]
    assert desk.post(address("model_fallback", model.pk), {"fallback": "LISTED"}).status_code == 422


def test_only_models_that_answer_are_offered_to_answer(desk, model, make_model):
    embedder = make_model(label="Vectors")
    LanguageModel.objects.filter(pk=embedder.pk).update(capabilities=["embeddings"])
    form = {"fallback": "LISTED", "first": embedder.pk}

    assert "Vectors" not in desk.get(address("auto")).content.decode()
    assert desk.post(address("model_fallback", model.pk), form).status_code == 422


def test_what_a_free_model_saved_counts_whatever_its_currency(desk, model, make_model, maya, sales):
    small = make_model(sales, label="Free")
    LanguageModel.objects.filter(pk=small.pk).update(currency="EUR")
    AutoRoute.objects.create(team=sales, is_on=True)
    now = timezone.now()
    choice = auto.choose(auto.Question("Hello"), person=maya, team=sales, now=now)
    leave = admit(person=maya, team=sales, model_id=choice.model.pk, prompt=make_prompt("Hello"), now=now)
    auto.note_choice(choice, team=sales, reservation_id=leave.reservation_id, now=now)
    budgets.settle(leave.reservation_id, input_tokens=500_000, output_tokens=500_000, now=now)

    page = desk.get(address("auto")).content.decode()

    assert choice.model == small
    assert "6.25 USD</strong> saved" in page


def test_auto_does_not_choose_between_a_model_and_itself(desk, model, sales):
    answer = desk.post(address("auto_change", sales.pk), {"is_on": "on", "small": model.pk, "large": model.pk})

    assert answer.status_code == 422
    assert "Choose another model than for easy questions" in answer.content.decode()
    assert not AutoRoute.objects.exists()


def test_auto_takes_no_model_that_the_team_may_not_use(desk, model, make_model, make_team, sales):
    theirs = make_model(make_team("Finance"), label="Theirs")
    denied = make_model(sales, label="Denied")
    Grant.objects.create(model=denied, team=sales, effect="DENY")

    for refused in (theirs, denied):
        answer = desk.post(address("auto_change", sales.pk), {"is_on": "on", "large": refused.pk})

        assert answer.status_code == 422
        assert f"Sales may not use {refused.label}" in answer.content.decode()
    assert not AutoRoute.objects.exists()
    card = desk.get(address("auto")).content.decode().partition("Sales</h2>")[2].partition("</section>")[0]
    for unfit in (theirs, denied):
        assert card.count(f'<option value="{unfit.pk}" disabled>{unfit.label} (not for this team)</option>') == 2
    assert card.count(f'<option value="{model.pk}">{model.label}</option>') == 2


def test_a_route_whose_model_was_taken_from_the_team_says_so_and_can_be_switched_off(desk, model, make_model, sales):
    small = make_model(sales, label="Small")
    desk.post(address("auto_change", sales.pk), {"is_on": "on", "small": small.pk})
    Grant.objects.filter(model=small).delete()

    page = desk.get(address("auto")).content.decode()
    desk.post(address("auto_change", sales.pk), {"small": small.pk})

    assert f'<option value="{small.pk}" selected>Small (not for this team)</option>' in page
    assert not AutoRoute.objects.get().is_on


def test_auto_is_off_until_an_admin_switches_it_on_and_the_page_shows_what_it_saved(
    desk, model, make_model, maya, sales, sign_in
):
    small = make_model(sales, label="Small", price="1")
    chat = sign_in(maya)
    assert "Auto ·" not in chat.get("/").content.decode()

    desk.post(address("auto_change", sales.pk), {"is_on": "on", "small": small.pk})

    assert AutoRoute.objects.get().small == small
    assert actions() == ["ROUTE_CHANGED"]
    assert "Auto ·" in chat.get("/").content.decode()

    now = timezone.now()
    choice = auto.choose(auto.Question("Hello"), person=maya, team=sales, now=now)
    leave = admit(person=maya, team=sales, model_id=choice.model.pk, prompt=make_prompt("Hello"), now=now)
    auto.note_choice(choice, team=sales, reservation_id=leave.reservation_id, now=now)
    Reservation.objects.update(
        state="SETTLED", cost=Decimal("1"), input_tokens=500_000, output_tokens=500_000, closed_at=now
    )
    page = desk.get(address("auto")).content.decode()

    assert AutoChoice.objects.get().largest_label == "Test model"
    assert "5.25 USD</strong> saved" in page
    assert "84% of 6.25" in page


def test_a_model_that_is_slow_or_goes_says_so_where_it_is_chosen(model, maya, sign_in, desk):
    now = timezone.now()
    ModelHealth.objects.create(model=model, state="SLOW", since=now, seen_at=now, first_token_ms=9000)
    LanguageModel.objects.update(retires_on=timezone.localdate() + timedelta(days=10))

    page = sign_in(maya).get("/").content.decode()

    assert "Test model · stays inside · slow · retires on" in page
    assert "Slow" in desk.get(address("providers")).content.decode()
    ModelHealth.objects.update(seen_at=now - timedelta(hours=1))
    assert "· slow" not in sign_in(maya).get("/").content.decode()


def test_a_model_that_is_down_names_who_answers_for_it(model, make_model, sales, maya, sign_in):
    other = make_model(sales, label="Other")
    now = timezone.now()
    ModelHealth.objects.create(model=model, state="DOWN", since=now, seen_at=now)
    assert "Test model · stays inside · down<" in sign_in(maya).get("/").content.decode()

    Alternate.objects.create(model=model, alternate=other, position=0)
    LanguageModel.objects.filter(pk=model.pk).update(fallback="LISTED")

    assert "down, using Other instead" in sign_in(maya).get("/").content.decode()


def test_a_model_that_only_embeds_is_not_in_the_picker(model, make_model, sales, maya, sign_in):
    embeds = make_model(sales, label="Embeds")
    LanguageModel.objects.filter(pk=embeds.pk).update(capabilities=["embeddings"])

    assert "Embeds" not in sign_in(maya).get("/").content.decode()
