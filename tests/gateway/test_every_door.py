"""
Who may call what, at every door: each that lists or calls a model gives the answer of the table in words.

What a door *calls* is read from the provider, the referee of what really arrived there. The doors are counted from the
addresses themselves: one that stands neither in `LISTS`, `CALLS` nor `WITHOUT_MODELS` fails the last test. Rooms that
do not import the gateway, as the officers' desk, need not be named.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.utils import timezone

from apps.accounts.models import Membership
from apps.api import keys
from apps.api.door import ADDRESSES, Address
from apps.api.models import ApiKey, Scope
from apps.batch import files, preparing, running
from apps.batch.models import Batch, LaneModel
from apps.chat import privacy_views, turns
from apps.chat.forms import Question
from apps.chat.models import Turn
from apps.chat.pace import Pace
from apps.gateway import client, grants, health, routing
from apps.gateway.models import (
    AutoRoute,
    BatchMark,
    Budget,
    Grant,
    LanguageModel,
    PriceVersion,
    Provider,
    day_of,
)
from tests.api.programs import Program
from tests.chat.conftest import Asker, runner, sign_in
from tests.patience import PATIENCE_SECONDS

__all__ = ["runner", "sign_in"]

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """How a model stands, and what must come of it: whether Maya sees it for Sales, and whether a call goes through."""

    set_up: Callable[[World, LanguageModel], object]
    is_listed: bool = False
    is_called: bool | None = None
    is_in_the_key: bool = True

    @property
    def goes_through(self) -> bool:
        return self.is_listed if self.is_called is None else self.is_called


def allow(team=None, person=None, effect="ALLOW", **times):
    """A grant, or a denial, to Maya's team, to her, or to others."""

    def set_up(world, model):
        subjects = {"team": team and world.teams[team], "person": person and world.people[person]}
        Grant.objects.create(model=model, effect=effect, **subjects, **times)

    return set_up


def both(*steps):
    return lambda world, model: [step(world, model) for step in steps]


def changed(**values):
    return lambda world, model: LanguageModel.objects.filter(pk=model.pk).update(**values)


def asked(decision: str, until_at: datetime | None = None):
    """A request for access, left open, refused or approved; what follows an approval that ran out is moved there."""

    def set_up(world, model):
        changed(is_requestable=True)(world, model)
        request = grants.request_access(
            world.people["maya"], team=world.teams["Sales"], model_id=model.pk, why="For a test", now=NOW
        )
        if decision == "denied":
            grants.deny_request(request, answer="No", by=world.people["david"], now=NOW)
        if decision == "approved":
            grants.approve_request(
                request, for_team=False, until_at=until_at, answer="", by=world.people["david"], now=NOW
            )
            if until_at:
                Grant.objects.filter(model=model).update(until_at=NOW - timedelta(minutes=1))

    return set_up


def spent(world, model):
    """Nothing is left of this model's own budget."""
    allow("Sales")(world, model)
    Budget.objects.create(scope="MODEL", model=model, hard_limit=Decimal("0.000001"))


def at_a_provider_that_is_off(world, model):
    allow("Sales")(world, model)
    off = Provider.objects.create(
        name="Off", kind="OPENAI_COMPATIBLE", base_url=world.provider.base_url, egress_class="INSIDE", is_on=False
    )
    changed(provider=off)(world, model)


def price_that_comes(from_at):
    def set_up(world, model):
        both(allow("Sales"), changed(input_price=None, output_price=None))(world, model)
        PriceVersion.objects.create(
            model=model, input_price=1, output_price=1, currency="USD", created_at=NOW - 2 * DAY, from_at=from_at
        )

    return set_up


def deny(**subject):
    return both(allow("Sales"), allow(effect="DENY", **subject))


