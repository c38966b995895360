"""Programs that run away are slowed, stopped and told why; people, batches and agents at work are let through."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from apps.gateway import admission, budgets, limits, repetition, runaway
from apps.gateway.admission import admit
from apps.gateway.models import BatchMark, LoopStop, Reservation, RunawayRules
from apps.gateway.refusals import RanAway
from apps.ledger import prepared
from apps.ledger.models import Event
from apps.privacy import scrub
from apps.privacy.scrub import Scrubbed, ScrubbedMessage
from tests.gateway.conftest import make_prompt

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
KEY = uuid4()


def conversation(*texts: str, system: str = "You are an agent.") -> Scrubbed:
    """Make a prompt of a system message and then person and model by turns."""
    roles = ("user", "assistant")
    messages = [ScrubbedMessage("system", system)]
    messages += [ScrubbedMessage(roles[n % 2], text) for n, text in enumerate(texts)]
    return Scrubbed(tuple(messages), (), "test", made_by=scrub._ONLY_THIS_MODULE)


@dataclass
class Caller:
    """Somebody who calls: the clock moves by the pause before a call and by how long its answer takes."""

    person: Any
    team: Any
    model: Any
    key_id: UUID | None = KEY
    now: datetime = NOW
    delays: list[float] = field(default_factory=list)

    def ask(self, prompt: Scrubbed, *, pause: float = 0.2, seconds: float = 1.0, fails: bool = False, tokens: int = 50):
        self.now += timedelta(seconds=pause)
        leave = admit(
            person=self.person, team=self.team, model_id=self.model.pk, prompt=prompt, now=self.now, key_id=self.key_id
        )
        self.now += timedelta(seconds=seconds + leave.delay_seconds)
        self.delays.append(leave.delay_seconds)
        if fails:
            budgets.release(leave.reservation_id, now=self.now)
        else:
            budgets.settle(leave.reservation_id, input_tokens=100, output_tokens=tokens, now=self.now)


@pytest.fixture
def caller(make_team, make_person, make_model):
    team = make_team("Sales")
    return Caller(make_person("maya", teams=("Sales",)), team, make_model(team, price="1", budget="1000"))


@pytest.fixture
def admin(make_person):
    return make_person("david", roles=("ADMIN",))


def calls_until_stopped(caller, prompts, **how) -> int:
    for number, prompt in enumerate(prompts):
        try:
            caller.ask(prompt, **how)
        except RanAway:
            return number
    raise AssertionError("never stopped")


def judged(caller, prompt) -> tuple[bool, repetition.Verdict]:
    """Say whether a call would pass by the quick condition, and what the guard itself thinks of it."""
    now = caller.now + timedelta(seconds=0.2)
    asked = runaway.question(prompt, model_id=caller.model.pk, now=now)
    named = {"model": caller.model.pk, "person": caller.person.pk, "team": caller.team.pk, "key": caller.key_id}
    [model] = admission._WITH_PAST_OF_A_KEY.rows(**named, now=now, **asked.values)
    rules, stop, is_batch, past = runaway._remembered(model.past)
    worst_case = Decimal("0.5")
    condition = runaway.plain_call(
        asked, person=caller.person, key_id=caller.key_id, edition=model.edition, rules=rules, worst_case=worst_case,
        may_repeat=is_batch,
    )  # fmt: skip
    verdict = repetition.judge(
        asked.shape, past, rules=rules, worst_case=worst_case, seconds=now.timestamp(), may_repeat=is_batch
    )
    if stop is not None:
        verdict = repetition.Verdict(is_refused=True)
    return bool(prepared.rows(condition.text, condition.values)), verdict


@pytest.mark.parametrize("is_batch", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_what_passes_by_the_quick_condition_is_what_the_guard_lets_pass_untouched(caller, seed, is_batch):
    rng = random.Random(seed)  # noqa: S311 - a game of chance, not a secret
    RunawayRules.objects.create(pk=1, slow_after=4, stop_after=7, longest_run=20, run_ceiling=3, stop_minutes=1)
    if is_batch:
        BatchMark.objects.create(scope="KEY", key_id=KEY, created_at=NOW)
    said: list[str] = []
    both = {True: 0, False: 0}

    for _ in range(120):
        said = [] if rng.random() < 0.15 else said
        said += [rng.choice(("Read a file.", "Run the tests.", f"Step {rng.choice('abcdefgh')}."))]
        prompt = conversation(*said) if rng.random() < 0.7 else make_prompt(rng.choice(("One.", "Two.", "Three.")))
        is_plain, verdict = judged(caller, prompt)
        both[is_plain] += 1
        assert not is_plain or verdict == repetition.Verdict(), verdict
        with suppress(RanAway):
            caller.ask(prompt, pause=rng.choice((0.2, 1, 40)), fails=rng.random() < 0.2, tokens=rng.choice((0, 50)))

    assert both[True] > 20
    assert both[False] > 0


# Loops.


def test_the_same_request_again_and_again_is_slowed_then_stopped_with_numbers_and_blanks_ignored(caller):
    stopped_at = calls_until_stopped(caller, (make_prompt(f"Summarise  row {n},\nplease") for n in range(99)))

    assert stopped_at == 20
    assert caller.delays[:8] == [0] * 8
    assert caller.delays[8:] == sorted(caller.delays[8:])
    assert caller.delays[-1] == 8
    stop = LoopStop.objects.get()
    assert (stop.reason, stop.person, stop.key_id, stop.calls, stop.currency) == (
        "REPEATS",
        caller.person,
        KEY,
        20,
        "USD",
    )
    assert [event.action for event in Event.objects.order_by("id")] == ["LOOP_SLOWED", "LOOP_STOPPED"]


def test_a_stop_says_why_and_when_it_ends_and_ends(caller):
    calls_until_stopped(caller, [make_prompt("again")] * 99)

    with pytest.raises(RanAway) as refused:
        caller.ask(make_prompt("something else"))
    assert "the same request again and again" in refused.value.sentence
    assert "Nothing was sent" in refused.value.sentence
    assert 0 < refused.value.retry_after <= 600
    with pytest.raises(RanAway):
        runaway.require_no_stop(person=caller.person, key_id=KEY, now=caller.now)

    caller.ask(make_prompt("again"), pause=601)
    assert caller.delays[-1] == 0


def test_a_stop_of_a_key_leaves_the_persons_browser_and_other_keys_alone(caller):
    calls_until_stopped(caller, [make_prompt("again")] * 99)

    for key_id in (None, uuid4()):
        caller.key_id = key_id
        caller.ask(make_prompt("again"))


def test_whoever_answers_for_it_lets_it_go_on_and_counting_starts_afresh(caller):
    calls_until_stopped(caller, [make_prompt("again")] * 99)

    assert runaway.lift(LoopStop.objects.get(), by=caller.person, now=caller.now)
    assert not runaway.lift(LoopStop.objects.get(), by=caller.person, now=caller.now)

    assert calls_until_stopped(caller, [make_prompt("again")] * 99) == 20
    assert Event.objects.filter(action="LOOP_STOP_LIFTED", actor_id=caller.person.pk).count() == 1


def test_a_storm_of_retries_after_failures_is_stopped_sooner(caller):
    stopped_at = calls_until_stopped(caller, [make_prompt("again")] * 99, fails=True, pause=0.1, seconds=0.1)

    assert stopped_at == 10
    assert caller.delays[4] > 0
    assert LoopStop.objects.get().reason == "FAILURES"


def growing(last: str, count: int):
    said: list[str] = []
    for n in range(count):
        said += [last, f"I try it another way: {'x' * n}"]
        yield conversation(*said[:-1])


def test_a_conversation_with_itself_that_repeats_its_last_step_is_stopped(caller):
    assert calls_until_stopped(caller, growing("Error: no such file", 99)) == 20
    assert LoopStop.objects.get().reason == "GROWTH"


def test_a_run_without_a_pause_and_without_an_end_is_stopped(caller, admin):
    limits.change_rules(RunawayRules(longest_run=40), by=admin, now=NOW)
    texts = [word() for _ in range(99)]

    assert calls_until_stopped(caller, (conversation(*texts[: 2 * n + 1]) for n in range(49))) == 40
    assert LoopStop.objects.get().reason == "LENGTH"


def test_a_run_never_costs_more_than_its_ceiling_whatever_the_budget_allows(caller, admin):
    limits.change_rules(RunawayRules(run_ceiling=Decimal("0.03")), by=admin, now=NOW)
    texts = [word() for _ in range(199)]

    calls_until_stopped(caller, (conversation(*texts[: 2 * n + 1]) for n in range(99)), tokens=1000)

    spent = sum(one.cost for one in Reservation.objects.all())
    assert Decimal("0.02") < spent <= Decimal("0.03")


def test_a_second_call_that_would_pass_the_ceiling_is_refused_at_once_and_nothing_is_held_for_it(caller, admin):
    caller.ask(make_prompt("again"), tokens=20_000)
    first = Reservation.objects.get()
    limits.change_rules(RunawayRules(run_ceiling=Decimal("0.01")), by=admin, now=NOW)

    with pytest.raises(RanAway) as refused:
        caller.ask(make_prompt("again"), tokens=20_000)

    assert LoopStop.Reason.CEILING.label in refused.value.sentence
    assert "Nothing was sent" in refused.value.sentence
    assert 0 < refused.value.retry_after <= repetition.RUN_PAUSE_SECONDS
    assert list(Reservation.objects.all()) == [first]


# No false alarms.


def word() -> str:
    return "".join(RANDOM.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(40))


RANDOM = random.Random(7)  # noqa: S311 - words of a test


def test_a_person_who_regenerates_an_answer_a_few_times_is_let_through(caller):
    caller.key_id = None
    for _ in range(3):
        for _ in range(6):
            caller.ask(make_prompt("Write a friendlier version"), pause=4, seconds=5)
        caller.now += timedelta(minutes=2)

    assert set(caller.delays) == {0}


def test_a_person_who_says_go_on_for_an_hour_is_let_through(caller):
    caller.key_id = None
    said: list[str] = []
    for _ in range(30):
        said += ["go on", word()]
        caller.ask(conversation(*said[:-1]), pause=RANDOM.uniform(5, 60), seconds=20)

    assert set(caller.delays) == {0}


@pytest.mark.thorough
def test_an_agent_at_work_for_a_hundred_steps_is_let_through(caller):
    said = ["Fix the failing test"]
    for step in range(100):
        caller.ask(conversation(*said), pause=RANDOM.choice([0.05, 0.3, 1, 2, 12]), seconds=RANDOM.uniform(1, 9))
        said += [f"run {word()}", word() if step % 3 else "ok"]

    assert set(caller.delays) == {0}


@pytest.mark.thorough
def test_the_same_question_to_many_models_and_one_template_over_many_texts_are_let_through(caller, make_model):
    for n in range(30):
        caller.model = make_model(caller.team, label=f"M{n}", price="1")
        caller.ask(make_prompt("Which is larger?"))
    for _ in range(60):
        caller.ask(make_prompt(f"Classify this ticket: {word()}"), pause=0)

    assert set(caller.delays) == {0}


def test_a_job_that_asks_the_same_each_minute_is_let_through(caller):
    for _ in range(60):
        caller.ask(make_prompt("Is there news?"), pause=59)

    assert set(caller.delays) == {0}


def test_a_batch_that_was_marked_may_repeat_but_not_storm_after_failures(caller, admin):
    limits.mark_batch(BatchMark(scope="KEY", key_id=KEY), by=admin, now=NOW)
    for n in range(60):
        caller.ask(make_prompt(f"Row {n}"), pause=0)
    assert set(caller.delays) == {0}

    assert calls_until_stopped(caller, [make_prompt("Row")] * 99, fails=True) <= 10


# What is kept.


def test_only_keyed_hashes_are_kept_and_another_day_has_another_key(caller):
    prompt = make_prompt("Please greet <PERSON_1>")
    caller.ask(prompt)

    kept = Reservation.objects.get()
    today, beginnings = repetition.shapes_of(prompt, model_id=caller.model.pk, now=caller.now)
    tomorrow, _ = repetition.shapes_of(prompt, model_id=caller.model.pk, now=caller.now + timedelta(days=1))
    assert (bytes(kept.shape), bytes(kept.step)) == (today.whole, today.step)
    assert beginnings == []
    assert not {today.whole, today.step} & {tomorrow.whole, tomorrow.step}
    assert len(today.whole) == 16
