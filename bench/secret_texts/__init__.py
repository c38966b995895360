"""
Texts with and without secrets, written by hand and filled with drawn values: whom the rules were not written after.

No value stands in these files, so no scanner takes them for a leak, and every seed gives other ones.
"""

from __future__ import annotations

import random
import re
import string
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
SLOT: Final = re.compile(r"\{(?P<kind>[A-Za-z]\w*):(?P<length>\d+)\}|\{uuid\}")
LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits
KINDS: Final = {
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "hex8": "0123456789ABCDEF",
    "an": LETTERS_AND_DIGITS,
    "alpha": string.ascii_letters,
    "lower": string.ascii_lowercase,
    "up": string.ascii_uppercase + string.digits,
    "num": string.digits,
    "b32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "b32l": "abcdefghijklmnopqrstuvwxyz234567",
    "b64": LETTERS_AND_DIGITS + "+/",
    "b64u": LETTERS_AND_DIGITS,
    "url": LETTERS_AND_DIGITS + "-_",
    "django": string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)",
}
"""The characters that a slot is drawn from."""

OPENS: Final = "⟦"
CLOSES: Final = "⟧"


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and the places of its secrets; `line` is what it was drawn from."""

    line: str
    text: str
    secrets: tuple[tuple[int, int], ...]


def read(name: str, *, seed: int) -> list[Sample]:
    """Draw every text of a file once."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [_drawn(line.split("\t")[1], seed=seed) for line in lines if line and not line.startswith("#")]


def _drawn(line: str, *, seed: int) -> Sample:
    chance = random.Random(f"{seed} {line}")  # noqa: S311 - values to measure with, nobody's keys
    filled = SLOT.sub(lambda slot: _value(slot, chance), line.replace("\\n", "\n"))
    parts = re.split(f"[{OPENS}{CLOSES}]", filled)
    ends = [0]
    for part in parts:
        ends.append(ends[-1] + len(part))
    return Sample(line, "".join(parts), tuple(zip(ends[1::2], ends[2::2], strict=False)))


def _value(slot: re.Match[str], chance: random.Random) -> str:
    if slot["kind"] is None:
        return str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return "".join(chance.choices(KINDS[slot["kind"]], k=int(slot["length"])))
