"""How models are judged from their calls: with hysteresis, shared between processes, never flapping."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.gateway import client, health, probing
from apps.gateway.client import ModelFailed
from apps.gateway.health import Watch
from apps.gateway.models import ModelHealth
from apps.gateway.upstream import FaultKind
from apps.ledger.models import Event
from tests.gateway.conftest import Call

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
BROKEN = FaultKind.PROVIDER_ERROR


def states_after(calls: str) -> list[str]:
    """The states after each call: `.` answers, `x` fails, `s` answers slowly."""
    watch, states = Watch(), []
    for call in calls:
        if call == "x":
            watch.fail(BROKEN)
        else:
            watch.succeed(30.0 if call == "s" else 0.3)
        states.append(watch.state)
    return states


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ("", "OK"),
        ("...", "OK"),
        ("xx", "OK"),
        ("xxx", "DOWN"),
        ("xxx.", "DOWN"),
        ("xxx..", "OK"),
        ("xxx..x", "OK"),
        (".....x.x", "OK"),
        (".x.x.x", "DOWN"),
        ("sss", "SLOW"),
        ("ss", "OK"),
        ("sss....", "SLOW"),
        ("sss" + "." * 12, "OK"),
    ],
)
def test_a_model_is_judged_by_its_last_calls(calls, state):
    assert (["OK", *states_after(calls)])[-1] == state


def test_a_model_that_fails_every_other_time_stays_down_instead_of_flapping():
    states = states_after("x." * 500)

    changes = sum(before != after for before, after in pairwise(states))
    assert changes == 1
    assert states[-1] == "DOWN"


@given(st.text(alphabet=".xs", max_size=60))
def test_a_model_never_goes_down_on_one_failure_nor_comes_back_on_one_answer(calls):
    states = ["OK", *states_after(calls)]

    for at, (before, after) in enumerate(pairwise(states)):
        if before != "DOWN" and after == "DOWN":
            assert calls[: at + 1].endswith("xxx") or calls[max(0, at - 19) : at + 1].count("x") >= 3
            assert calls[at] == "x"
        if before == "DOWN" and after != "DOWN":
            assert set(calls[at - 1 : at + 1]) <= {".", "s"}
            assert at > 0


def test_a_message_that_is_refused_or_too_long_says_nothing_about_the_model():
    model_id = uuid4()
    for kind in health.THE_MESSAGE_ITSELF:
        for _ in range(5):
            health.note_fault(model_id, kind)

    assert not health.is_down(model_id)


async def test_calls_are_noted_by_the_client_itself(provider, prompt, call):
    model_id = uuid4()
    noted = Call(call.endpoint, model_id=model_id)
    for _ in range(3):
        provider.will_answer("yes")
        [_ async for _ in client.stream(noted, prompt)]
    usual = health.usual_first_word(model_id)
    for _ in range(3):
        provider.will_fail(503)
        with pytest.raises(ModelFailed):
            [_ async for _ in client.stream(noted, prompt)]

    assert usual is not None
    assert 0 < usual < 5
    assert health.is_down(model_id)


def test_processes_share_what_they_find_and_the_change_is_one_event(make_model):
    model = make_model()
    for _ in range(3):
        health.note_fault(model.pk, FaultKind.UNREACHABLE)

    health.share(now=NOW)
    health.forget()  # another process begins here
    health.share(now=NOW)

    row = ModelHealth.objects.get()
    assert (row.state, row.fault, row.error_percent) == ("DOWN", "UNREACHABLE", 100)
    assert health.is_down(model.pk)

    health.note_answer(model.pk, 0.2)
    health.note_answer(model.pk, 0.2)
    health.share(now=NOW + timedelta(seconds=2))
    health.share(now=NOW + timedelta(seconds=4))

    assert ModelHealth.objects.get().state == "OK"
    assert list(Event.objects.order_by("id").values_list("action", flat=True)) == ["MODEL_DOWN", "MODEL_UP"]


def test_sharing_costs_one_query_while_there_is_no_news(make_model, django_assert_num_queries):
    health.note_answer(make_model().pk, 0.2)
    health.share(now=NOW)

    with django_assert_num_queries(1):
        health.share(now=NOW + timedelta(seconds=2))


def test_an_idle_models_server_is_asked_for_its_list_and_for_nothing_else(make_model, make_team, provider):
    model = make_model(make_team("Sales"), provider=provider)

    assert probing.probe_idle(now=NOW) == 1
    assert probing.probe_idle(now=NOW + timedelta(seconds=30)) == 0

    assert ModelHealth.objects.get(pk=model.pk).state == "OK"
    assert provider.requests == []


def test_a_server_that_is_gone_is_found_and_found_again(make_model, make_team, provider):
    model = make_model(make_team("Sales"), provider=provider)
    address = provider.base_url
    type(model.provider).objects.update(base_url="http://127.0.0.1:9/v1")
    for minute in range(3):
        probing.probe_idle(now=NOW + timedelta(minutes=2 * minute))

    assert ModelHealth.objects.get().state == "DOWN"

    type(model.provider).objects.update(base_url=address)
    for minute in range(3, 5):
        probing.probe_idle(now=NOW + timedelta(minutes=2 * minute))

    assert ModelHealth.objects.get().state == "OK"


def test_a_server_that_lists_its_models_but_fails_every_question_stays_down(make_model, make_team, provider):
    model = make_model(make_team("Sales"), provider=provider)
    for _ in range(3):
        health.note_fault(model.pk, BROKEN)
    health.share(now=NOW)

    for minute in range(1, 6):
        probing.probe_idle(now=NOW + timedelta(minutes=2 * minute))

    assert ModelHealth.objects.get().state == "DOWN"


def test_models_that_nobody_may_use_are_not_asked(make_model, provider):
    make_model(provider=provider)

    assert probing.probe_idle(now=NOW) == 0
