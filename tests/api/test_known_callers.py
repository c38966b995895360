"""
Callers who are remembered: whatever changes what they may do counts at their next call, as if they were not.

Each case asks twice, so that the second call is from memory, changes one thing, and asks again. What comes then is held
to what a process says that has just started and remembers nobody.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, connections
from django.utils import timezone

from apps.accounts.models import Edition, Membership, Role, RoleAssignment, Team, User
from apps.api import entering, known, lookup
from apps.api.models import ApiKey, Scope
from apps.chat import story
from apps.gateway import admission, admitted, lookups
from apps.gateway.models import (
    BatchMark,
    Budget,
    Grant,
    LanguageModel,
    LoopStop,
    PriceVersion,
    Provider,
    RateLimit,
    Reservation,
    RunawayRules,
)
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent, Outcome
from apps.privacy import policies
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.models import PolicyVersion
from apps.privacy.policy import Rule, Treatment
from tests.api.programs import Program
from tests.fake_provider import FakeProvider
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "Please greet Grace Hopper"


@dataclass
class Asked:
    """What was read anew for each call: who calls with which model, and how the model stands."""

    callers: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)

    def forget(self) -> None:
        self.callers.clear()
        self.models.clear()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    seen = Asked()
    enter, judged = entering.enter, admission._callable

    def entered(*arguments: Any, **named: Any) -> Any:
        seen.callers.append("read")
        return enter(*arguments, **named)

    def callable_(*arguments: Any, **named: Any) -> Any:
        seen.models.append("read")
        return judged(*arguments, **named)

    monkeypatch.setattr(entering, "enter", entered)
    monkeypatch.setattr(admission, "_callable", callable_)
    return seen


@pytest.fixture
def remembered(program: Program, provider: FakeProvider, asked: Asked, david: User) -> Program:
    """A program whose last call was from memory."""
    provider.always_answers("Yes.")
    assert program.chat(QUESTION).status == 200
    asked.forget()
    assert program.chat(QUESTION).status == 200
    assert (asked.callers, asked.models) == ([], []), "the second call is from memory"
    return program


@pytest.fixture
def david(make_person: Any) -> User:
    person: User = make_person("david", roles=(Role.ADMIN,))
    return person


def only(model: Any) -> Any:
    """Give the rows of a model, of which a test has one."""
    return model.objects.all()


def of_maya(model: Any) -> Any:
    return model.objects.filter(person__username="maya")


def priced(**prices: Any) -> Callable[[], object]:
    def change() -> None:
        now = timezone.now()
        PriceVersion.objects.create(
            model=LanguageModel.objects.get(),
            currency="USD",
            from_at=now,
            created_at=now,
            set_by_label="David",
            **prices,
        )

    return change


def blocked_by_policy() -> None:
    policies.change(
        {"PERSON": Rule(Treatment.BLOCK)}, team=None, egress_class="OUTSIDE", based_on=0, is_confirmed=True,
        by=User.objects.get(username="david"), now=timezone.now(),
    )  # fmt: skip


def stopped() -> None:
    key = ApiKey.objects.get()
    until = timezone.now() + timedelta(minutes=5)
    LoopStop.objects.create(
        person=key.person, key_id=key.pk, reason="REPEATS", calls=20, cost=1, currency="USD",
        began_at=timezone.now(), until=until,
    )  # fmt: skip


def denied() -> None:
    Grant.objects.create(model=LanguageModel.objects.get(), effect="DENY", person=User.objects.get(username="maya"))


REFUSED_AFTER: dict[str, Callable[[], object]] = {
    "the key is revoked": lambda: only(ApiKey).update(revoked_at=timezone.now()),
    "the key's end is moved to the past": lambda: only(ApiKey).update(
        created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1)
    ),
    "the key is deleted": lambda: only(ApiKey).delete(),
    "the key is for something else": lambda: only(ApiKey).update(scopes=[Scope.MODELS]),
    "the key names another model": lambda: only(ApiKey).update(model_ids=[Team.objects.get().pk]),
    "the person is shut out": lambda: User.objects.filter(username="maya").update(is_active=False),
    "the person leaves the team": lambda: of_maya(Membership).delete(),
    "the person may not chat any more": lambda: of_maya(RoleAssignment).delete(),
    "the grant is taken away": lambda: only(Grant).delete(),
    "the grant has ended": lambda: only(Grant).update(until_at=timezone.now() - timedelta(seconds=1)),
    "the grant begins tomorrow": lambda: only(Grant).update(from_at=timezone.now() + timedelta(days=1)),
    "a denial is set": denied,
    "the model is switched off": lambda: only(LanguageModel).update(is_on=False),
    "the model is retired": lambda: only(LanguageModel).update(retires_on=timezone.now().date()),
    "the model has another name": lambda: only(LanguageModel).update(label="Other"),
    "the model only embeds": lambda: only(LanguageModel).update(capabilities=["embeddings"]),
    "the price is not known": lambda: only(LanguageModel).update(input_price=None),
    "the window is too small": lambda: only(LanguageModel).update(context_window=2, max_output_tokens=1),
    "the provider is switched off": lambda: only(Provider).update(is_on=False),
    "the budget is taken away": lambda: only(Budget).delete(),
    "the budget is spent": lambda: only(Budget).update(hard_limit=Decimal("0.0001")),
    "there is a limit of pace": lambda: RateLimit.objects.create(scope="ORGANISATION", requests=1),
    "a stop is set": stopped,
    "the policy blocks what is asked": blocked_by_policy,
}


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in REFUSED_AFTER.items()])
def test_whoever_was_let_out_a_moment_ago_is_refused_after(
    remembered: Program, provider: FakeProvider, change: Callable[[], object]
) -> None:
    answered = len(provider.requests)
    change()

    reply = remembered.chat(QUESTION)

    assert len(provider.requests) == answered
    assert Outcome.objects.exclude(kind="REFUSED").count() == answered
    assert not Reservation.objects.filter(state="HELD").exists()
    assert what_a_new_process_says(remembered) == (reply.status, reply.error["code"], reply.error["message"])
    assert reply.status >= 400
    refusals = Outcome.objects.filter(kind="REFUSED").count()
    assert refusals in {0, 2}, "a call that begins again is on the record once"


def test_whoever_joins_a_team_that_is_denied_the_model_is_refused_at_the_next_call(
    remembered: Program, provider: FakeProvider, asked: Asked
) -> None:
    others = Team.objects.create(name="Others", slug="others")
    Grant.objects.create(model=LanguageModel.objects.get(), effect="DENY", team=others)
    assert remembered.chat(QUESTION).status == 200
    asked.forget()
    assert remembered.chat(QUESTION).status == 200
    assert asked.callers == []

    Membership.objects.create(team=others, person=User.objects.get(username="maya"))

    assert remembered.chat(QUESTION).status == 404


def test_newcomers_and_new_keys_let_nobody_who_calls_begin_again(
    remembered: Program, asked: Asked, make_person: Any
) -> None:
    """On the day a company begins, people come by the second; and everybody may make keys."""
    priya = make_person("priya", roles=(Role.EMPLOYEE,))
    key = ApiKey.objects.get()
    key.pk, key.person, key.digest, key.name = new_id(), priya, b"d" * len(key.digest), "New"
    key.save(force_insert=True)
    RoleAssignment.objects.create(person=User.objects.get(username="maya"), role=Role.AUDITOR)

    assert remembered.chat(QUESTION).status == 200
    assert (asked.callers, asked.models) == ([], [])


def test_whoever_was_refused_is_masked_once_at_the_next_call(
    remembered: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrub, masked = story.scrub, []

    async def counted(*arguments: Any, **named: Any) -> Any:
        masked.append(1)
        return await scrub(*arguments, **named)

    monkeypatch.setattr(story, "scrub", counted)
    RateLimit.objects.create(scope="ORGANISATION", requests=1)

    assert remembered.chat(QUESTION).status == 429
    assert len(masked) == 2
    assert remembered.chat(QUESTION).status == 429
    assert len(masked) == 3


def test_where_the_record_is_silent_whoever_is_remembered_waits_no_longer_than_others(
    remembered: Program, provider: FakeProvider
) -> None:
    """Each attempt waits five seconds for a lock; a second one would be told after the ten that are promised."""
    is_held, may_let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; SELECT FROM gateway_purse FOR UPDATE")
            is_held.set()
            may_let_go.wait(PATIENCE_SECONDS)
            cursor.execute("ROLLBACK")

    other = threading.Thread(target=elsewhere_body(hold))
    other.start()
    assert is_held.wait(PATIENCE_SECONDS)
    began = time.monotonic()
    reply = remembered.chat(QUESTION)
    seconds = time.monotonic() - began
    may_let_go.set()
    other.join(PATIENCE_SECONDS)

    assert (reply.status, reply.error["code"]) == (503, "record_unavailable")
    assert seconds < 9
    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    ("change", "told", "attempts"),
    [
        (lambda: None, (503, "scrubber_unavailable"), 1),
        (lambda: only(ApiKey).update(revoked_at=timezone.now()), (401, "revoked_api_key"), 1),
        (lambda: only(Team).update(name="Sellers"), (503, "scrubber_unavailable"), 2),
    ],
    ids=["nothing changed", "the key is revoked", "the team has another name"],
)
def test_where_nothing_can_be_masked_that_is_told_once_it_is_known_whom(
    remembered: Program,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[], object],
    told: tuple[int, str],
    attempts: int,
) -> None:
    masked = []

    async def fail(*_: Any, **__: Any) -> Any:
        masked.append(1)
        raise ScrubberUnavailable("It took too long.")

    monkeypatch.setattr(story, "scrub", fail)
    change()

    reply = remembered.chat(QUESTION)

    assert (reply.status, reply.error["code"]) == told
    assert len(masked) == attempts
    recorded = Outcome.objects.filter(kind="REFUSED").values_list("reason", flat=True)
    assert list(recorded) == ["SCRUBBER_UNAVAILABLE: It took too long."] * (told[0] == 503)


def what_a_new_process_says(program: Program) -> tuple[int, str, str]:
    known.callers.clear()
    admitted.callers.clear()
    reply = program.chat(QUESTION)
    return reply.status, reply.error["code"], reply.error["message"]


def test_what_changes_about_a_model_and_its_caller_counts_at_the_next_call(
    remembered: Program, provider: FakeProvider, other_provider: FakeProvider, asked: Asked
) -> None:
    other_provider.always_answers("No.")
    only(Provider).update(base_url=other_provider.base_url, region="Mars")
    only(LanguageModel).update(upstream_id="newer", output_price=Decimal(80), max_output_tokens=500)
    only(Team).update(name="Sellers")
    User.objects.filter(username="maya").update(name="Maya L.")

    reply = remembered.chat(QUESTION)

    assert (reply.status, reply.text) == (200, "No.")
    assert (other_provider.requests[-1]["model"], other_provider.requests[-1]["max_tokens"]) == ("newer", 500)
    intent = Intent.objects.latest("started_at")
    assert (intent.person_label, intent.team_label) == ("Maya L. (key Laptop)", "Sellers")
    assert Reservation.objects.latest("created_at").output_price == Decimal(80)
    assert asked.callers == ["read"]


def test_a_price_that_takes_over_counts_at_the_next_call(remembered: Program) -> None:
    priced(input_price=Decimal(7), output_price=Decimal(9))()

    assert remembered.chat(QUESTION).status == 200

    assert Reservation.objects.latest("created_at").output_price == Decimal(9)


def test_rules_and_marks_of_the_guard_count_at_the_next_call(remembered: Program) -> None:
    RunawayRules.objects.update_or_create(
        pk=1, defaults={"slow_after": 3, "stop_after": 4, "longest_run": 20, "run_ceiling": 20, "stop_minutes": 10}
    )
    only(BatchMark).delete()

    statuses = [remembered.chat(QUESTION).status for _ in range(3)]

    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(("stop_after", "noted"), [(20, "LOOP_SLOWED"), (4, "LOOP_STOPPED")], ids=["slowed", "stopped"])
def test_what_the_guard_notes_of_a_call_that_begins_again_is_noted_once_and_told_as_ever(
    remembered: Program, stop_after: int, noted: str
) -> None:
    RunawayRules.objects.create(
        pk=1, slow_after=3, stop_after=stop_after, longest_run=200, run_ceiling=20, stop_minutes=10
    )
    only(BatchMark).delete()
    assert remembered.chat(QUESTION).status == 200
    only(Budget).update(hard_limit=Decimal("0.0001"))

    assert remembered.chat(QUESTION).error["code"] == "insufficient_quota"
    assert list(Event.objects.filter(action__startswith="LOOP_").values_list("action", flat=True)) == [noted]


def test_a_policy_that_no_longer_masks_counts_at_the_next_call(
    remembered: Program, provider: FakeProvider, david: User
) -> None:
    assert provider.received[-1] == "Please greet <PERSON_1>"
    policies.change(
        {"PERSON": Rule(Treatment.ALLOW)}, team=None, egress_class="OUTSIDE", based_on=0, is_confirmed=True,
        by=david, now=timezone.now(),
    )  # fmt: skip

    remembered.chat(QUESTION)

    assert provider.received[-1] == QUESTION
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    "ends",
    [
        lambda at: only(Grant).update(until_at=at),
        lambda at: only(ApiKey).update(expires_at=at),
        lambda at: Grant.objects.create(model=LanguageModel.objects.get(), effect="DENY", from_at=at),
    ],
    ids=["a grant ends", "a key ends", "a denial begins"],
)
def test_what_ends_by_the_clock_ends_for_whoever_is_remembered(
    program: Program, provider: FakeProvider, asked: Asked, ends: Callable[[Any], object]
) -> None:
    provider.always_answers("Yes.")
    at = timezone.now() + timedelta(seconds=2)
    ends(at)
    assert program.chat(QUESTION).status == 200
    asked.forget()
    assert program.chat(QUESTION).status == 200
    assert asked.callers == [], "the second call is from memory"

    time.sleep(max(0.0, (at - timezone.now()).total_seconds()))

    assert program.chat(QUESTION).status in {401, 404}
    assert len(provider.requests) == 2


def test_what_changes_while_a_message_is_masked_counts_before_it_leaves(
    remembered: Program, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrub = story.scrub

    async def slowly(*arguments: Any, **named: Any) -> Any:
        elsewhere(lambda: only(Grant).delete())
        return await scrub(*arguments, **named)

    monkeypatch.setattr(story, "scrub", slowly)

    assert remembered.chat(QUESTION).status == 404
    assert len(provider.requests) == 2


def test_a_change_that_is_not_committed_yet_changes_nothing_and_then_counts(
    remembered: Program, provider: FakeProvider
) -> None:
    is_changed, may_commit = threading.Event(), threading.Event()

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; DELETE FROM gateway_grant")
            is_changed.set()
            assert may_commit.wait(PATIENCE_SECONDS)
            cursor.execute("COMMIT")

    other = threading.Thread(target=elsewhere_body(change))
    other.start()
    assert is_changed.wait(PATIENCE_SECONDS)
    before = remembered.chat(QUESTION).status
    may_commit.set()
    other.join(PATIENCE_SECONDS)

    assert (before, remembered.chat(QUESTION).status) == (200, 404)


def test_a_name_as_long_as_a_program_likes_is_kept_by_nobody(program: Program, provider: FakeProvider) -> None:
    """An id may be written with dashes anywhere: a thousand names of eight megabytes would fill the memory."""
    provider.always_answers("Yes.")
    program.model = "-" * 100_000 + str(LanguageModel.objects.get().pk)

    assert program.chat(QUESTION).status == 200
    assert not known.callers._found


def test_two_who_change_at_once_wait_for_nobody_and_both_count(transactional_db: None) -> None:
    editions = set()
    is_changed, may_commit = threading.Event(), threading.Event()

    def change() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            Team.objects.create(name="First", slug="first")
            is_changed.set()
            assert may_commit.wait(PATIENCE_SECONDS)
            cursor.execute("COMMIT")

    Team.objects.create(name="Before", slug="before")
    editions.add(edition_now())
    other = threading.Thread(target=elsewhere_body(change))
    other.start()
    assert is_changed.wait(PATIENCE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 1000")
    Team.objects.create(name="Second", slug="second")
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
    editions.add(edition_now())
    may_commit.set()
    other.join(PATIENCE_SECONDS)
    editions.add(edition_now())

    assert len(editions) == 3
    assert Edition.objects.count() == 2


def test_a_call_that_hangs_up_while_it_begins_again_is_stopped(
    remembered: Program, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    scrub = story.scrub
    only(Team).update(name="Sellers")
    gone = threading.Event()

    async def slowly(*arguments: Any, **named: Any) -> Any:
        if len(texts) == 1:
            exchange.hang_up()
            gone.set()
        texts.append("seen")
        return await scrub(*arguments, **named)

    texts: list[str] = []
    monkeypatch.setattr(story, "scrub", slowly)
    exchange, reply = remembered.begin("/v1/chat/completions", remembered.body(QUESTION))

    reply.result(PATIENCE_SECONDS)

    assert gone.is_set()
    assert len(texts) == 2


NOT_OF_AN_EDITION = {
    "accounts_user": {"password", "last_login"},
    "api_apikey": {"last_used_at", "last_refused_at"},
}
"""What says nothing about who may call what. Versions of the policy are only ever added."""
NEWCOMERS = (User, RoleAssignment, ApiKey)
"""New rows of these take nothing from anybody who was let out a moment ago."""
MODELS = (
    User, Team, Membership, RoleAssignment, ApiKey, Provider, LanguageModel, Grant, PriceVersion, BatchMark,
    RunawayRules,
)  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_an_edition_begins_with_every_change_of_every_column(db: None, model: Any) -> None:
    table = model._meta.db_table
    columns = [field.column for field in apps.get_model(model._meta.label)._meta.concrete_fields]
    with connection.cursor() as cursor:
        for column in columns:
            before = edition_now()
            cursor.execute(f'UPDATE {table} SET "{column}" = "{column}" WHERE false')  # noqa: S608 - our own names
            is_new = edition_now() != before
            assert is_new == (column not in NOT_OF_AN_EDITION.get(table, set())), column
        before = edition_now()
        cursor.execute(f"DELETE FROM {table} WHERE false")  # noqa: S608 - our own names
        assert edition_now() != before
        before = edition_now()
        cursor.execute(f"INSERT INTO {table} SELECT * FROM {table} WHERE false")  # noqa: S608 - our own names
        assert (edition_now() != before) == (model not in NEWCOMERS)


ASKED_AT_EACH_CALL = {"accounts_edition", "gateway_loopstop", "gateway_reservation"}
"""What the statement that lets out reads itself, beside budgets, limits and sums."""


def test_what_is_remembered_is_read_of_tables_whose_changes_begin_an_edition_alone(db: None) -> None:
    """A table that is joined to these statements one day needs a trigger, or has to be asked each time."""
    model, _ = lookups.beside_a_key("a label")
    other, _ = lookups.beside_a_key(str(Team().pk))
    read = " ".join(
        (
            lookup._statement_beside(model.text, model.width),
            lookup._statement_beside(other.text, other.width),
            admission._WITH_PAST_OF_A_KEY.part().text,
            admission._WITH_PAST_OF_A_PERSON.part().text,
        )
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_begins_an_edition'")
        watched = {table for (table,) in cursor.fetchall()}
        tables = set(connection.introspection.table_names(cursor))

    named = tables & set(re.findall(r"\w+", read))
    assert {"api_apikey", "accounts_user", "gateway_grant", "privacy_policyversion"} <= named
    assert named - ASKED_AT_EACH_CALL <= watched


def test_what_is_rolled_back_leaves_the_edition_as_it_was_and_an_emptied_database_begins_another(
    transactional_db: None,
) -> None:
    Team.objects.create(name="Before", slug="before")
    before = edition_now()
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        Team.objects.create(name="After", slug="after")
        within = edition_now()
        cursor.execute("ROLLBACK")
    Edition.objects.all().delete()
    assert edition_now() is None
    Team.objects.create(name="After", slug="after")

    assert len({before, within, edition_now()}) == 3


def edition_now() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(value::text, ' ' ORDER BY id) FROM accounts_edition")
        return str(found) if (found := cursor.fetchone()[0]) else None


def elsewhere_body(change: Callable[[], object]) -> Callable[[], None]:
    def body() -> None:
        try:
            change()
        finally:
            connections.close_all()

    return body


def elsewhere(change: Callable[[], object]) -> None:
    """Change something by another connection, and wait."""
    other = threading.Thread(target=elsewhere_body(change))
    other.start()
    other.join(PATIENCE_SECONDS)
