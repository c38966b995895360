"""The main job at the door: what left, what came back, what was recorded."""

from __future__ import annotations

import pytest

from apps.chat import pipeline, reading
from apps.chat.models import Turn
from apps.ledger.models import Intent
from apps.privacy import keys, pieces
from tests.chat.conftest import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def answer_of(turn: Turn) -> str:
    return reading.answer_text(turn, keys.open_key(turn.conversation_id))


def test_a_name_in_the_question_never_reaches_the_model_and_returns_in_the_answer(maya, provider):
    provider.will_answer("Dear <PER", "SON_1>, ", "welcome.")

    turn = maya.ask("Please greet Grace Hopper")

    assert provider.received == ["Please greet <PERSON_1>"]
    assert b"Hopper" not in provider.everything
    assert answer_of(turn) == "Dear Grace Hopper, welcome."


def test_the_same_person_has_the_same_placeholder_in_the_next_turn(maya, provider):
    provider.will_answer("Hello <PERSON_1>.")
    provider.will_answer("Again <PERSON_1>.")
    first = maya.ask("Please greet Grace Hopper")

    second = maya.ask("Now say goodbye to Grace Hopper", first.conversation_id)

    sent = provider.requests[1]["messages"]
    assert [message["content"] for message in sent[1:]] == [
        "Please greet <PERSON_1>",
        "Hello <PERSON_1>.",
        "Now say goodbye to <PERSON_1>",
    ]
    assert answer_of(second) == "Again Grace Hopper."


def test_what_left_for_a_turn_is_how_the_next_one_begins_byte_for_byte(maya, provider):
    """So a provider's cache of prompts, which goes by equal beginnings, serves every turn but its question."""
    for answer in ("Hello <PERSON_1>.", "Again <PERSON_1>, at <EMAIL_ADDRESS_1>.", "Done."):
        provider.will_answer(answer)
    first = maya.ask("Please greet Grace Hopper")
    maya.ask("And Ada Lovelace at ada@example.org?", first.conversation_id)
    maya.ask("Now both, Grace Hopper first", first.conversation_id)

    bodies = [raw.partition(b"\r\n\r\n")[2] for raw in provider.raw if b"/chat/completions" in raw]
    questions = [text.encode() for text in provider.received]
    left = [body[: body.rindex(question) + len(question)] for body, question in zip(bodies, questions, strict=True)]

    assert left[1].startswith(left[0])
    assert left[2].startswith(left[1])


def test_every_exchange_is_on_the_record_with_what_left_and_what_came(maya, provider):
    provider.will_answer("Dear <PERSON_1>.", usage=(120, 30))

    turn = maya.ask("Please greet Grace Hopper")

    intent = Intent.objects.get(turn_id=turn.pk)
    assert (intent.person_id, intent.model_label, intent.egress_class) == (maya.person.pk, "Fake Large", "OUTSIDE")
    assert "Please greet <PERSON_1>" in intent.search.left_text
    assert intent.masked_types == ["PERSON"]
    assert intent.outcome.kind == "ANSWERED"
    assert (intent.outcome.input_tokens, intent.outcome.output_tokens) == (120, 30)
    assert intent.search.answer_text == "Dear <PERSON_1>."
    assert "Hopper" not in intent.search.left_text + str(intent.masked)


def test_the_record_is_written_before_a_byte_leaves(maya, provider):
    provider.will_hang_before_headers()
    maya.begin("Are you there?")

    provider.wait_for_requests()

    intent = Intent.objects.get(turn_id=maya.newest().pk)
    assert not hasattr(intent, "outcome")


def test_an_answer_costs_what_the_provider_counted(maya, provider):
    provider.will_answer("Fine.", usage=(1_000_000, 500_000))

    turn = maya.ask("How are you?")

    assert turn.cost == 6
    assert turn.currency == "USD"


def test_words_at_rest_are_encrypted(maya, provider, postgres):
    import psycopg

    provider.will_answer("Greetings, <PERSON_1>, keeper of <PERSON_1>'s secrets.")

    turn = maya.ask("Please greet Grace Hopper of the cobolworks")

    assert "Grace Hopper" in answer_of(turn)
    with psycopg.connect(postgres.url("postgres")) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            rows = connection.execute(f'SELECT row_to_json(t)::text FROM public."{table}" t').fetchall()  # noqa: S608
            hexed = b"Hopper".hex()
            assert not any("Hopper" in row[0] or hexed in row[0] for row in rows), table


def test_the_page_shows_how_many_things_were_masked_and_exactly_what_left(maya, provider):
    provider.will_answer("Done.")
    turn = maya.ask("Mail grace.hopper@example.org about <b>cobol</b>")

    page = maya.page(turn)
    left = maya.client.get(f"/turns/{turn.pk}/left", headers={"X-Requested-With": "fetch"}).content.decode()

    assert "1 masked" in page
    assert "Mail &lt;EMAIL_1&gt; about &lt;b&gt;cobol&lt;/b&gt;" in left
    assert "grace.hopper" not in left.partition('class="left-messages"')[2]
    assert "E-mail address" in left


def test_a_question_sent_twice_is_one_turn(maya, provider):
    provider.will_answer("Once.")
    first = maya.ask("Hello?")
    provider.will_answer("Twice.")
    form = maya.form("Again?")
    headers = {"X-Requested-With": "fetch"}

    for _ in range(3):
        maya.client.post(f"/c/{first.conversation_id}/turns", form, headers=headers)
    maya.closed(maya.newest())

    assert Turn.objects.count() == 2
    assert len(provider.requests) == 2


def test_markup_in_question_and_answer_stays_text(maya, provider):
    provider.will_answer("<img src=x onerror=alert(1)> [go](javascript:alert(1)) ![pixel](https://evil.example/p.png)")

    turn = maya.ask("<script>alert(1)</script>")

    page = maya.page(turn)
    assert "<script>alert(1)" not in page
    assert "<img" not in page
    assert "javascript:" not in page.replace("(javascript:alert(1))", "")


def test_a_long_paste_shows_how_far_its_check_has_come(maya, provider, monkeypatch):
    monkeypatch.setattr(pipeline, "PROGRESS_SECONDS", 0.01)
    monkeypatch.setattr(pieces, "LONGEST", 200)
    monkeypatch.setattr(pieces, "OVERLAP", 50)
    provider.always_answers("Thank you.")

    maya.begin("The shipment was late and the invoice is still open.\n" * 400)
    turn = maya.newest()
    wait_for(lambda: "% checked" in maya.page(turn) or not Turn.objects.open().exists(), 60)

    assert 0 < Turn.objects.get(pk=turn.pk).checked_percent <= 100
    assert maya.closed(turn, 60).outcome == "ANSWERED"
    assert "% checked" not in maya.page(turn)
