"""Keys beside vendors' names are found however they are written; certificates and digests are left alone."""

from __future__ import annotations

import base64
import random
import string

import pytest

from apps.privacy import analyzer
from apps.privacy import vocabulary as v
from apps.privacy.recognisers.credentials.nearby import VendorBefore
from bench import eval_privacy
from tests.privacy.test_enterprise_texts import lines

VENDORS = [
    "apiflash",
    "bulksms",
    "convertkit",
    "geoapify",
    "kickbox",
    "mailerlite",
    "nylas",
    "openrouter",
    "scrapingbee",
    "stytch",
    "uptimerobot",
    "walkscore",
]
FORMS = [
    ("0123456789abcdef", 32),
    (string.ascii_letters + string.digits, 40),
    (string.ascii_lowercase + string.digits, 24),
]
STYLES = [
    "{v} {k}",
    "{v}: {k}",
    '{v} = "{k}"',
    "{v}_id: {k}",
    '{v}.init("{k}")',
    "{v} key is {k}",
    "our {v} key: {k}",
    "| {v} | `{k}` |",
    "const {v}Key = '{k}';",
    "[DEBUG] Using {v} KEY={k}",
    "https://api.{v}.com/v1/x?key={k}&q=1",
    "'{v}' => array('key' => '{k}')",
]
MOST_LEAKED = 0.05
MOST_TOUCHED = 0.02


@pytest.fixture(scope="module")
def rules() -> eval_privacy.Detector:
    """Give the engine without its model of names."""
    return eval_privacy.patterns()


def test_keys_beside_vendors_names_are_found_in_most_ways_of_writing_them(rules: eval_privacy.Detector) -> None:
    draw = random.Random(7)  # noqa: S311 - keys for a test, no secrets
    cases = [
        (style.format(v=vendor, k=key), key)
        for vendor in VENDORS
        for style in STYLES
        for letters, length in FORMS
        if (key := "".join(draw.choices(letters, k=length)))
    ]

    missed = [text for text, key in cases if not _is_covered(text, key, rules)]

    assert len(cases) > 400
    assert len(missed) <= MOST_LEAKED * len(cases), missed


def test_digests_public_keys_and_examples_of_documentation_are_left_alone(rules: eval_privacy.Detector) -> None:
    texts = list(lines("no_secrets.txt"))

    touched = [text for text in texts if list(rules(text))]

    assert len(texts) >= 140
    assert len(touched) <= MOST_TOUCHED * len(texts), touched


def _body(seed: int) -> str:
    draw = random.Random(seed)  # noqa: S311 - bytes for a test
    return "\n".join(base64.b64encode(draw.randbytes(48)).decode() for _ in range(12))


def _secrets(text: str) -> list[str]:
    return [text[one.start : one.end] for one in analyzer.find(text) if one.type == v.SECRET]


@pytest.mark.parametrize("kind", ["CERTIFICATE", "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE REQUEST"])
def test_a_block_that_is_made_to_be_shown_is_no_secret(kind: str) -> None:
    text = f"-----BEGIN {kind}-----\n{_body(1)}\n-----END {kind}-----\n"

    assert _secrets(text) == []


def test_what_stands_behind_a_torn_certificate_is_masked_all_the_same() -> None:
    password, key = "hunter2!x", "a8f3kd93kfls02kd83jf0"
    text = f"-----BEGIN CERTIFICATE-----\n{_body(2)}\npassword={password}\napi_key = {key}\n"

    assert _secrets(text) == [password, key]


def test_a_private_key_behind_a_torn_certificate_is_masked_all_the_same() -> None:
    private = f"-----BEGIN RSA PRIVATE KEY-----\n{_body(3)}\n-----END RSA PRIVATE KEY-----"

    assert _secrets(f"-----BEGIN CERTIFICATE-----\n{_body(4)}\n{private}") == [private]


@pytest.mark.parametrize(
    ("before", "is_one"),
    [
        ("stripe_key = ", True),
        ("myStripeKey: ", True),
        ("STRIPE ", True),
        ("restripe ", False),
        ("stripe commit ", False),
        ("sentry issue ", False),
        ("the weather today is ", False),
    ],
)
def test_a_vendors_name_counts_where_a_word_or_a_hump_begins(before: str, is_one: bool) -> None:
    assert VendorBefore().search(before) is is_one


def _is_covered(text: str, key: str, rules: eval_privacy.Detector) -> bool:
    at = text.index(key)
    return any(start <= at and at + len(key) <= end for start, end, _ in rules(text))
