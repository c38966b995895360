"""
Scrub and restore hostile texts for as long as one wants: nothing may raise, no place may be wrong, all must come back.

    python -m bench.fuzz_privacy [SECONDS] [SEED]

Prints every text that breaks a promise, by its seed, and exits 1 if there was one. Needs no database.
"""

# ruff: noqa: RUF001 - the texts are hostile on purpose

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("PORTCULLIS_SHAPE", "embedded")
os.environ.setdefault("PORTCULLIS_STATE_DIR", tempfile.mkdtemp(prefix="portcullis-fuzz-"))

SECRET_LOOKING = [
    "Grace Hopper", "grace@example.com", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "AKIAIOSFODNN7EXAMPLE",
    "password=hunter2!x", "078-05-1120", "+1 212 555 0123", "מרים כהן", "山田太郎", "Łukasz Żółć", "محمد علي",
    "O'Brien's", "王小明", "박지영", "สมศรี", "ปรานี", "राजेश कुमारी", "محمدٌ", "ወንድሙ", "ᏣᎳᎩ",
    "ワタナヘ\u3099", "手机13857102946",
    "<PERSON_1>", "PERSON_1", "[EMAIL_2]", "&lt;SECRET_1&gt;", r"\<PERSON\_1\>", "<person 3>", "<LITERAL_1>",
    "-----BEGIN",
]  # fmt: skip
GLUE = [
    "", " ", "\n", "\t", "\\", "<", ">", "&lt;", "_", "'s", "\ud83d", "\udc00", "\x00", "\u202e", "\u200b", "e\u0301",
    "\u0130", "ß", "ﬁ", "\r\n", "\u2028", "```", "**", '{"a":', "]]", "%20", "\u00ad", "\ufeff",
    "👩‍👩‍👧", "𝟜𝟙𝟙𝟙", "&", ";", "和", "의", "で", "ครับ", "ี", "\u093f", "\u0651", "\U00020000", "\u200d", "。",
]  # fmt: skip


def main() -> None:
    """Fuzz for the seconds asked for."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    django.setup()
    began, last, tried, broken = time.monotonic(), 0.0, 0, 0
    while time.monotonic() - began < seconds:
        problem = problem_of(text_of(seed))
        tried += 1
        if problem:
            broken += 1
            print(f"seed {seed}: {problem}: {text_of(seed)[:300]!r}", flush=True)
        seed += 1
        if time.monotonic() - last > 10:
            last = time.monotonic()
            print(f"  {tried:,} texts, {broken} broken, {last - began:.0f} s", flush=True)
    print(f"{tried:,} texts, {broken} broken; the next seed is {seed}")
    sys.exit(1 if broken else 0)


def text_of(seed: int) -> str:
    """Make the hostile text of a seed."""
    chance = random.Random(seed)  # noqa: S311 - a fuzzer repeats itself on purpose
    make: Callable[[random.Random], str] = chance.choice([_mixed, _mixed, _noise, _repeated, _nested, _binary])
    return make(chance)


def problem_of(text: str) -> str:
    """Say which promise the text breaks, or nothing. The offsets are checked on the way by the product itself."""
    from apps.privacy import analyzer, keys, pieces, scrub
    from apps.privacy.findings import checked
    from apps.privacy.restore import restored
    from apps.privacy.scrub import Draft
    from apps.privacy.vault import Vault

    vault = Vault(keys.ConversationKey(uuid.uuid4(), bytes(32)))
    try:
        parts = [(piece, analyzer.find(piece.text)) for piece in pieces.cut(text)]
        found = checked(pieces.united(text, parts), text=text)
        scrubbed = scrub._masked([Draft("user", text)], [found], vault)
        scrubbed.text.encode()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the fuzzer looks for
        return f"{type(error).__name__}: {error}"
    back = restored(scrubbed.messages[0].text, vault.placeholders)
    return "" if back == text else f"it came back as {back[:300]!r}"


def _mixed(chance: random.Random) -> str:
    return "".join(chance.choice(SECRET_LOOKING) + chance.choice(GLUE) for _ in range(chance.randint(1, 40)))


def _noise(chance: random.Random) -> str:
    return "".join(
        chr(chance.choice([chance.randrange(128), chance.randrange(0x110000)])) for _ in range(chance.randint(1, 400))
    )


def _repeated(chance: random.Random) -> str:
    unit = chance.choice([*SECRET_LOOKING, *GLUE[1:]]) + chance.choice(GLUE)
    return unit * chance.choice([3, 50, 2_000])


def _nested(chance: random.Random) -> str:
    depth = chance.choice([10, 500, 5_000])
    return chance.choice(['{"a":', "[", "<b>", "("]) * depth + chance.choice(SECRET_LOOKING) + "}" * depth


def _binary(chance: random.Random) -> str:
    data = chance.randbytes(2 * chance.randint(1, 1_500))
    return data.decode(chance.choice(["latin-1", "cp437", "utf-16-le"]), "surrogatepass")


if __name__ == "__main__":
    main()