YES, NO = True, False
CASES: dict[str, Case] = {
    "nothing said": Case(lambda world, model: None, NO),
    "to everybody": Case(allow(), YES),
    "to the team": Case(allow("Sales"), YES),
    "to the person": Case(allow(person="maya"), YES),
    "to the person in the team": Case(allow("Sales", "maya"), YES),
    "to another person": Case(allow(person="omar"), NO),
    "to another team of the person": Case(allow("Treasury"), NO),
    "for a time that is now": Case(allow("Sales", from_at=NOW - DAY, until_at=NOW + DAY), YES),
    "for a time to come": Case(allow("Sales", from_at=NOW + DAY), NO),
    "for a time that is over": Case(allow("Sales", until_at=NOW - DAY), NO),
    "denied to everybody": Case(deny(), NO),
    "denied to another team of the person": Case(deny(team="Treasury"), NO),
    "denied to the person": Case(deny(person="maya"), NO),
    "denied to somebody else": Case(deny(person="omar"), YES),
    "a denial that is over": Case(both(allow("Sales"), allow(effect="DENY", until_at=NOW - DAY)), YES),
    "a request that waits": Case(asked("open"), NO),
    "a request that was refused": Case(asked("denied"), NO),
    "a request that was approved": Case(asked("approved"), YES),
    "an approval that has run out": Case(asked("approved", NOW + DAY), NO),
    "switched off": Case(both(allow("Sales"), changed(is_on=False)), NO),
    "at a provider that is off": Case(at_a_provider_that_is_off, NO),
    "retired today": Case(both(allow("Sales"), changed(retires_on=day_of(NOW))), NO),
    "retires in two days": Case(both(allow("Sales"), changed(retires_on=day_of(NOW) + 2 * DAY)), YES),
    "a price that nobody knows": Case(both(allow("Sales"), changed(output_price=None)), NO),
    "a price that took over": Case(price_that_comes(NOW - DAY), YES),
    "a price to come": Case(price_that_comes(NOW + DAY), NO),
    "its own budget is spent": Case(spent, YES, is_called=NO),
    "not on the key's list": Case(allow("Sales"), YES, is_in_the_key=False),
}


@dataclass
class World:
    """Maya of Sales and Treasury at every door, with a model for each case."""

    provider: Any
    teams: dict[str, Any]
    people: dict[str, Any]
    asker: Asker | None = None
    program: Program | None = None
    models: dict[str, LanguageModel] | None = None

    def arrived(self) -> set[str]:
        """The cases whose models were really called since the last time this was asked."""
        bodies = [*self.provider.requests, *self.provider.embedding_requests]
        self.provider.requests.clear()
        self.provider.embedding_requests.clear()
        return {body["model"] for body in bodies}

    def shown(self, page: bytes | str) -> set[str]:
        """The cases whose models stand on a page, by label."""
        text = page if isinstance(page, str) else page.decode()
        return {name for name, model in self.models.items() if model.label in text}


@pytest.fixture
def world(runner, provider, make_team, make_person, sign_in, monkeypatch):
    monkeypatch.setattr(routing, "blind_retries", routing.RetryBudget(99))
    monkeypatch.setattr(privacy_views, "PREVIEWS", Pace(at_once=99, a_second=99))
    monkeypatch.setattr(preparing, "MOST_UNFINISHED", 99)
    monkeypatch.setattr(files, "MOST_FILES", 99)
    health.forget()
    teams = {name: make_team(name) for name in ("Sales", "Treasury", "Legal")}
    people = {
        "maya": make_person("maya", teams=("Sales", "Treasury")),
        "omar": make_person("omar", teams=("Legal",)),
        "david": make_person("david", roles=("ADMIN",)),
    }
    Membership.objects.filter(person=people["maya"], team=teams["Sales"]).update(standing="LEAD")
    Budget.objects.create(team=teams["Sales"], hard_limit=Decimal(1_000))
    BatchMark.objects.create(scope="PERSON", person=people["maya"], created_at=NOW)
    world = World(provider, teams, people)
    provider.always_answers("Yes.")
    place = Provider.objects.create(
        name="Fake", kind="OPENAI_COMPATIBLE", base_url=provider.base_url, egress_class="INSIDE", is_on=True
    )
    world.models = {name: make_case(world, place, number, name) for number, name in enumerate(CASES)}
    world.asker = Asker(people["maya"], sign_in(people["maya"]), world.models["to the team"])
    world.program = Program(key_of(world).secret)
    yield world
    health.forget()


def make_case(world, place, number, name):
    model = LanguageModel.objects.create(
        provider=place, label=f"Door {number:02}", upstream_id=name, context_window=8192, max_output_tokens=64,
        input_price=1, output_price=1, capabilities=["chat", "embeddings"], is_on=True,
    )  # fmt: skip
    LaneModel.objects.create(model=model)
    CASES[name].set_up(world, model)
    return LanguageModel.objects.get(pk=model.pk)


def key_of(world):
    """A key that names every model of the world, allowed or not, but one."""
    wish = keys.Wish("Laptop", world.teams["Sales"], tuple(Scope), ())
    made = keys.make_personal(world.people["maya"], wish, now=timezone.now())
    listed = [model.pk for name, model in world.models.items() if CASES[name].is_in_the_key]
    ApiKey.objects.filter(pk=made.row.pk).update(model_ids=listed)
    return made


# Doors that list.


