"""Text that a database would choke on becomes a record all the same, and can be read back exactly."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.ledger import records
from apps.ledger.models import Event, Intent, Outcome, SearchRow
from apps.ledger.text import LABEL_LENGTH, label, original, storable, storable_json
from apps.ledger.vocabulary import Action
from tests.ledger.conftest import NOON

NAUGHTY = [
    "", " ", "\t\r\n", "\x00", "before\x00after", "\ud800", "\udfff lone", "\ud83d\ude00 as two halves", "\ufffe\uffff",
    "␛", "␛{0000}", "␛␛{", "'; DROP TABLE ledger_event; --", "<script>alert(1)</script>", "%s %(x)s {0} ${x}",
    "\u202etxt.exe", "\u2066\u2069\u200b\u200d\ufeff", "\U000e0041\U000e0042", "Z̸̡͎a̷l̶g̵o̴", "ÅÅ", "ﷺ" * 100,
    "undefined", "NaN", "null", "\\u0000", "\x1b[31mred", "\x7f\x80\x9f", "田中さん", "👩‍👩‍👧", "a" * 100_000,
    "=cmd|' /C calc'!A0", "../../etc/passwd", "\u2028\u2029", "\\", "\\x00", '"', "${jndi:ldap://x}",
]  # fmt: skip


@given(st.text(st.characters()))
@example("␛{0000}\x00␛")
@example("\ud800␛{D800}")
def test_storable_text_loses_nothing_and_can_be_encoded(text):
    stored = storable(text)

    stored.encode()
    assert "\x00" not in stored
    assert original(stored) == text


@given(st.text(st.characters(exclude_characters="\x00␛", exclude_categories=["Cs"])))
def test_ordinary_text_is_stored_as_it_is(text):
    assert storable(text) == text


def test_a_label_is_one_short_line_of_storable_text():
    assert label("x" * 10_000) == "x" * (LABEL_LENGTH - 1) + "…"
    assert len(label("\x00" * 10_000)) == LABEL_LENGTH


def test_details_take_any_json_and_nothing_else():
    assert storable_json({"a\x00": [1, 2.5, None, True, float("nan"), ("x", "\ud800")]}) == {
        "a␛{0000}": [1, 2.5, None, True, "nan", ["x", "␛{D800}"]]
    }
    with pytest.raises(TypeError, match="JSON only"):
        storable_json({"when": NOON})  # type: ignore[dict-item]


@pytest.mark.django_db
@pytest.mark.parametrize("text", NAUGHTY, ids=range(len(NAUGHTY)))
def test_naughty_text_in_every_place_makes_a_record(text, intent_facts, outcome_facts, maya):
    from apps.ledger.facts import MaskedSpan, PassageFact, Who

    who = Who(id=maya.id, label=text, team_label=text)
    span = MaskedSpan(text, text, 0.5, text)
    passage = PassageFact(maya.id, maya.id, text)

    intent_id = records.open_intent(
        **intent_facts(
            who=who, left_text=text, masked=[span], passages=[passage], model_label=text, provider_label=text,
            policy_version=text, prompt_version=text,
        )
    )  # fmt: skip
    records.conclude(intent_id, **outcome_facts(reason=text, answer_text=text))
    records.record_event(
        Action.SIGNED_IN, who=who, subject_kind=text, subject_id=text, subject_label=text,
        details={text: text}, now=NOON,
    )  # fmt: skip

    assert original(SearchRow.objects.get().left_text) == text
    assert original(Outcome.objects.get().reason) == text
    assert original(Intent.objects.get().masked[0]["reason"]) == text
    assert {original(key): original(value) for key, value in Event.objects.get().details.items()} == {text: text}


@pytest.mark.django_db
def test_a_megabyte_of_text_makes_a_record(intent_facts, outcome_facts):
    text = " ".join(f"w{number:x}" for number in range(150_000))[:1_000_000]

    intent_id = records.open_intent(**intent_facts(left_text=text, sealed_payload=text.encode()))
    records.conclude(intent_id, **outcome_facts(answer_text=text, sealed_answer=text.encode()))

    assert SearchRow.objects.get().left_text == text
    assert bytes(Intent.objects.get().sealed_payload) == text.encode()
    assert json.dumps(Intent.objects.get().masked)
