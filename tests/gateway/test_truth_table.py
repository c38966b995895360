"""
Who may call what: every cell of the truth table, at every door that takes a model.

Each cell is a model of its own, so one query of a door answers thousands of cells at once. What must come out is told
by `may_call`, a few plain lines that know no SQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.actors import who
from apps.api import catalogue as api_catalogue
from apps.api.callers import Caller
from apps.api.models import Scope
from apps.chat.exchange_rows import Asking, find_model
from apps.chat.forms import PreviewForm, QuestionForm
from apps.gateway import lookups
from apps.gateway.admission import admit
from apps.gateway.models import Budget, Grant, LanguageModel, PriceVersion, Provider, day_of
from apps.gateway.refusals import Refused
from tests.gateway.conftest import make_prompt

NOW = datetime.now(UTC)
TODAY = day_of(NOW)
DAY = timedelta(days=1)

SUBJECTS = ("nobody", "everybody", "the team", "the person", "the person in the team", "another person",
            "another team of the person", "a foreign team")  # fmt: skip
TIMES = {"always": (None, None), "now": (NOW - DAY, NOW + DAY), "not yet": (NOW + DAY, None), "over": (None, NOW - DAY)}
IN_FORCE = {"always", "now"}
RULES = [("nobody", "always"), *product(SUBJECTS[1:], TIMES)]
SWITCHES = [(True, True), (False, True), (True, False)]
PRICES = ("known", "unknown", "in unknown", "planned, due", "planned, not due")
RETIRES = {"never": None, "tomorrow": TODAY + DAY, "today": TODAY, "yesterday": TODAY - DAY}


@dataclass(frozen=True)
class Cell:
    model_is_on: bool
    provider_is_on: bool
    price: str
    retires: str
    allow: tuple[str, str]
    deny: tuple[str, str]


CELLS = list(
    dict.fromkeys(
        [
            *(Cell(True, True, "known", "never", allow, deny) for allow, deny in product(RULES, RULES)),
            *(
                Cell(*switches, price, retires, allow, deny)
                for switches, price, retires in product(SWITCHES, PRICES, RETIRES)
                for allow in [("nobody", "always"), ("the team", "always"), ("the person", "now")]
                for deny in [("nobody", "always"), ("everybody", "always"), ("another team of the person", "now")]
            ),
        ]
    )
)
ALLOWS = {"everybody", "the team", "the person", "the person in the team"}
DENIES = ALLOWS | {"another team of the person"}


def may_call(cell: Cell) -> bool:
    """The truth table in words: what a member of the team may call."""
    allowed = cell.allow[0] in ALLOWS and cell.allow[1] in IN_FORCE
    denied = cell.deny[0] in DENIES and cell.deny[1] in IN_FORCE
    is_priced = cell.price in {"known", "planned, due"}
    is_alive = cell.retires in {"never", "tomorrow"}
    return allowed and not denied and cell.model_is_on and cell.provider_is_on and is_priced and is_alive


@pytest.fixture
def world(make_team, make_person) -> dict[str, Any]:
    sales, engineering = make_team("Sales"), make_team("Engineering")
    world = {
        "maya": make_person("maya", teams=("Sales", "Engineering")),
        "omar": make_person("omar", teams=("Legal",)),
        "sales": sales,
        "engineering": engineering,
        "legal": make_team("Legal"),
    }
    Budget.objects.create(team=sales, hard_limit=Decimal(1_000_000))
    return world


@pytest.fixture
def cells(world) -> dict[Any, Cell]:
    """A model for every cell, by its id."""
    homes = {
        is_on: Provider.objects.create(
            name=f"Home {is_on}", kind="OPENAI_COMPATIBLE", base_url="http://127.0.0.1:9/v1",
            egress_class="INSIDE", is_on=is_on,
        )
        for is_on in (True, False)
    }  # fmt: skip
    models = LanguageModel.objects.bulk_create(
        LanguageModel(
            provider=homes[cell.provider_is_on],
            label=f"{number:05}",
            upstream_id="fake",
            context_window=8192,
            max_output_tokens=256,
            input_price=Decimal(1) if cell.price == "known" else None,
            output_price=Decimal(1) if cell.price in {"known", "in unknown"} else None,
            is_on=cell.model_is_on,
            retires_on=RETIRES[cell.retires],
        )
        for number, cell in enumerate(CELLS)
    )
    Grant.objects.bulk_create(
        grant
        for model, cell in zip(models, CELLS, strict=True)
        for rule, effect in ((cell.allow, "ALLOW"), (cell.deny, "DENY"))
        if (grant := make_grant(world, model, rule, effect))
    )
    PriceVersion.objects.bulk_create(
        PriceVersion(
            model=model, input_price=2, output_price=2, currency="USD", created_at=NOW - 2 * DAY,
            from_at=NOW - DAY if cell.price == "planned, due" else NOW + DAY,
        )
        for model, cell in zip(models, CELLS, strict=True)
        if cell.price.startswith("planned")
    )  # fmt: skip
    return dict(zip((model.pk for model in models), CELLS, strict=True))


def make_grant(world: dict[str, Any], model: LanguageModel, rule: tuple[str, str], effect: str) -> Grant | None:
    subject = {
        "everybody": (None, None),
        "the team": (world["sales"], None),
        "the person": (None, world["maya"]),
        "the person in the team": (world["sales"], world["maya"]),
        "another person": (None, world["omar"]),
        "another team of the person": (world["engineering"], None),
        "a foreign team": (world["legal"], None),
    }.get(rule[0])
    if subject is None:
        return None
    from_at, until_at = TIMES[rule[1]]
    return Grant(model=model, team=subject[0], person=subject[1], effect=effect, from_at=from_at, until_at=until_at)


def cells_of(cells: dict[Any, Cell], ids: Any) -> set[Cell]:
    return {cells[pk] for pk in ids}


@pytest.mark.thorough
def test_every_cell_of_the_truth_table_is_the_same_at_every_door(world, cells):
    expected = {cell for cell in CELLS if may_call(cell)}
    maya, sales = world["maya"], world["sales"]

    listed = LanguageModel.objects.callable_by(maya, sales, now=NOW).values_list("pk", flat=True)
    picker = [pick.id for pick in QuestionForm(person=maya, team=sales).models]

    caller = Caller(uuid4(), "Laptop", False, maya, sales, frozenset(Scope), None)
    programs = [model["portcullis"]["id"] for model in api_catalogue.listing(caller, now=NOW)["data"]]

    on_the_way = [model.pk for model in lookups.all_callable(maya, sales, now=NOW)]

    assert cells_of(cells, listed) == cells_of(cells, on_the_way) == expected
    assert sorted(programs) == sorted(picker)
    assert len(picker) == len(expected)
    assert {cells[pk] for pk in cells if str(pk) in set(picker)} == expected


@pytest.mark.thorough
def test_whoever_is_no_active_member_of_the_team_may_call_nothing(world, cells):
    assert not LanguageModel.objects.callable_by(world["omar"], world["sales"], now=NOW).exists()
    assert not LanguageModel.objects.callable_by(world["maya"], world["legal"], now=NOW).exists()

    type(world["maya"]).objects.update(is_active=False)

    assert not LanguageModel.objects.callable_by(world["maya"], world["sales"], now=NOW).exists()
    assert lookups.all_callable(world["maya"], world["sales"], now=NOW) == []
    world["maya"].refresh_from_db()
    assert not LanguageModel.objects.callable_by(world["maya"], world["sales"], now=NOW).exists()


@pytest.mark.thorough
def test_admission_and_preview_decide_as_the_list_does(world, cells):
    maya, sales = world["maya"], world["sales"]
    drawn = list(cells.items())[::17]
    drawn += [(pk, cell) for pk, cell in cells.items() if may_call(cell)][::5]

    for pk, cell in drawn:
        assert is_admitted(maya, sales, pk) == may_call(cell), cell
        preview = PreviewForm({"text": "Hello", "model": pk}, person=maya, team=sales)
        assert preview.is_valid() == may_call(cell), cell
        asking = Asking(maya, sales, who(maya, sales), str(pk), drafts=())
        assert (find_model(asking, NOW) is not None) == may_call(cell), cell


def is_admitted(person: Any, team: Any, pk: Any) -> bool:
    try:
        admit(person=person, team=team, model_id=pk, prompt=make_prompt("Hello"), now=NOW)
    except Refused as refused:
        return refused.code == "MODEL_NOT_ALLOWED" and bool(refused.model_label)  # a name betrayed counts as a failure
    return True


@pytest.mark.thorough
def test_what_may_not_be_called_for_lack_of_a_grant_stays_unnamed_on_the_turn(world, cells):
    named = LanguageModel.objects.granted_to(world["maya"], world["sales"], now=NOW).values_list("pk", flat=True)

    assert cells_of(cells, named) == {
        cell
        for cell in CELLS
        if cell.allow[0] in ALLOWS
        and cell.allow[1] in IN_FORCE
        and not (cell.deny[0] in DENIES and cell.deny[1] in IN_FORCE)
    }


GRANTS = st.lists(
    st.tuples(st.sampled_from(["ALLOW", "DENY"]), st.sampled_from(SUBJECTS[1:]), st.sampled_from(list(TIMES))),
    max_size=6,
    unique_by=lambda grant: grant[:2],
)


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(given_out=GRANTS)
def test_however_many_grants_and_denials_meet_at_one_model_every_way_to_ask_agrees(world, make_model, given_out):
    maya, sales = world["maya"], world["sales"]
    model = LanguageModel.objects.first() or make_model()
    Grant.objects.all().delete()
    for effect, subject, times in given_out:
        make_grant(world, model, (subject, times), effect).save()
    in_force = {(effect, subject) for effect, subject, times in given_out if times in IN_FORCE}
    may = any(("ALLOW", one) in in_force for one in ALLOWS) and not any(("DENY", one) in in_force for one in DENIES)

    assert LanguageModel.objects.callable_by(maya, sales, now=NOW).exists() == may
    assert (lookups.callable_by_id(maya, sales, model.pk, now=NOW) is not None) == may
    assert LanguageModel.objects.callable_by_some_of(sales, now=NOW).exists() == may  # Maya is all of Sales
    assert is_admitted(maya, sales, model.pk) == may
