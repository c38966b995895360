"""OCSF, ECS and CEF: valid by schema whatever the labels say, one line for each record, and no word unasked."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from apps.audit.stream import cef, ecs, ocsf
from apps.audit.stream.reading import _plain
from apps.audit.stream.record import Record
from apps.audit.stream.schemas import ECS, OCSF
from apps.ledger.ids import new_id
from apps.ledger.vocabulary import Action
from tests.audit.conftest import NOON

HOSTILE = [
    "a|b", "a\\|b", "k=v", "a\nCEF:0|Evil|Evil|1|x|x|10|act=forged", "a\r\nb", "\x00\x1b[31m", "\u2028line\u2029",
    "\ud83d\ude00", '"}{"', "\x85next", "=cmd|' /C calc'!A0", "a\\",
]  # fmt: skip
HEADER = re.compile(r"CEF:0(\|(?:[^|\\]|\\[|\\])*){6}\|")


@pytest.fixture(scope="module")
def by_schema() -> tuple[Draft202012Validator, Draft202012Validator]:
    """Judge by the schemas of OCSF and ECS, which are themselves checked once and not for each record."""
    for schema in (OCSF, ECS):
        Draft202012Validator.check_schema(schema)
    return Draft202012Validator(OCSF), Draft202012Validator(ECS)


def act(action: str, **fields) -> Record:
    return Record(
        7, new_id(), "ACT", at=NOON, person_id=new_id(), action=action, label=Action(action).label,
        subject_kind="person", subject_id=str(new_id()), **fields,
    )  # fmt: skip


def exchange(kind: str = "ENDED", **fields) -> Record:
    told = {
        "person_id": new_id(), "exchange_id": new_id(), "door": "API", "purpose": "CHAT", "model": "Fake Large",
        "provider": "Fake", "egress_class": "OUTSIDE", "region": "eu", "masked_types": ("PERSON",), "masked_count": 1,
        "outcome": "ANSWERED", "input_tokens": 11, "output_tokens": 7, "cost": Decimal("0.001"), "currency": "EUR",
    } | fields  # fmt: skip
    return Record(8, new_id(), kind, at=NOON, **told)


EVERY = [*(act(action) for action in Action.values), exchange("ASKED"), exchange(), Record(9, new_id(), "GONE")]


@pytest.mark.parametrize("record", EVERY, ids=lambda record: record.action or record.kind)
def test_every_act_and_exchange_is_valid_in_each_format(by_schema, record):
    for validator, write in zip(by_schema, (ocsf.write, ecs.write), strict=True):
        validator.validate(json.loads(write(record)))
    assert HEADER.match(cef.write(record))


@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_no_label_ends_a_line_or_a_field(label):
    record = act("TEAM_CREATED", subject=label, person=label, team=label, details={"k": label})

    line = cef.write(record)

    assert len(line.splitlines()) == 1
    header, extension = line[: HEADER.match(line).end()], line[HEADER.match(line).end() :]
    assert header.startswith("CEF:0|Portcullis|Portcullis|1|TEAM_CREATED|Team created|")
    assert re.findall(r"(?<!\\)(?:\\\\)*\b(suser|act|cs1)=", extension) == ["suser", "cs1", "act"]
    for write in (ocsf.write, ecs.write):
        assert "\n" not in write(record)
        json.loads(write(record))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_what_a_value_holds_can_be_read_back_from_its_pair(text):
    value = cef._value(text)

    assert len(value.splitlines()) <= 1
    assert re.search(r"(?<!\\)(\\\\)*=", value) is None


def test_an_exchange_has_the_fields_of_an_ai_operation():
    event, document = json.loads(ocsf.write(exchange())), json.loads(ecs.write(exchange()))

    assert (event["class_uid"], event["ai_model"]) == (6003, {"name": "Fake Large", "ai_provider": "Fake"})
    assert event["message_context"]["total_tokens"] == 18
    assert document["gen_ai"]["usage"] == {"input_tokens": 11, "output_tokens": 7}


def test_a_detail_that_may_be_somebodys_words_is_left_out():
    details = {"reason": "Case 17 about Grace", "role": "AUDITOR", "count": 3, "is_ok": True, "filters": {"q": "Grace"}}

    assert _plain(details) == {"role": "AUDITOR", "count": 3, "is_ok": True}
