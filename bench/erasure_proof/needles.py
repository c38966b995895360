"""Canaries: words that occur nowhere else, and how to find them in bytes, whatever they were encoded as."""

from __future__ import annotations

import base64
import mmap
import secrets
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

MARK = "vexquorl"
LETTERS = "abcdefghkmnprstuvwyz"


def canary(number: int) -> str:
    """Make a word that begins with the mark, so that one search finds all; the rest says which one it is."""
    return f"{MARK}{number:03}{''.join(secrets.choice(LETTERS) for _ in range(6))}"


def forms() -> dict[str, list[bytes]]:
    """Give the mark as it may stand in bytes: in clear, capitals, UTF-16, hexadecimal, base64 at each place."""
    clear = MARK.encode()
    # The characters of base64 that depend on the mark alone, wherever in a group of three bytes it begins.
    shifted = [base64.b64encode(b"\0" * pad + clear) for pad in range(3)]
    cut = [shifted[0][:10], shifted[1][2:12], shifted[2][3:13]]
    urlsafe = [piece.replace(b"+", b"-").replace(b"/", b"_") for piece in cut]
    return {
        "clear": [clear, MARK.upper().encode(), MARK.capitalize().encode()],
        "UTF-16": [MARK.encode("utf-16-le"), MARK.encode("utf-16-be")],
        "hexadecimal": [clear.hex().encode(), clear.hex().upper().encode()],
        "base64": sorted({*cut, *urlsafe}),
        "reversed": [clear[::-1]],
    }


def found_in_bytes(content: bytes | mmap.mmap) -> Counter[str]:
    """Count the places at which the mark stands in some form."""
    found: Counter[str] = Counter()
    for form, patterns in forms().items():
        for pattern in patterns:
            place = content.find(pattern)
            while place >= 0:
                found[form] += 1
                place = content.find(pattern, place + len(pattern))
    return found


def found_in_files(folders: Iterable[Path]) -> dict[Path, Counter[str]]:
    """Search every file below some folders; give those in which the mark stands."""
    found = {}
    for path in sorted(each for folder in folders for each in folder.rglob("*")):
        if not path.is_file() or path.is_symlink() or not path.stat().st_size:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            if hits := found_in_bytes(content):
                found[path] = hits
    return found
