"""The text of a key: how it is made, recognised and stored."""

from __future__ import annotations

import hashlib
import secrets
import string
import zlib
from typing import Final

PREFIX: Final = "portcullis_"
ALPHABET: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
RANDOM_CHARACTERS: Final = 43  # 43 digits to the base of 62 hold 256 bits
CHECK_CHARACTERS: Final = 6  # and 6 hold the 32 bits of a CRC
LENGTH: Final = len(PREFIX) + RANDOM_CHARACTERS + CHECK_CHARACTERS


def make() -> str:
    """
    Make a secret: ``portcullis_``, 256 random bits, and a check sum, in letters and digits only.

    The prefix lets secret scanners, our own privacy engine among them, know a key wherever it was pasted; the check sum
    lets anybody tell a key from a word without asking the database.
    """
    random = _in_base_62(secrets.randbits(256), RANDOM_CHARACTERS)
    return PREFIX + random + _check(random)


def is_well_formed(secret: str) -> bool:
    """Say whether this can be a key at all: prefix, length and check sum. Costs no query."""
    if len(secret) != LENGTH or not secret.startswith(PREFIX) or not secret.isascii():
        return False
    random = secret[len(PREFIX) : -CHECK_CHARACTERS]
    return secret.endswith(_check(random))


def digest_of(secret: str) -> bytes:
    """
    Give what is stored of a secret: its SHA-256, 32 bytes.

    A slow, salted hash protects passwords because people choose guessable ones. This secret has 256 random bits: no
    dictionary holds it and no machine counts that far, so one round is as strong and costs a microsecond a call. The
    row is found by this digest in an index; how long that takes can tell about the digest only, which leads nowhere
    back to a secret.
    """
    return hashlib.sha256(secret.encode()).digest()


def _check(random: str) -> str:
    return _in_base_62(zlib.crc32(random.encode()), CHECK_CHARACTERS)


def _in_base_62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))
