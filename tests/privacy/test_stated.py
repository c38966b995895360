"""Values are found by their sentence where no label and no form says what they are, and look-alikes are left alone."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.privacy import analyzer, overlaps, stated
from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding
from apps.privacy.tagger import stated as stated_in_the_network
from apps.privacy.tagger import tokens
from apps.privacy.tagger.labels import LABELS, STATED
from apps.privacy.tagger.network import Tagged
from apps.privacy.tagger.spans import Span


def odds_of(text: str, words: dict[str, list[str]]) -> Tagged:
    """Give what a network that is certain of some words says of a text: each goes on from the one before it."""
    places = np.array([match.span() for match in re.finditer(r"\S+", text)])
    odds = np.zeros((len(places), len(LABELS)), np.float32)
    for row, word in enumerate(text.split()):
        kinds = [kind for kind, of_it in words.items() if word in of_it]
        odds[row, LABELS.index(f"I-{kinds[0]}") if kinds else 0] = 1
    nothing = np.zeros(len(places), np.int64)
    return Tagged(places[:, 0], places[:, 1], nothing, nothing, odds)


def masked(text: str) -> list[str]:
    return [text[one.start : one.end] for one in analyzer.find(text)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("resets went out this morning, everybody in the lab starts with Welcome-Nov26", ["Welcome-Nov26"]),
        ("She signs in as tessa.mw on the old terminal and as tmw-ops2 on the new one.", ["tessa.mw", "tmw-ops2"]),
        ("our client (file 2209/KL/17) wants her deposit back", ["2209/KL/17"]),
        ("wifi for visitors: the guest network, then Plum7Kettle", ["Plum7Kettle"]),
        ("pls enrol jkw-ext09 and pvarga3 in the vpn group, remove hlindt", ["jkw-ext09", "pvarga3", "hlindt"]),
        ("Il cliente 88-10442 chiede il duplicato, il suo codice è QX7741L.", ["88-10442", "QX7741L"]),
        ("2026-11-03 09:12 | mgarland7 | OPEN | chart", ["mgarland7"]),
    ],
)
def test_what_a_sentence_says_is_somebody_s_is_found_whole(text: str, values: list[str]) -> None:
    assert masked(text) == values


@pytest.mark.parametrize(
    "text",
    [
        "The torque wrench (cat. no. 8820-14) is out of stock until week 31.",
        "Which SKU fits, WX-4410-BLK or WX-4410-GRN?",
        "Oct4 and Trp53 were knocked out, NH2OH was added.",
        "Between 2019 and 2024 sales grew from 1.200.000 to 1.344.000.",
        "image sha256:7c9340bb20976232a5641c8d8851ac2ab4dea065935c9b09a52b78466cb72a2d not found",
        "The half-elf is a pro-life activist of forty-five.",
        "ssl_protocols TLSv1.2 TLSv1.3; server_tokens off;",
        "The asylum was built in 1828 and closed in 1892 (1828-1892).",
        "The file opens with LibreOffice7.",
        "Build 20261103.4 failed at step 7 of 12.",
    ],
)
def test_what_only_looks_like_a_value_is_left_alone(text: str) -> None:
    assert masked(text) == []


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (v.REFERENCE, "2026-11-03", "on 2026-11-03 at noon"),
        (v.REFERENCE, "1.344.000", "of 1.344.000 people"),
        (v.REFERENCE, "EUR 4,200.00", "about EUR 4,200.00 a month"),
        (v.REFERENCE, "KX", "the code KX of it"),
        (v.REFERENCE, "20917", "invoice no. 20917 is due"),
        (v.PHONE, "0000-000000000000", "is 0000-000000000000 a key"),
        (v.SECRET, "e3437fea-9c6d-66be-5ccf-bc00aeba3ef7", "trace e3437fea-9c6d-66be-5ccf-bc00aeba3ef7 ended"),
        (v.SECRET, "a1b2c3d4e5f6", "it is a1b2c3d4e5f6 there"),
        (v.SECRET, "apiKey=", "with apiKey=px-1 set"),
        (v.REFERENCE, "C6H12O6", "the compound C6H12O6 was dissolved"),
        (v.SECRET, "php8.3-fpm", "journalctl -u php8.3-fpm -n 50"),
        (v.REFERENCE, "2026-11-03 09:12:55.220+01", "at 2026-11-03 09:12:55.220+01 it stopped"),
        (v.REFERENCE, "10.0.22631.4391", "on Windows 10.0.22631.4391 it works"),
        (v.REFERENCE, "E-45", "on the E-45 to the north"),
        (v.USERNAME, "request.user", "it reads request.user there"),
        (v.USERNAME, "np.float32", "call np.float32 on it"),
        (v.USERNAME, "quorn-scanner", "see quorn-scanner/-/it"),
        (v.USERNAME, "libquorn-dev", "add libquorn-dev to it"),
        (v.USERNAME, "NONCE_SALT", "define NONCE_SALT here"),
        (v.USERNAME, "broker", "to x:y@broker now"),
        (v.USERNAME, "Zk30fQ81", "see https://quorn.example/v=Zk30fQ81 for it"),
    ],
)
def test_what_cannot_be_a_value_is_none_however_sure_the_network_is(kind: str, value: str, text: str) -> None:
    start = text.index(value)

    assert not stated.is_possible(text, kind, start, start + len(value))


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (v.REFERENCE, "48213", "for Mrs Charlot 48213 was given"),
        (v.REFERENCE, "WD-48213", "the hospital's discharge WD-48213 names her"),
        (v.REFERENCE, "2000 4417 8831", "policy of hers, 2000 4417 8831, lapses"),
        (v.REFERENCE, "05.07.30-033.28", "her number 05.07.30-033.28 is right"),
        (v.REFERENCE, "1442-7", "matriculation 1442-7 of the boy"),
        (v.REFERENCE, "756.9217.3056.81", "AHV-Nummer (756.9217.3056.81) stimmt"),
        (v.REFERENCE, "P-0081", "Bjorn Akande (P-0081) squints"),
        (v.PHONE, "2034 5512", "ring her on 2034 5512 after six"),
        (v.PHONE, "06.39.98.01.44", "son numéro, 06.39.98.01.44, le soir"),
        (v.PHONE, "555-0136", "she is at 555-0136 today"),
    ],
)
def test_a_number_of_somebody_is_none_of_a_thing_and_no_date_and_no_road(kind: str, value: str, text: str) -> None:
    start = text.index(value)

    assert stated.is_possible(text, kind, start, start + len(value))


@pytest.mark.parametrize("name", ["c.maciel", "nightowl.jess", "a.brambilla.temp", "y.haddad"])
def test_a_user_name_with_dots_is_no_piece_of_code(name: str) -> None:
    text = f"for {name} it stopped"

    assert stated.is_possible(text, v.USERNAME, 4, 4 + len(name))


@pytest.mark.parametrize("count", [10, 45, 80, 400])
def test_a_list_of_numbers_is_found_however_long_it_is(count: int) -> None:
    numbers = [str(110_903 + 7_919 * place % 880_000) for place in range(count)]
    text = f"our customers are {' '.join(numbers)} and that is all."

    found = analyzer.find(text)

    hidden = {place for one in found for place in range(one.start, one.end)}
    missed = [one for one in numbers if not hidden.issuperset(range(text.index(one), text.index(one) + len(one)))]
    assert missed == []


def test_a_value_beside_a_word_too_long_to_be_one_is_still_found() -> None:
    text = "the alarm company asks for a word, say marmalade " + "7Q" * stated_in_the_network.LONGEST
    tagged = odds_of(text, {v.SECRET: ["marmalade", text.split()[-1]]})

    (value,) = stated_in_the_network.find(text, tagged)

    assert text[value.start : value.end] == "marmalade"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(["@", "!", "((", "\ud800", "\u0301", "x7K!q9", "4711-", "\n", " ", "user", "=", "://"]),
        min_size=1,
    ),
    st.sampled_from(STATED),
    st.data(),
)
def test_what_is_glued_to_a_value_never_leads_out_of_the_text(parts: list[str], kind: str, data: st.DataObject) -> None:
    text = "".join(parts)
    first = data.draw(st.integers(0, len(text) - 1))
    seen = Span(kind, first, data.draw(st.integers(first + 1, len(text))), 1)

    found = stated.StatedRecognizer().analyze(text, [kind], SimpleNamespace(entities=[seen]))

    assert all(0 <= one.start < one.end <= len(text) for one in found)


def test_a_piece_that_a_surer_finding_leaves_over_is_masked_only_if_it_is_a_value_by_itself() -> None:
    text = "ID 88-10442 acc 5520118"
    whole = Finding(v.REFERENCE, 3, len(text), stated.SCORE, stated.REASONS[v.REFERENCE])
    surer = Finding(v.ACCOUNT, 16, len(text), 0.9, "a rule")

    pieces = [one for one in overlaps.resolve([whole, surer], text=text) if one.type == v.REFERENCE]

    (piece,) = pieces
    assert not stated.is_left_over(text, piece)
    assert stated.is_left_over(text, Finding(v.REFERENCE, 12, 15, stated.SCORE, stated.REASONS[v.REFERENCE]))
    assert not stated.is_left_over(text, surer)


def cut_and_certain(text: str, kind: str, words: set[str]) -> Tagged:
    """Give what a network says of a text that is certain of some words and of no sign."""
    written, edges = tokens.cut(text)
    places = np.array(edges).reshape(-1, 2)
    odds = np.zeros((len(written), len(LABELS)), np.float32)
    for row, word in enumerate(written):
        odds[row, LABELS.index(f"I-{kind}") if word in words else 0] = 1
    kinds = np.array([tokens.kind_of(word) for word in written])
    return Tagged(places[:, 0], places[:, 1], kinds, np.zeros(len(written), np.int64), odds)


def test_words_that_signs_join_are_one_value_and_none_of_many_is_lost() -> None:
    short, long = "file 2209/KL/17 now", "/".join(["kq"] * 240)

    (value,) = stated_in_the_network.find(short, cut_and_certain(short, v.REFERENCE, {"2209", "KL", "17"}))
    found = list(stated_in_the_network.find(long, cut_and_certain(long, v.SECRET, {"kq"})))

    assert short[value.start : value.end] == "2209/KL/17"
    assert sum(long[one.start : one.end].count("kq") for one in found) == 240
