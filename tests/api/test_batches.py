"""Batches for programs: files and batches in OpenAI's format, over the batches of the pages; nobody sees another's."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.api import keys
from apps.api.models import ApiKey, Scope
from apps.batch import running, steering, tasks
from apps.batch.models import Batch, LaneModel, PromptFile
from apps.gateway import client
from apps.gateway.models import Budget, Grant
from apps.ledger.models import Event, Intent
from apps.privacy.models import DataKey
from tests.api.programs import Program

pytestmark = pytest.mark.django_db(transaction=True)
EDGE = "--edge"
QUESTIONS = ("Please greet Grace Hopper", "And Marisol Quintero")


@pytest.fixture
def model(model):
    LaneModel.objects.create(model=model)
    return model


def lines(*texts, model="Fake Large", **body):
    return "\n".join(
        json.dumps(
            {
                "custom_id": f"q{number}",
                "method": "POST",
                "url": "/v1/chat/completions",
                "body": {"model": model, "messages": [{"role": "user", "content": text}], **body},
            }
        )
        for number, text in enumerate(texts, 1)
    )


def upload(program, content, *, purpose="batch", field="file", name="prompts.jsonl"):
    raw = content if isinstance(content, bytes) else content.encode()
    form = (
        f'--{EDGE}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
        f'--{EDGE}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    ).encode() + raw + f"\r\n--{EDGE}--\r\n".encode()  # fmt: skip
    return program.call("/v1/files", form, headers={"content-type": f"multipart/form-data; boundary={EDGE}"})


def begin(program, content=None, **fields):
    file_id = upload(program, content or lines(*QUESTIONS)).json["id"]
    asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h", **fields}
    return program.call("/v1/batches", asked)


def work():
    async def run():
        await running.work(seconds=20)
        await client.close()

    asyncio.run(run())


def content(program, file_id):
    reply = program.get(f"/v1/files/{file_id}/content")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/jsonl; charset=utf-8")
    return [json.loads(line) for line in reply.body.decode().splitlines()]


def test_a_file_becomes_a_batch_whose_lines_leave_scrubbed_and_come_back_with_the_words(program, provider):
    provider.will_answer("Dear <PERSON_1>", usage=(20, 10))
    provider.will_fail(400)

    begun = begin(program)
    assert (begun.status, begun.json["status"], begun.json["output_file_id"]) == (200, "in_progress", None)
    work()
    batch = program.get(f"/v1/batches/{begun.json['id']}").json

    assert sorted(provider.received) == ["And <PERSON_1>", "Please greet <PERSON_1>"]
    assert (batch["status"], batch["model"]) == ("completed", "Fake Large")
    assert batch["request_counts"] == {"total": 2, "completed": 1, "failed": 1}
    [answer] = content(program, batch["output_file_id"])
    assert (answer["error"], answer["response"]["status_code"]) == (None, 200)
    body = answer["response"]["body"]
    restored = {"q1": "Dear Grace Hopper", "q2": "Dear Marisol Quintero"}[answer["custom_id"]]
    assert body["choices"][0]["message"]["content"] == restored
    assert body["usage"] == {"prompt_tokens": 20, "completion_tokens": 10, "total_tokens": 30}
    [error] = content(program, batch["error_file_id"])
    assert (error["response"], error["error"]["code"]) == (None, "request_refused")
    assert {answer["custom_id"], error["custom_id"]} == {"q1", "q2"}  # two lines are asked at once
    assert {intent.person_label for intent in Intent.objects.all()} == {"Maya (key Laptop)"}
    assert Event.objects.filter(action="BATCH_DOWNLOADED").count() == 2
    assert b"Grace" not in provider.everything


def test_a_file_is_sealed_listed_read_and_gone_with_its_key_when_it_is_deleted(program):
    kept = upload(program, lines(*QUESTIONS)).json
    assert (kept["object"], kept["purpose"], kept["filename"]) == ("file", "batch", "prompts.jsonl")
    row = PromptFile.objects.get()
    assert b"Grace" not in bytes(row.sealed_content) + bytes(row.sealed_name)

    assert program.get(f"/v1/files/{kept['id']}").json == kept
    assert program.get("/v1/files").json["data"] == [kept]
    assert program.get(f"/v1/files/{kept['id']}/content").body.decode() == lines(*QUESTIONS)
    deleted = program.call(f"/v1/files/{kept['id']}", b"", method="DELETE").json

    assert deleted == {"id": kept["id"], "object": "file", "deleted": True}
    assert program.get(f"/v1/files/{kept['id']}").status == 404
    assert DataKey.objects.get(pk=row.pk).destroyed_at is not None


def test_lists_go_on_after_the_last_one_and_say_whether_there_is_more(program):
    made = [begin(program).json["id"] for _ in range(3)]

    first = program.call("/v1/batches", b"", method="GET", query="limit=2").json
    rest = program.call("/v1/batches", b"", method="GET", query=f"limit=2&after={first['last_id']}").json
    files = program.call("/v1/files", b"", method="GET", query="order=asc&limit=100&purpose=batch").json

    assert [row["id"] for row in first["data"]] == made[:0:-1]
    assert (first["has_more"], rest["has_more"], [row["id"] for row in rest["data"]]) == (True, False, made[:1])
    assert [row["id"] for row in files["data"]] == [batch["input_file_id"] for batch in
                                                    map(dict, rest["data"][::-1] + first["data"][::-1])]  # fmt: skip
    assert program.call("/v1/batches", b"", method="GET", query="limit=many").error["param"] == "limit"
    assert program.call("/v1/batches", b"", method="GET", query="colour=red").error["code"] == "unknown_parameter"


def test_a_batch_is_cancelled_and_deleting_its_answers_erases_its_texts(program, provider):
    provider.always_answers("Yes.")
    begun = begin(program).json
    cancelled = program.call(f"/v1/batches/{begun['id']}/cancel", b"").json

    assert (cancelled["status"], cancelled["request_counts"]["failed"]) == ("cancelled", 2)
    work()
    assert provider.requests == []
    errors = cancelled["error_file_id"]
    assert [line["error"]["code"] for line in content(program, errors)] == ["cancelled", "cancelled"]
    assert program.call(f"/v1/files/{errors}", b"", method="DELETE").status == 200
    assert Batch.objects.get().erased_at is not None
    assert program.get(f"/v1/files/{errors}/content").status == 404
    assert program.get(f"/v1/batches/{begun['id']}").json["error_file_id"] is None


DOORS = [
    ("GET", "/v1/files/{file}"), ("GET", "/v1/files/{file}/content"), ("DELETE", "/v1/files/{file}"),
    ("GET", "/v1/batches/{batch}"), ("POST", "/v1/batches/{batch}/cancel"), ("GET", "/v1/files/{answers}/content"),
    ("GET", "/v1/files/{answers}"), ("DELETE", "/v1/files/{answers}"),
]  # fmt: skip


def test_what_is_another_persons_teams_or_service_keys_is_not_there(
    program, provider, sales, make_person, make_team, make_key, make_service_key, maya
):
    provider.always_answers("Yes.")
    begun = begin(program).json
    work()
    batch = program.get(f"/v1/batches/{begun['id']}").json
    names = {"file": begun["input_file_id"], "batch": begun["id"], "answers": batch["output_file_id"]}
    tom, lead = make_person("tom", teams=("Sales",)), make_person("lead", roles=("EMPLOYEE", "ADMIN"), teams=("Sales",))
    maya.memberships.create(team=make_team("Legal"))
    others = {
        "a colleague": make_key(tom).secret,
        "another team of hers": make_key(maya, team=make_team("Legal")).secret,
        "a service key that she answers for": make_service_key(by=lead, responsible=maya).secret,
    }

    for who, secret in others.items():
        other = Program(secret)
        for method, path in DOORS:
            reply = other.call(path.format(**names), b"", method=method)
            assert (reply.status, reply.error["code"]) == (404, "not_found"), (who, method, path)
        assert other.get("/v1/files").json["data"] == other.get("/v1/batches").json["data"] == []
        asked = {"input_file_id": names["file"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        assert other.call("/v1/batches", asked).status == 404
    assert program.get("/v1/files").json["data"]
    assert Batch.objects.get().erased_at is None
    own = Program(others["a service key that she answers for"])
    assert own.get(f"/v1/batches/{begin(own).json['id']}").status == 200
    assert len(program.get("/v1/batches").json["data"]) == 2  # hers to answer for, so hers to see


def test_without_a_key_or_the_use_nothing_is_told(program, make_key):
    chat_only = Program(make_key(scopes=(Scope.CHAT,)).secret)
    for method, path in [
        ("POST", "/v1/files"),
        ("GET", "/v1/files"),
        ("POST", "/v1/batches"),
        ("GET", "/v1/batches/x"),
    ]:
        assert Program("nonsense").call(path, b"{}", method=method).status == 401
        reply = chat_only.call(path, b"{}", method=method)
        assert (reply.status, reply.error["code"]) == (403, "key_out_of_scope")
    assert program.call("/v1/files", b"", method="PUT").error["message"] == "Use POST or GET at this address."
    assert upload(chat_only, lines("x")).status == 403


BAD_FILES = {
    "empty": (b"  ", "The file is empty"),
    "not UTF-8": (b'{"custom_id": "\xff"}', "not UTF-8"),
}
BAD_BATCHES = {
    "not JSON": ("hello", "names no model"),
    "no model": (json.dumps({"custom_id": "1", "body": {"messages": []}}), "names no model"),
    "a model nobody has": (lines("x", model="Nobody's"), "names no model"),
    "another model later": (lines("x") + "\n" + lines("y", model="Other").replace("q1", "q2"), "Line 2"),
    "an id twice": (lines("x") + "\n" + lines("y"), "Line 2: Its id is that of line 1"),
    "a tool": (lines("x", tools=[]), "“tools”"),
}


def test_what_is_wrong_with_a_file_is_told_with_its_line_in_the_shape_of_openai(program):
    for what, (raw, sentence) in BAD_FILES.items():
        reply = upload(program, raw)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "invalid_file", "file"), what
        assert sentence in reply.error["message"]
    assert upload(program, lines("x"), purpose="fine-tune").error["param"] == "purpose"
    assert upload(program, lines("x"), field="files").error["code"] == "missing_required_parameter"
    assert program.call("/v1/files", b"{}").error["param"] == "file"
    assert upload(program, b"x" * (21 * 1024 * 1024)).error["code"] == "too_large"
    assert not PromptFile.objects.exists()

    for what, (text, sentence) in BAD_BATCHES.items():
        reply = begin(program, text)
        assert (reply.status, reply.error["code"]) == (400, "invalid_input_file"), what
        assert sentence in reply.error["message"], what
    assert begin(program, endpoint="/v1/embeddings").error["param"] == "endpoint"
    assert begin(program, completion_window="1h").error["param"] == "completion_window"
    assert begin(program, colour="red").error["code"] == "unknown_parameter"
    assert not Batch.objects.exists()
    assert not DataKey.objects.filter(pk__in=Batch.objects.values("pk")).exists()


def test_the_key_holds_its_batches_to_its_models_its_money_and_its_end(program, provider, model, make_model, sales):
    key = ApiKey.objects.get()
    other = make_model(sales, label="Other")
    ApiKey.objects.filter(pk=key.pk).update(model_ids=[other.pk])
    assert "names no model" in begin(program).error["message"]
    ApiKey.objects.filter(pk=key.pk).update(model_ids=None)
    Budget.objects.create(scope="KEY", key_id=key.pk, hard_limit="0.000001")

    spent = begin(program).json
    work()
    told = program.get(f"/v1/batches/{spent['id']}").json["portcullis"]
    assert (told["state"], provider.requests) == ("PAUSED", [])
    assert "and this key has" in told["sentence"]

    Budget.objects.filter(scope="KEY").delete()
    Batch.objects.update(state="RUNNING", pause_reason="", key_until=timezone.now() - timedelta(seconds=1))
    work()
    assert "has ended" in program.get(f"/v1/batches/{spent['id']}").json["portcullis"]["sentence"]
    assert provider.requests == []


def test_a_key_that_is_revoked_takes_its_batches_along_until_their_person_goes_on(program, provider, maya):
    provider.always_answers("Yes.")
    begin(program)
    keys.revoke(ApiKey.objects.get(), by=maya, now=timezone.now())

    work()
    batch = Batch.objects.get()
    assert (batch.state, batch.pause_reason, provider.requests) == ("PAUSED", "KEY_ENDED", [])
    assert steering.resume(batch, by=maya, now=timezone.now())
    work()
    assert Batch.objects.get().state == "FINISHED"


def test_a_grant_taken_away_stops_the_lines_that_wait(program, provider):
    begin(program)
    Grant.objects.all().delete()

    work()

    assert (Batch.objects.get().pause_reason, provider.requests) == ("MODEL_NOT_ALLOWED", [])


def test_old_files_are_thrown_away_and_nobody_keeps_more_than_twenty(program, settings, proven_time):
    for _ in range(20):
        assert upload(program, lines("x")).status == 200
    assert "20 files" in upload(program, lines("x")).error["message"]
    PromptFile.objects.update(created_at=timezone.now() - timedelta(days=settings.BATCH_DAYS + 1))

    tasks.tidy()

    assert not PromptFile.objects.exists()
