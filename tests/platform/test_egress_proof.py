"""The proof at the network: that its search finds what it must, and that a short run of it holds."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from urllib.parse import quote

import pytest

from bench.egress_proof import network
from bench.egress_proof.capture import NotWhole, bodies
from bench.egress_proof.forms import Searcher, texts_of
from bench.egress_proof.planted import Planter
from tests.platform.processes import ROOT, clean_environment

VALUE = "Zoë Quintorvel"
REQUEST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%s"


def as_body(text: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": text}]}).encode()


def split_over_messages(value: str) -> bytes:
    halves = [{"role": "user", "content": half} for half in (value[:6], value[6:])]
    return json.dumps({"messages": halves}).encode()


FORMS = {
    "in clear": as_body(f"ask {VALUE} now"),
    "in lower case": as_body(f"ask {VALUE.lower()} now"),
    "in upper case": as_body(f"ask {VALUE.upper()} now"),
    "reversed": as_body(f"ask {VALUE[::-1]} now"),
    "with other separators": as_body("ask Zoë-Quintorvel now"),
    "letter by letter": as_body("ask " + " ".join(VALUE) + " now"),
    "percent-encoded": as_body(f"ask {quote(VALUE)} now"),
    "as HTML": as_body(f"ask {VALUE.encode('ascii', 'xmlcharrefreplace').decode()} now"),
    "as hexadecimal": as_body(f"ask {VALUE.encode().hex()} now"),
    "as hexadecimal in upper case": as_body(f"ask {VALUE.encode().hex().upper()} now"),
    "split over strings": split_over_messages(VALUE),
    "outside of any JSON": VALUE.encode(),
    **{
        f"as base64 with {before} bytes before it": as_body(base64.b64encode(b"x" * before + VALUE.encode()).decode())
        for before in range(4)
    },
    "as base64 for addresses": as_body(base64.urlsafe_b64encode(b"ask " + VALUE.encode() + b" now").decode()),
    "as base64 of upper case": as_body(base64.b64encode(VALUE.upper().encode()).decode()),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_value_is_found_in_every_form(form: str) -> None:
    body = FORMS[form]
    texts = texts_of(body) if body.startswith(b"{") else []

    assert {hit.value for hit in Searcher([VALUE, "Another Person"]).search(body, texts)} == {VALUE}


def test_what_was_not_planted_is_not_found() -> None:
    body = as_body("ask <PERSON_1> about the quarterly report of Zoë")

    assert not Searcher([VALUE]).search(body, texts_of(body))


def test_requests_are_told_apart_and_a_torn_one_is_noticed() -> None:
    two = REQUEST % (3, b"one") + REQUEST % (3, b"two")

    assert list(bodies(two)) == [b"one", b"two"]
    for torn in (two[:-1], two + b"?", b"SSH-2.0\r\n\r\n"):
        with pytest.raises(NotWhole):
            list(bodies(torn))


def test_plants_are_long_enough_to_be_searched_for_and_stand_in_their_text() -> None:
    for seed in range(50):
        planter = Planter(seed)
        for text in (planter.question(), planter.aside(), planter.record()[1]):
            assert all(needle in text.text for plant in text.plants for needle in plant.needles)
            Searcher(needle for plant in text.plants for needle in plant.needles)
            assert text.mark in text.text


@pytest.mark.thorough
@pytest.mark.timeout(400)
@pytest.mark.skipif(bool(network.why_not()), reason=network.why_not())
def test_a_short_proof_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.egress_proof", "--journeys", "10"],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
