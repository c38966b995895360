"""The scrub step: what goes out of it, that it comes back exactly, and that nobody else can make its result."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
import uuid

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from apps.ledger.facts import MaskedSpan
from apps.privacy import analyzer, keys, literals, scrub
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding
from apps.privacy.restore import restored
from apps.privacy.scrub import Draft, Scrubbed, ScrubbedMessage, ScrubIncomplete
from apps.privacy.vault import Vault

LOOKS_LIKE_PLACEHOLDERS = [
    "<PERSON_1>",
    "PERSON_1",
    "[EMAIL_2]",
    "&lt;SECRET_1&gt;",
    "<person 3>",
    r"\<PERSON\_1\>",
    "<LITERAL_1>",
]
LETTERS = str.maketrans("0123456789", "bcdfghklmn")
AWKWARD = [
    *LOOKS_LIKE_PLACEHOLDERS,
    "Grace Hopper",
    "grace@example.com",
    "4111 1111 1111 1111",
    "\\",
    "<",
    ">",
    "&lt;",
    "'s",
    "_1",
    "\ud83d",
    "\udc00",
    "\x00",
    "\u202e",
    "e\u0301",
    "\u200b",
    "מרים כהן",
    "山田太郎",
    "\n",
    " ",
]  # fmt: skip


def a_vault() -> Vault:
    """Open a vault that no database knows."""
    return Vault(keys.ConversationKey(uuid.uuid4(), bytes(32)))


def masked(text: str, vault: Vault) -> Scrubbed:
    """Scrub one question with findings made in this process."""
    return scrub._masked([Draft("user", text)], [analyzer.find(text)], vault)


async def test_a_name_and_an_address_never_leave(vault: Vault) -> None:
    scrubbed = await scrub.scrub([Draft("user", "Please greet Grace Hopper at grace@example.com")], vault=vault)

    assert scrubbed.text == "Please greet <PERSON_1> at <EMAIL_1>"
    assert [(span.type, span.placeholder) for span in scrubbed.masked] == [
        ("PERSON", "<PERSON_1>"),
        ("EMAIL", "<EMAIL_1>"),
    ]
    assert json.loads(scrubbed.to_bytes()) == [{"role": "user", "content": "Please greet <PERSON_1> at <EMAIL_1>"}]


@pytest.mark.parametrize("role", ["system", "user", "assistant"])
async def test_every_position_is_scrubbed(vault: Vault, role: str) -> None:
    scrubbed = await scrub.scrub([Draft(role, "Ask Grace Hopper.")], vault=vault)  # type: ignore[arg-type]

    assert "Grace" not in scrubbed.to_bytes().decode()


async def test_a_passage_with_findings_from_ingest_is_not_analysed_again(vault: Vault, place, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    text = "Ask Grace Hopper."
    monkeypatch.setattr(scrub.engine, "detect_async", None)

    scrubbed = await scrub.scrub([Draft("system", text, (place(text, "Grace Hopper"),))], vault=vault)

    assert scrubbed.text == "Ask <PERSON_1>."


async def test_what_one_position_reveals_is_masked_in_all(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    passage = "Contract with Ondine Vasquez-Thorne."
    drafts = [
        Draft("user", "what did vasquez-thorne sign? ONDINE's copy", ()),
        Draft("system", passage, (place(passage, "Ondine Vasquez-Thorne"),)),
    ]

    scrubbed = await scrub.scrub(drafts, vault=vault)

    assert "vasquez" not in scrubbed.text.lower()
    assert "ondine" not in scrubbed.text.lower()
    assert "'s copy" in scrubbed.text


async def test_placeholders_are_stable_over_turns(vault: Vault) -> None:
    question = Draft("user", "Write to Grace Hopper.")
    first = await scrub.scrub([question], vault=vault)

    answer = Draft("assistant", "Dear Grace Hopper, and Ada Lovelace")
    second = await scrub.scrub([question, answer, Draft("user", "Thank grace hopper again")], vault=vault)

    assert second.messages[0] == first.messages[0]
    assert second.messages[1].text.startswith("Dear <PERSON_1>")
    assert "grace" not in second.text.lower()


async def test_what_looks_like_a_placeholder_is_restored_to_itself(vault: Vault) -> None:
    text = "Grace Hopper typed <PERSON_1> and PERSON_1 and [PERSON_2]."

    scrubbed = await scrub.scrub([Draft("user", text)], vault=vault)

    assert scrubbed.text == "<PERSON_1> typed <LITERAL_1> and <LITERAL_2> and <LITERAL_3>."
    assert restored(scrubbed.text, vault.placeholders) == text


async def test_what_an_earlier_turn_revealed_is_masked_where_the_engine_sees_nothing(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    vault.mask("Ondine Vasquez", [place("Ondine Vasquez", "Ondine Vasquez")])

    scrubbed = await scrub.scrub([Draft("user", "send ONDINE vasquez's file", ())], vault=vault)

    assert "ondine" not in scrubbed.text.lower()
    assert "vasquez" not in scrubbed.text.lower()


async def test_what_looks_like_a_placeholder_is_masked_even_where_nobody_found_it(vault: Vault) -> None:
    scrubbed = await scrub.scrub([Draft("system", "Say <PERSON_1>.", ())], vault=vault)

    assert scrubbed.text == "Say <LITERAL_1>."


@pytest.mark.parametrize("literal", LOOKS_LIKE_PLACEHOLDERS)
def test_every_form_that_would_be_restored_is_masked_as_a_literal(literal: str) -> None:
    found = list(literals.find(f"a {literal} b"))

    assert [(finding.start, finding.end) for finding in found] == [(2, 2 + len(literal))]


async def test_a_value_that_survives_masking_stops_everything(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Vault, "mask", lambda self, text, findings: text)

    with pytest.raises(ScrubIncomplete):
        await scrub.scrub([Draft("user", "Ask Grace Hopper.")], vault=vault)


async def test_findings_of_another_text_stop_everything(vault: Vault) -> None:
    stale = (Finding("PERSON", 2, 500, 0.9, ""),)

    with pytest.raises(scrub.engine.ScrubberUnavailable):
        await scrub.scrub([Draft("system", "Short.", stale)], vault=vault)


async def test_an_unknown_role_is_refused(vault: Vault) -> None:
    with pytest.raises(ValueError, match="role"):
        await scrub.scrub([Draft("developer", "x")], vault=vault)  # type: ignore[arg-type]


async def test_a_long_message_is_scrubbed_without_blocking_the_loop(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    text = "Ask Grace Hopper. " * 3_000
    findings = tuple(Finding("PERSON", start + 4, start + 16, 0.9, "") for start in range(0, len(text), 18))

    scrubbed = await scrub.scrub([Draft("user", text, findings)], vault=vault)

    assert scrubbed.text == "Ask <PERSON_1>. " * 3_000
    assert len(scrubbed.masked) == 1


@pytest.mark.thorough
@example(parts=["PERSON_1", "e\u0301", "\ud83d", "e\u0301", "e\u0301"])
@given(parts=st.lists(st.one_of(st.sampled_from(AWKWARD), st.text(max_size=12)), max_size=10))
@settings(deadline=None, max_examples=250, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_scrubbed_comes_back_exactly(parts: list[str]) -> None:
    text = "".join(parts)
    vault = a_vault()

    scrubbed = masked(text, vault)

    assert restored(scrubbed.messages[0].text, vault.placeholders) == text
    scrubbed.messages[0].text.encode()
    assert "\x00" not in scrubbed.text


@pytest.mark.thorough
@given(text=st.text(st.characters(), max_size=80), data=st.data())
@settings(deadline=None, max_examples=200)
def test_any_places_in_any_text_come_back_exactly(text: str, data: st.DataObject) -> None:
    edges = sorted(set(data.draw(st.lists(st.integers(0, len(text)), max_size=8))))
    findings = tuple(
        Finding(data.draw(st.sampled_from(["PERSON", "EMAIL", "SECRET"])), start, end, 0.9, "")
        for start, end in zip(edges[::2], edges[1::2], strict=False)
        if text[start:end].strip()
    )
    vault = a_vault()

    scrubbed = scrub._masked([Draft("user", text)], [findings], vault)

    assert restored(scrubbed.messages[0].text, vault.placeholders) == text


def _a_scrubbed() -> Scrubbed:
    return masked("Ask Grace Hopper.", a_vault())


def test_nobody_else_can_make_a_scrubbed() -> None:
    message = ScrubbedMessage("user", "Ask Grace Hopper.")

    for made_by in (None, object(), True, "apps.privacy.scrub"):
        with pytest.raises(TypeError, match="Only"):
            Scrubbed((message,), (), "v", made_by=made_by)
    with pytest.raises(TypeError):
        Scrubbed((message,), (), "v")  # type: ignore[call-arg]


def test_a_scrubbed_cannot_be_changed_copied_replaced_pickled_or_subclassed() -> None:
    genuine = _a_scrubbed()

    with pytest.raises(dataclasses.FrozenInstanceError):
        genuine.messages = ()  # type: ignore[misc]
    for forge in (copy.copy, copy.deepcopy, pickle.dumps, dataclasses.replace):
        with pytest.raises((TypeError, ValueError)):
            forge(genuine)
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(genuine, messages=(ScrubbedMessage("user", "in the clear"),))
    with pytest.raises(TypeError):
        type("Forged", (Scrubbed,), {})


def test_only_what_scrub_made_is_genuine() -> None:
    forged = object.__new__(Scrubbed)
    object.__setattr__(forged, "messages", (ScrubbedMessage("user", "in the clear"),))

    assert scrub.is_genuine(_a_scrubbed())
    assert not scrub.is_genuine(forged)
    assert not scrub.is_genuine("text")
    assert not scrub.is_genuine(ScrubbedMessage("user", "text"))


def test_what_was_masked_is_listed_once_for_each_placeholder_in_order() -> None:
    drafts = [Draft("user", "Ann met Bob, Ann"), Draft("assistant", "Bob and Cy")]
    findings = [
        (Finding("PERSON", 0, 3, 0.9, "r"), Finding("PERSON", 8, 11, 0.8, "r"), Finding("PERSON", 13, 16, 0.9, "r")),
        (Finding("PERSON", 0, 3, 0.7, "r"), Finding("PERSON", 8, 10, 0.7, "r")),
    ]

    scrubbed = scrub._masked(drafts, findings, a_vault())

    assert scrubbed.masked == (
        MaskedSpan("PERSON", "<PERSON_1>", 0.9, "r"),
        MaskedSpan("PERSON", "<PERSON_2>", 0.8, "r"),
        MaskedSpan("PERSON", "<PERSON_3>", 0.7, "r"),
    )
    assert [len(message.masked) for message in scrubbed.messages] == [2, 2]


@pytest.mark.thorough
def test_thousands_of_names_that_begin_alike_are_known_without_slowing() -> None:
    names = [f"Maria {chr(65 + n % 26)}{'aeiou'[n % 5]}{n:05d}".translate(LETTERS) for n in range(20_000)]
    known = KnownValues()
    for name in names:
        known.add("PERSON", name)
        known.add("EMAIL", f"maria.{name[6:]}@example.com")

    text = ", ".join(names).upper() + " xmaria." + names[7][6:] + "@example.comx"
    found = known.find(text)

    assert sum(finding.end - finding.start == len(names[0]) for finding in found) == 20_000
    assert [text[f.start : f.end] for f in found if f.type == "EMAIL"] == [f"maria.{names[7][6:]}@example.com"]