def picker(world):
    page = world.asker.client.get("/").content.decode()
    return world.shown(re.search(r'<select class="select" name="model".*?</select>', page, re.S)[0])


def picker_of_a_conversation(world):
    turn = old_turn(world, None)
    page = world.asker.client.get(f"/c/{turn.conversation_id}/").content.decode()
    return world.shown(re.search(r'<select class="select" name="model".*?</select>', page, re.S)[0])


def own_models(world):
    page = world.asker.client.get("/console/your-models/").content.decode()
    section = re.search(r"For Sales</h2>.*?</section>", page, re.S)[0]
    return world.shown(re.search(r"<table.*?</table>", section, re.S)[0])


def preview(world, address):
    def is_foreseen(model):
        form = {"text": "Hello", "model": str(model.pk), "team": str(world.teams["Sales"].pk)}
        answer = world.asker.client.post(address, form)
        assert answer.status_code in {200, 422}
        return answer.status_code == 200

    return {name for name, model in world.models.items() if is_foreseen(model)}


def preview_of_a_new_conversation(world):
    return preview(world, "/c/preview")


def preview_in_a_conversation(world):
    return preview(world, f"/c/{old_turn(world, None).conversation_id}/preview")


def keys_page(world):
    return world.shown(world.asker.client.get("/keys/?team=sales").content)


def service_key_page(world):
    """A lead sees what somebody of the team may call: here Maya alone is in it."""
    return world.shown(world.asker.client.get("/keys/services/add/?team=sales").content)


def made_key_page(world):
    form = {"name": "Laptop", "days": "30", "scopes": ["CHAT"]}
    return world.shown(world.asker.client.post(f"/keys/teams/{world.teams['Sales'].pk}/add/", form).content)


def batches_page(world):
    return world.shown(world.asker.client.get("/batches/?team=sales").content)


def v1_models(world):
    return world.shown(world.program.get("/v1/models").body)


def v1_model(world):
    replies = {name: world.program.get(f"/v1/models/{model.label}") for name, model in world.models.items()}
    assert {reply.status for reply in replies.values()} == {200, 404}
    return {name for name, reply in replies.items() if reply.status == 200}


def v1_count(world):
    """A count of tokens sends nothing, and tells of a model that it is there: so it is asked like a list."""

    def is_counted(model):
        body = {"model": model.label, "messages": HELLO}
        return world.program.call("/v1/messages/count_tokens", body).status == 200

    return {name for name, model in world.models.items() if is_counted(model)}


# Doors that call.


def begin(world):
    for model in world.models.values():
        begin_with(world, model)


def begin_with(world, model):
    form = world.asker.form("Hello", team=str(world.teams["Sales"].pk), model=str(model.pk), uses_documents="")
    assert world.asker.client.post("/c/", form).status_code == 302
    world.asker.closed(world.asker.newest())


def ask(world):
    conversation = old_turn(world, None).conversation_id
    for model in world.models.values():
        world.asker.ask("Hello", conversation, model=str(model.pk), uses_documents="")


def asked_again(outcome: str, way: str, **values: Any) -> Callable[[World], None]:
    def call(world):
        for model in world.models.values():
            turn = old_turn(world, model, outcome=outcome, **values)
            answer = world.asker.client.post(f"/turns/{turn.pk}/{way}", {"model": str(model.pk)})
            assert answer.status_code == 302
            world.asker.closed(world.asker.newest())

    return call


def old_turn(world, model, *, outcome="FAILED", **values):
    """A turn of Sales that ended, as if it had been asked while the model was allowed."""
    question = Question("Hello", uuid4(), None, uses_documents=False)
    maya, sales = world.people["maya"], world.teams["Sales"]
    turn = turns.begin_conversation(maya, team=sales, question=question, now=timezone.now())
    Turn.objects.filter(pk=turn.pk).update(model=model, outcome=outcome, closed_at=timezone.now(), **values)
    return turn


def program_asks(path: str, **body: Any) -> Callable[[World], None]:
    def call(world):
        under_way = [world.program.begin(path, {"model": model.label, **body})[1] for model in world.models.values()]
        assert {future.result(PATIENCE_SECONDS).status for future in under_way} <= {200, 402, 404}

    return call


def upload(world):
    """The page's own upload, then the start, then the worker."""
    for model in world.models.values():
        file = SimpleUploadedFile("prompts.jsonl", json.dumps({"id": "1", "prompt": "Hello"}).encode())
        answer = world.asker.client.post("/batches/?team=sales", {"file": file, "model": str(model.pk)})
        if answer.status_code == 302:
            assert world.asker.client.post(f"{answer.url}start/").status_code == 302
    work()


