"""Hostile, broken and enormous texts: never an exception, never a wrong place, and every letter comes back."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from apps.privacy import engine, scrub
from apps.privacy.restore import restored
from apps.privacy.scrub import Draft
from bench.fuzz_privacy import problem_of, text_of
from tests.privacy.test_scrub import a_vault

MANY = 3_000
CHANCE = random.Random(7)  # noqa: S311 - made-up texts
SMALL = {
    "half surrogates": "\ud83d grace@example.com \udc00" * 50,
    "right to left": "\u202e\u05de\u05e8\u05d9\u05dd grace@example.com \u202c" * 50,
    "combining marks": "e" + "\u0301" * MANY + " grace@example.com",
    "zero width": "gr\u200bace@exam\u200bple.com " * 50,
    "full width": "\uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 \uff11\uff11\uff11\uff11",
    "letters that change their length": "\u0130\u00df\ufb01 Grace Hopper \u0130\u00df\ufb01" * 20,
    "deeply nested JSON": '{"a":' * MANY + '"grace@example.com"' + "}" * MANY,
    "brackets that nobody closes": "[" * MANY + "<" * MANY,
    "binary as text": bytes(CHANCE.randrange(256) for _ in range(MANY)).decode("latin-1"),
    "nothing but placeholders": "<PERSON_1> PERSON_1 &lt;PERSON_1&gt; " * 100,
    "backslashes before values": "\\grace@example.com\\\\grace@example.com" * 50,
    "blanks": " \t\u00a0\u2003" * MANY,
    "at signs": "a@" * MANY,
    "key blocks that never end": "-----BEGIN PRIVATE KEY-----\n" * 300,
    "astral letters": "".join(chr(CHANCE.randrange(0x10000, 0x110000)) for _ in range(MANY)),
}
LETTERS = str.maketrans("0123456789", "bcdfghklmn")


def drawn_from(letters: str) -> str:
    """Draw a million letters, the same in every run."""
    return "".join(random.Random(7).choices(letters, k=1_000_000))  # noqa: S311 - a made-up text


HUGE: dict[str, Callable[[], str]] = {
    "20,000 names": lambda: ", ".join(f"Maria Qu{number:05d}".translate(LETTERS) for number in range(20_000)),
    "a million letters in one line": lambda: "x" * 999_000 + " grace@example.com",
    "a million digits in one line": lambda: drawn_from("0123456789"),
    "a million signs in one line": lambda: drawn_from("!@#$%^&*()_+-=[]{}<>?/\\|"),
}


def there_and_back(text: str) -> str:
    """Scrub a text with findings of this process, and restore it."""
    vault = a_vault()
    scrubbed = scrub._masked([Draft("user", text)], [engine.detect(text)], vault)
    scrubbed.text.encode()
    return restored(scrubbed.messages[0].text, vault.placeholders)


@pytest.mark.parametrize("text", SMALL.values(), ids=SMALL)
def test_a_hostile_text_comes_back_exactly(text: str) -> None:
    assert there_and_back(text) == text


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize("make", HUGE.values(), ids=HUGE)
def test_an_enormous_text_comes_back_exactly(make: Callable[[], str]) -> None:
    text = make()

    assert there_and_back(text) == text


@pytest.mark.thorough
def test_the_fuzzers_first_texts_hold() -> None:
    assert not [problem for problem in (problem_of(text_of(seed)) for seed in range(1, 40)) if problem]
