"""
Signed notes, checkpoints and cosignatures in C2SP's forms (signed-note, tlog-checkpoint, tlog-cosignature), Ed25519.

A name with its key is written as a *vkey*: ``name+id+base64``. The log signs as 0x01, a witness cosigns as 0x04.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, WITNESS = 0x01, 0x04
MOST_SIGNATURES = 32
MOST_NOTE_BYTES = 64 * 1024
_PRIVATE = "PRIVATE+KEY"


class BadNote(ValueError):
    """A note, checkpoint or key that is not in its form, or whose signature by a known key does not hold."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and a public key, for one kind of signature."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that a signature line begins with."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.kind]) + self.public)}"

    def verifies(self, signature: bytes, text: str) -> bool:
        """Say whether `signature` (without the key's id) holds for the note's text."""
        message = text.encode()
        if self.kind == WITNESS:
            if len(signature) != 72:
                return False
            message = cosigned_message(text, struct.unpack(">Q", signature[:8])[0])
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """
        Read a vkey.

        :raises BadNote: if it is not one, or its id is not that of its key.
        """
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        raw = _from_base64(encoded)
        if len(raw) != 33 or raw[0] not in (LOG, WITNESS) or not is_name(name):
            raise BadNote("This is not a verifier key of the form name+id+base64 for Ed25519.")
        key = cls(name, raw[0], raw[1:])
        if key.id.hex() != key_id:
            raise BadNote("The id in this verifier key is not that of its name and key.")
        return key


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The secret behind a `VerifierKey` of the log. Never logged; `write` is for the key's own file."""

    name: str
    seed: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str) -> SigningKey:
        """Make a key."""
        return cls(name, secrets.token_bytes(32))

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(self.name, LOG, private.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """Write the signature line for a note's text."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"\N{EM DASH} {self.name} {_base64(self.verifier.id + signature)}\n"

    def write(self) -> str:
        """Write the key as its file holds it."""
        return f"{_PRIVATE}+{self.name}+{self.verifier.id.hex()}+{_base64(bytes([LOG]) + self.seed)}"

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """
        Read what `write` wrote.

        :raises BadNote: if it is not that.
        """
        head, _, rest = text.strip().partition(f"{_PRIVATE}+")
        name, _, rest = rest.partition("+")
        raw = _from_base64(rest.partition("+")[2])
        if head or len(raw) != 33 or raw[0] != LOG or not is_name(name):
            raise BadNote("This is not a signing key of the ledger.")
        return cls(name, raw[1:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the tree at one size. `text` is what is signed."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The note's text: origin, size, root."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """
        Read a note's text.

        :raises BadNote: if it is not a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
            raise BadNote("A checkpoint is three lines: origin, size, root.")
        size = lines[1]
        if not (size.isascii() and size.isdecimal()) or (size != "0" and size.startswith("0")):
            raise BadNote("A checkpoint's size is a decimal number without leading zeros.")
        root = _from_base64(lines[2])
        if len(root) != 32:
            raise BadNote("A checkpoint's root is 32 bytes in base64.")
        return cls(lines[0], int(size), root)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and its signature lines, not yet trusted."""

    text: str
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(self.lines)

    @classmethod
    def parse(cls, text: str) -> Note:
        """
        Split a note into its text and its signature lines.

        :raises BadNote: if it is not a signed note.
        """
        body, gap, tail = text.rpartition("\n\n")
        lines = [f"{line}\n" for line in tail.removesuffix("\n").split("\n")] if tail.endswith("\n") else []
        is_too_much = len(text) > MOST_NOTE_BYTES or len(lines) > MOST_SIGNATURES
        has_controls = any(sign < " " and sign != "\n" for sign in text)
        if not gap or not lines or is_too_much or has_controls or not all(map(_is_signature_line, lines)):
            raise BadNote("This is not a signed note: text, an empty line, signature lines.")
        return cls(body + "\n", tuple(lines))

    def signers(self, known: Iterable[VerifierKey]) -> list[VerifierKey]:
        """
        List which of the `known` keys signed this text; lines of unknown keys are ignored.

        :raises BadNote: if a line claims to be by a known key and does not verify.
        """
        keys = {(key.name, key.id): key for key in known}
        found = []
        for line in self.lines:
            name, raw = _parts(line)
            key = keys.get((name, raw[:4]))
            if key is None:
                continue
            if not key.verifies(raw[4:], self.text):
                raise BadNote(f"A signature by {name} does not hold: the note or the signature was changed.")
            found.append(key)
        return found

    def cosigned_at(self, witness: VerifierKey) -> int | None:
        """Return when `witness` cosigned (POSIX seconds), or None where it did not. Verify with `signers` first."""
        for line in self.lines:
            name, raw = _parts(line)
            if (name, raw[:4]) == (witness.name, witness.id):
                return int(struct.unpack(">Q", raw[4:12])[0])
        return None

    def with_lines(self, lines: Sequence[str]) -> Note:
        """Add signature lines."""
        return Note(self.text, (*self.lines, *(line for line in lines if line not in self.lines)))


def cosigned_message(text: str, timestamp: int) -> bytes:
    """Write what a witness signs."""
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


def is_name(name: str) -> bool:
    """Say whether `name` may name a key: not empty, neither spaces nor a plus nor control characters."""
    return bool(name) and not any(sign.isspace() or sign == "+" or sign < " " for sign in name)


def _is_signature_line(line: str) -> bool:
    if not line.startswith("\N{EM DASH} ") or not line.endswith("\n"):
        return False
    try:
        name, raw = _parts(line)
    except BadNote:
        return False
    return is_name(name) and len(raw) > 4


def _parts(line: str) -> tuple[str, bytes]:
    name, _, encoded = line[2:].rstrip("\n").partition(" ")
    return name, _from_base64(encoded)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadNote("A line is not base64.") from error