def lines(**states: Any) -> Callable[[World], None]:
    """Batches that were begun while the model was allowed: each line asks anew."""

    def call(world):
        for model in world.models.values():
            batch = started(world, model)
            Batch.objects.filter(pk=batch.pk).update(**states.get("batch", {}))
            batch.lines.update(**states.get("lines", {}))
            if way := states.get("way"):
                assert world.asker.client.post(f"/batches/{batch.pk}/{way}/").status_code == 302
        work()

    return call


def started(world, model):
    draft = preparing.keep_draft(
        world.people["maya"], team=world.teams["Sales"], model=model, name="a.jsonl", raw=b'{"id":1,"prompt":"Hi"}',
        now=timezone.now(),
    )  # fmt: skip
    return preparing.start(draft.pk, by=world.people["maya"], columns=None, now=timezone.now())


def work():
    async def run() -> None:
        await running.work(seconds=20)
        await client.close()

    asyncio.run(run())


def alternates(world):
    """A model that fails and falls back to any other: all that fail after it are those that may answer for it."""
    first = LanguageModel.objects.create(
        provider=world.models["to the team"].provider, label="First", upstream_id="first", context_window=8192,
        max_output_tokens=64, input_price=1, output_price=1, capabilities=["chat"], is_on=True,
        fallback=LanguageModel.Fallback.ANY_IN_CLASS,
    )  # fmt: skip
    Grant.objects.create(model=first, team=world.teams["Sales"])
    world.provider.always_says(lambda body: None)
    begin_with(world, first)
    return world.arrived() - {"first"}


