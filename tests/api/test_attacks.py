"""What a program with bad intent, or a bad moment, does to files, batches and the money behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.api import keys
from apps.api.models import ApiKey
from apps.batch import steering
from apps.batch.models import Batch, PromptFile
from apps.gateway.models import BatchMark, Budget, Reservation, RunawayRules
from apps.ledger.ids import new_id
from apps.ledger.models import Event, Intent, Outcome
from tests.api.programs import Program
from tests.api.test_batches import begin, lines, model, upload, work

__all__ = ["model"]

pytestmark = pytest.mark.django_db(transaction=True)


def line(custom_id: str = "q1", text: str = "Hello", **more: str) -> str:
    """Write a line as it is, escapes and all: a program need not write JSON as ours would."""
    said = f'{{"role": "user", "content": "{text}"}}'
    outside = "".join(f', "{name}": "{value}"' for name, value in more.items())
    return f'{{"custom_id": "{custom_id}", "body": {{"model": "Fake Large", "messages": [{said}]}}{outside}}}'


EVIL = {
    "nested too deep": '{"custom_id": "q1", "body": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "an object without an end": '{"a":' * 50_000 + "1" + "}" * 50_000,
    "a number of a million digits": '{"custom_id": "q1", "body": {"max_tokens": ' + "9" * 1_000_000 + "}}",
    "not a number": '{"custom_id": "q1", "body": {"temperature": NaN, "model": "Fake Large", "messages": []}}',
    "one key twice": '{"custom_id": "q1", "custom_id": "q2", "body": {}}',
    "a list": "[1, 2, 3]",
    "a line of five megabytes": json.dumps({"custom_id": "q1", "body": {"x": "y" * 5_000_000}}),
    "a hundred thousand empty lines": "\n" * 100_000,
    "another address": line(method="POST", url="file:///etc/passwd"),
    "a mark of byte order": "\ufeff" + '{"custom_id": "q1"}',
    "lines of another system": "{}\u2028{}\x85{}",
}


@pytest.mark.parametrize("raw", EVIL.values(), ids=EVIL)
def test_an_evil_file_is_refused_with_a_sentence_and_leaves_no_batch(program, raw):
    reply = upload(program, raw)
    if reply.status == 200:
        asked = {
            "input_file_id": reply.json["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h",
        }  # fmt: skip
        reply = program.call("/v1/batches", asked)

    assert reply.status == 400
    assert reply.error["message"].endswith(".")
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\x", "/abs", "a\x00b.jsonl", "x" * 5_000, "\u202egpj.exe", "<b>.jsonl", ""]
)
def test_no_name_of_a_file_leads_anywhere_or_is_markup_on_a_page(program, maya, name):
    reply = upload(program, lines("Hello"), name=name.replace("\x00", "%00"))

    assert reply.status in {200, 400}
    if reply.status == 200:
        told = reply.json["filename"]
        assert len(told) <= 255
        browser = Client()
        browser.force_login(maya)
        begin_from = {"input_file_id": reply.json["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        assert program.call("/v1/batches", begin_from).status == 200
        assert "<b>.jsonl" not in browser.get("/batches/").content.decode()


def test_a_line_with_half_a_character_harms_no_other_line(program, provider):
    provider.always_answers("Yes.")
    begun = begin(program, "\n".join([line("\\ud800", "\\udc00 and more"), line("q2")])).json

    work()

    told = program.get(f"/v1/batches/{begun['id']}").json
    assert (told["status"], told["request_counts"]["total"]) == ("completed", 2)
    answers = program.get(f"/v1/files/{told['output_file_id']}/content")
    assert answers.status == 200
    assert "q2" in {json.loads(each)["custom_id"] for each in answers.body.decode().splitlines()}


def test_a_line_with_a_nul_is_named_and_nothing_is_started(program):
    reply = begin(program, "\n".join([line("q1"), line("q\\u0000", "a\\u0000b")]))

    assert reply.status == 400
    assert "Line 2" in reply.error["message"]
    assert not Batch.objects.exists()


def test_ids_that_are_none_are_not_found(program):
    for name in (
        "x",
        "../../x",
        "file-" + "0" * 32,
        str(new_id()),
        "%00",
        "batch_" + str(new_id()),
        "file-é",
        "' OR 1=1",
    ):
        for path in (f"/v1/files/{name}", f"/v1/files/{name}/content", f"/v1/batches/{name}"):
            assert program.get(path).status in {400, 404}, path
        asked = {"input_file_id": name, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        assert program.call("/v1/batches", asked).status == 404
    for wrong in (None, 7, ["x"], {"a": 1}, True):
        assert program.call("/v1/batches", {"input_file_id": wrong}).status == 400


def test_a_revoked_key_reaches_none_of_its_files_and_batches(program, maya):
    begun = begin(program).json
    keys.revoke(ApiKey.objects.get(), by=maya, now=timezone.now())

    for method, path in [
        ("GET", "/v1/files"), ("GET", f"/v1/files/{begun['input_file_id']}"), ("GET", "/v1/batches"),
        ("GET", f"/v1/files/{begun['input_file_id']}/content"), ("GET", f"/v1/batches/{begun['id']}"),
        ("POST", f"/v1/batches/{begun['id']}/cancel"), ("DELETE", f"/v1/files/{begun['input_file_id']}"),
    ]:  # fmt: skip
        assert program.call(path, b"", method=method).status == 401, path
    batch = Batch.objects.get()
    assert (batch.state, batch.pause_reason, batch.erased_at) == ("PAUSED", "KEY_ENDED", None)


def test_nothing_more_leaves_for_somebody_who_was_deactivated(program, provider, maya):
    provider.always_answers("Yes.")
    begun = begin(program).json
    maya.is_active = False
    maya.save(update_fields=["is_active"])

    work()

    assert provider.requests == []
    assert program.get(f"/v1/batches/{begun['id']}").status == 401
    assert Batch.objects.get().state != "FINISHED"


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    begin_together = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        begin_together.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_cancelled_many_times_while_it_runs_each_line_ends_once_and_nothing_is_held(program, provider):
    provider.always_answers("Yes.")
    begun = begin(program, lines(*(f"Question {number}" for number in range(12)))).json
    batch = Batch.objects.get()

    at_once([work, *([lambda: steering.cancel(Batch.objects.get(), by=batch.owner, now=timezone.now())] * 4)])
    work()

    told = program.get(f"/v1/batches/{begun['id']}").json
    assert told["status"] in {"cancelled", "completed"}
    assert Outcome.objects.count() == Intent.objects.count() <= 12
    assert len(provider.requests) == Outcome.objects.filter(kind="ANSWERED").count() <= 12
    assert Event.objects.filter(action="BATCH_CANCELLED").count() <= 1
    assert not _held()


def test_batches_started_at_once_never_spend_more_than_their_key_has(program, provider):
    provider.always_answers("Yes.", usage=(100, 100))
    Budget.objects.create(scope="KEY", key_id=ApiKey.objects.get().pk, hard_limit=Decimal("0.05"))
    for _ in range(3):
        assert begin(program, lines(*(f"Question {number}" for number in range(6)))).status == 200

    at_once([work] * 3)

    spent = sum((one.cost for one in Outcome.objects.all()), Decimal(0))
    assert spent <= Decimal("0.05")
    assert not _held()


def _held() -> int:
    return Reservation.objects.filter(state="HELD").count()


def test_a_file_deleted_while_a_batch_begins_with_it_leaves_one_of_the_two(program):
    file_id = upload(program, lines("Hello")).json["id"]
    asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}

    begun = program.call("/v1/batches", asked)
    gone = program.call(f"/v1/files/{file_id}", b"", method="DELETE")
    again = program.call("/v1/batches", asked)

    assert begun.status == 200
    assert gone.status in {200, 409}
    assert again.status == (404 if gone.status == 200 else 200)
    assert PromptFile.objects.filter(pk__isnull=False).count() <= 1


def test_a_call_refused_at_the_ceiling_of_a_run_is_an_event_beside_the_refused_exchange(
    runner, model, make_key, provider
):
    provider.always_answers("Again.", usage=(20_000, 20_000))
    RunawayRules.objects.all().delete()
    RunawayRules.objects.create(run_ceiling=Decimal("0.01"))
    BatchMark.objects.all().delete()
    program = Program(make_key().secret)
    body = {"model": "Fake Large", "messages": [{"role": "user", "content": "Say it again"}]}
    program.call("/v1/chat/completions", body)

    refused = program.call("/v1/chat/completions", body)

    assert (refused.status, refused.error["code"]) == (429, "runaway_stopped")
    (event,) = Event.objects.filter(action="LOOP_AT_CEILING")
    exchange = Intent.objects.get(pk=event.details["exchange"])
    assert exchange.outcome.kind == "REFUSED"
    assert exchange.outcome.reason.startswith("RUN_AT_CEILING: ")
    assert event.subject_id == str(ApiKey.objects.get().pk)
