"""Nothing that a hold covers is ever destroyed: by a schedule, an erasure, its owner, or a statement typed by hand."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction

from apps.accounts.actors import who
from apps.audit.approvals import asking
from apps.audit.approvals.deeds import CannotBeCarriedOut, Deed
from apps.audit.retention import holding, requests, searches
from apps.audit.retention.models import PersonRequest
from apps.batch import files, preparing, steering
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent, SearchRow
from apps.ledger.vocabulary import Action
from apps.privacy import destruction, holds
from apps.privacy.hold_models import Hold
from apps.privacy.holds import AlreadyLifted, KeyHeld, Scope
from apps.privacy.models import DataKey
from tests.audit.retention.conftest import NOW, WHY, disagreements, erase, is_readable, purge

pytestmark = pytest.mark.django_db


def scopes_over(maya):
    return {
        "person": Scope("Maya", person_id=maya.pk),
        "team": Scope("Sales", team_id=maya.teams.get().pk),
        "search": Scope("greet", query="q=greet"),
    }


@pytest.mark.parametrize("kind", ["person", "team", "search"])
def test_a_held_key_is_destroyed_by_nobody(aged, hold, maya, kind):
    key, free = aged(1), aged(1, text="Something else", by=maya, team=None)
    hold(scopes_over(maya)[kind])

    with pytest.raises(KeyHeld):
        destruction.destroy_one(key)

    assert is_readable(key)
    assert not Event.objects.filter(action=Action.KEY_DESTROYED).exists()
    if kind == "search":
        destruction.destroy_one(free)
        assert not is_readable(free)


@pytest.mark.parametrize("kind", ["person", "team"])
def test_the_database_itself_refuses_to_empty_a_held_key(aged, hold, maya, kind):
    key = aged(1)
    hold(scopes_over(maya)[kind])

    with pytest.raises(DatabaseError), transaction.atomic():
        DataKey.objects.filter(pk=key).update(wrapped_key=b"", destroyed_at=NOW)


def test_what_a_search_found_when_it_was_placed_stays_held(aged, officer):
    key = aged(1)
    hold = holding.place(Scope("greet", query="q=greet"), name="Case 12", reason=WHY, by=officer, now=NOW)
    assert hold.remembered == 1

    SearchRow.objects.all().delete()  # the search finds nothing any more

    with pytest.raises(KeyHeld):
        destruction.destroy_one(key)
    with pytest.raises(DatabaseError), transaction.atomic():
        DataKey.objects.filter(pk=key).update(wrapped_key=b"", destroyed_at=NOW)


def test_what_a_search_finds_later_is_held_too(aged, officer):
    holding.place(Scope("greet", query="q=greet"), name="Case 12", reason=WHY, by=officer, now=NOW)
    key = aged(0)

    with pytest.raises(KeyHeld):
        destruction.destroy_one(key)


def test_a_search_that_cannot_be_read_any_more_holds_everything(aged, hold):
    key = aged(1)
    hold(Scope("a team that is gone", query="team=00000000-0000-7000-8000-000000000000"))

    with pytest.raises(KeyHeld):
        destruction.destroy_one(key)


def test_lifting_takes_a_second_officer(aged, hold, maya, officer, consent):
    key = aged(1)
    placed = hold(Scope("Maya", person_id=maya.pk))
    asked = holding.ask_to_lift(placed, why=WHY, by=officer, now=NOW)
    with pytest.raises(PermissionDenied):
        asking.grant(asked.pk, by=officer, now=NOW)
    assert holds.covered([key]) == {key}

    consent(asked)

    assert holds.covered([key]) == set()
    lifted = Event.objects.get(action=Action.HOLD_LIFTED)
    assert (lifted.actor_id, lifted.details["consent"]) == (officer.pk, "Samir")
    assert disagreements() == []


def test_a_hold_is_lifted_once(hold, maya, officer, consent):
    placed = hold(Scope("Maya", person_id=maya.pk))
    asked = holding.ask_to_lift(placed, why=WHY, by=officer, now=NOW)
    holds.lift(placed.pk, reason=WHY, by=who(officer), consent="Samir", now=NOW)

    with pytest.raises(CannotBeCarriedOut, match="lifted already"), transaction.atomic():
        consent(asked)
    placed.refresh_from_db()
    with pytest.raises(AlreadyLifted):
        holding.ask_to_lift(placed, why=WHY, by=officer, now=NOW)


@pytest.mark.parametrize(
    "change",
    [{"person_id": None, "kind": "TEAM"}, {"name": "Another"}, {"lifted_at": NOW, "lifted_by_id": None}],
)
def test_nothing_of_a_hold_but_its_lifting_can_be_changed(hold, maya, change):
    hold(Scope("Maya", person_id=maya.pk))

    with pytest.raises(DatabaseError), transaction.atomic():
        Hold.objects.update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        Hold.objects.all().delete()


def test_where_the_rule_is_off_one_officer_lifts_it(hold, maya, officer, left_to_one):
    left_to_one(Deed.HOLD_CHANGE)
    placed = hold(Scope("Maya", person_id=maya.pk))

    assert holding.ask_to_lift(placed, why=WHY, by=officer, now=NOW) is None
    assert not Hold.objects.in_force().exists()


@pytest.mark.parametrize(
    "text", ["", "?", "q=ab", "nonsense", "outcome=WRONG", "older=1-2", "https://elsewhere.example/"]
)
def test_what_is_no_search_is_not_taken_for_one(text):
    with pytest.raises(searches.NotASearch):
        searches.cleaned(text)


def test_a_search_is_taken_from_its_address_without_its_place_in_the_list():
    assert searches.cleaned("https://portal.example/audit/exchanges?q=invoice&older=17-abc") == "q=invoice"


def test_a_search_that_finds_too_much_is_refused(aged, monkeypatch):
    monkeypatch.setattr(searches, "MOST_REMEMBERED", 1)
    aged(1)
    aged(2)

    with pytest.raises(searches.FindsTooMuch):
        searches.found("q=greet")


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_nothing_held_is_destroyed(
    seed, aged, keep_for, hold, maya, make_person, make_team, officer, second
):
    """Random schedules, holds, liftings, purges and erasures; after each of them, all that is held is there."""
    chance = random.Random(seed)  # noqa: S311
    people = [maya, make_person("tom", teams=("Legal",)), make_person("priya", teams=("Sales",))]
    keys = [
        aged(chance.randrange(600), by=chance.choice(people), text=chance.choice(["an invoice", "a greeting"]))
        for _ in range(12)
    ]
    now = NOW
    for _ in range(10):
        act = chance.choice(["schedule", "hold", "hold", "lift", "purge", "erase"])
        must_stay = {key for key in holds.covered(keys) if is_readable(key)}
        if act == "schedule":
            keep_for(chance.randrange(183, 500), chance.choice([None, make_team("Sales"), make_team("Legal")]))
        elif act == "hold":
            person = chance.choice(people)
            scope = chance.choice(
                [
                    Scope("Person", person_id=person.pk),
                    Scope("Team", team_id=person.teams.get().pk),
                    Scope("Search", query="q=invoice"),
                ]
            )
            hold(scope, searches.found(scope.query) if scope.query else frozenset())
        elif act == "lift" and (placed := Hold.objects.in_force().first()):
            holds.lift(placed.pk, reason=WHY, by=who(officer), consent="Samir", now=now)
            continue
        elif act == "purge":
            purge(now)
        elif act == "erase":
            request = PersonRequest.objects.create(
                kind="ERASURE", person_id=chance.choice(people).pk, person_label="Somebody", reason=WHY, asked_at=now,
                asked_by_id=officer.pk, asked_by_label="Grace", state="QUEUED",
            )  # fmt: skip
            erase(request.pk, now)
            request.refresh_from_db()
            is_held = bool(holds.covered(destruction.readable(requests.keys_of(request.person_id))))
            assert request.state == ("HELD" if is_held else request.state)
            PersonRequest.objects.all().delete()
        now += timedelta(hours=chance.randrange(1, 40))
        assert all(is_readable(key) for key in must_stay)
        assert disagreements() == []


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["person", "team", "search"])
def test_the_page_of_an_exchange_says_that_it_is_held(aged, hold, maya, desk, kind):
    key, free = aged(1), aged(1, text="Nothing of interest")
    page = {each.conversation_id: f"/audit/exchanges/{each.pk}" for each in Intent.objects.all()}
    assert "Case 12" not in desk.get(page[key]).content.decode()

    hold(scopes_over(maya)[kind])

    assert "Case 12" in desk.get(page[key]).content.decode()
    assert ("Case 12" in desk.get(page[free]).content.decode()) == (kind != "search")


@pytest.mark.parametrize("owned", ["batch", "file"])
def test_what_its_owner_erases_is_kept_while_it_is_held(hold, maya, officer, make_model, owned):
    team = maya.teams.get()
    if owned == "batch":
        model = make_model(team)
        mine = preparing.keep_draft(maya, team=team, model=model, name="a.csv", raw=b"prompt\nHello\n", now=NOW)
        preparing.start(mine.pk, by=maya, columns=preparing.Columns(0), now=NOW)
        steering.cancel(mine, by=maya, now=NOW)
    else:
        program = files.Program(maya, team, "Script", new_id(), None, is_service=False, model_ids=None)
        mine = files.keep(program, name="a.jsonl", raw=b'{"prompt": "Hello"}', now=NOW)
    placed = hold(Scope("Maya", person_id=maya.pk))

    if owned == "batch":
        assert steering.erase(mine, by=maya, now=NOW)
    else:
        with pytest.raises(KeyHeld), transaction.atomic():
            files.delete(mine, by=who(maya), now=NOW)
    assert is_readable(mine.pk)

    holds.lift(placed.pk, reason=WHY, by=who(officer), consent="Samir", now=NOW)
    purge(NOW + timedelta(days=1))
    assert is_readable(mine.pk) == (owned == "file")
    assert disagreements() == []