def auto(world):
    """The automatic route, with each model named by the admin as both the small and the large one."""
    key = ApiKey.objects.get(name="Laptop")
    ApiKey.objects.filter(pk=key.pk).update(model_ids=None)
    route = AutoRoute.objects.create(team=world.teams["Sales"], is_on=True)
    named: set[str] = set()
    for name, model in world.models.items():
        AutoRoute.objects.filter(pk=route.pk).update(small=model, large=model)
        world.program.call("/v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]})
        arrived = world.arrived()
        assert arrived <= through(is_key=False)
        named |= arrived & {name}
    return named


def program_begins_batches(world):
    program = files.Program(
        world.people["maya"], world.teams["Sales"], "Laptop", uuid4(), None, is_service=False, model_ids=None
    )
    for model in world.models.values():
        line = {"custom_id": "1", "body": {"model": model.label, "messages": HELLO}}
        file = files.keep(program, name="a.jsonl", raw=json.dumps(line).encode(), now=timezone.now())
        body = {
            "input_file_id": f"file-{file.pk.hex}",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
        }
        assert world.program.call("/v1/batches", body).status in {200, 400}
    work()


HELLO = [{"role": "user", "content": "Hello"}]
LISTS: dict[str, Callable[[World], set[str]]] = {
    "chat:home": picker,
    "chat:conversation": picker_of_a_conversation,
    "chat:preview_new": preview_of_a_new_conversation,
    "chat:preview": preview_in_a_conversation,
    "console:own_models": own_models,
    "keys:mine": keys_page,
    "keys:add": made_key_page,
    "keys:service_add": service_key_page,
    "batch:batches": batches_page,
    "GET /v1/models": v1_models,
    "GET /v1/models/(?P<name>.+)": v1_model,
    "POST /v1/messages/count_tokens": v1_count,
}
CALLS: dict[str, Callable[[World], object]] = {
    "chat:begin": begin,
    "chat:ask": ask,
    "chat:retry": asked_again("FAILED", "retry"),
    "chat:ask_another": asked_again("ANSWERED", "another"),
    "chat:send_anyway": asked_again("REFUSED", "send-anyway", reason="HELD_BY_POLICY", held=["<PERSON_1>"]),
    "batch:start": upload,
    "batch.work": lines(),
    "batch:resume": lines(batch={"state": "PAUSED", "pause_reason": "BY_OWNER"}, way="resume"),
    "batch:run_again": lines(batch={"state": "FINISHED", "closed_at": NOW}, lines={"state": "FAILED"}, way="again"),
    "fallback": alternates,
    "auto": auto,
    "POST /v1/chat/completions": program_asks("/v1/chat/completions", messages=HELLO),
    "POST /v1/responses": program_asks("/v1/responses", input="Hello"),
    "POST /v1/messages": program_asks("/v1/messages", messages=HELLO, max_tokens=9),
    "POST /v1/embeddings": program_asks("/v1/embeddings", input="Hello"),
    "POST /v1/batches": program_begins_batches,
}
WITHOUT_MODELS: dict[str, str] = {
    "sees no model": """
        chat:delete chat:lift_stop chat:mask_again chat:release chat:rename chat:stop chat:what_left chat:looks
        keys:key keys:revoke keys:hand_over keys:every_key
        batch:batch batch:cancel batch:csv batch:discard batch:erase batch:jsonl batch:pause
    """,
    "an admin's page; admins see every model": """
        batch:models batch:open_model batch:close_model
        console:auto console:auto_change console:batch_mark console:batch_unmark console:budget console:budget_add
        console:budget_remove console:budgets console:dictionary console:dictionary_add console:dictionary_export
        console:dictionary_import console:dictionary_import_begin console:dictionary_import_bring
        console:dictionary_import_correct console:dictionary_import_discard console:dictionary_include_staff
        console:dictionary_leave_staff_out console:dictionary_remove console:dictionary_term console:grant_give
        console:grant_remove console:grant_take console:index console:limits console:limits_rules console:model
        console:model_add console:model_fallback console:model_grants console:model_off console:model_on
        console:model_prices console:models console:offer_take_up console:people console:person
        console:person_deactivate console:person_grant_role console:person_join_team console:person_leave_team
        console:person_reactivate console:person_revoke_role console:person_set_standing console:price_withdraw
        console:privacy console:privacy_change console:privacy_trial console:provider console:provider_add
        console:provider_off console:provider_on console:providers console:rate console:rate_add console:rate_remove
        console:request_approve console:request_deny console:requests console:stop_lift console:team
        console:team_add_member console:team_create console:team_rename console:teams
    """,
    "an admin's test of a connection, which needs no grant (docs/gateway.md)": "console:model_test",
    "takes back what the person asked for": "console:request_withdraw",
}


def listed() -> set[str]:
    return {name for name, case in CASES.items() if case.is_listed}


def through(*, is_key: bool) -> set[str]:
    return {name for name, case in CASES.items() if case.goes_through and (case.is_in_the_key or not is_key)}


@pytest.mark.parametrize("door", LISTS)
def test_a_door_lists_what_may_be_called_and_nothing_else(world, door):
    wanted = listed()
    if " /v1" in door:
        wanted -= {name for name, case in CASES.items() if not case.is_in_the_key}

    assert LISTS[door](world) == wanted
    assert world.arrived() == set()


@pytest.mark.parametrize("door", CALLS)
def test_at_a_door_only_what_may_be_called_reaches_the_provider(world, door):
    arrived = CALLS[door](world)

    assert (world.arrived() if arrived is None else arrived) == through(is_key=door.startswith("POST /v1"))


def test_no_door_is_forgotten():
    doors = {*LISTS, *CALLS}
    waived = {name for names in WITHOUT_MODELS.values() for name in names.split()}
    pages = {name for name, module in doors_of(get_resolver().url_patterns) if knows_models(module)}
    programs = {f"{address.method} {address.pattern}" for address in ADDRESSES if not sees_only_files(address)}

    assert pages | programs == (doors & (pages | programs)) | waived, (
        "A door was added or taken away. If it lists or calls models, add it to LISTS or CALLS, so that the table of "
        "who may call what is asked there too; if not, name it in WITHOUT_MODELS with the reason."
    )
    assert not doors & waived


def sees_only_files(address: Address) -> bool:
    """Say whether an address is about files and batches that are there; beginning one is a door like any other."""
    begins = (address.method, address.pattern) == ("POST", "/v1/batches")
    return address.pattern.startswith(("/v1/files", "/v1/batches")) and not begins


def doors_of(patterns: Iterable[Any], room: str = "") -> Iterator[tuple[str, str]]:
    """Give each address by its name, with the module of what answers it."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from doors_of(pattern.url_patterns, f"{room}{pattern.namespace}:" if pattern.namespace else room)
        else:
            yield f"{room}{pattern.name}", pattern.callback.__module__


IMPORTED = r"from (apps\.(?:gateway|chat|batch)(?:\.\w+| import \w+))"
KNOW_NO_MODEL = {"apps.batch.results", "apps.gateway.addresses", "apps.gateway import addresses"}
"""What rooms that know no model may take from those that do: a way to write cells, and rules for addresses."""


@cache
def knows_models(module: str) -> bool:
    """Say whether anything in the room of this module imports what lists or calls models."""
    room = ROOT.joinpath(*module.split(".")[:2])
    sources = room.rglob("*.py") if room.is_dir() else ()
    return any(set(re.findall(IMPORTED, source.read_text())) - KNOW_NO_MODEL for source in sources)
