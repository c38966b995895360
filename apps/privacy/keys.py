"""
Keys: a master key in a file wraps one data key for each conversation; everything personal is sealed under the latter.

AES-256-GCM throughout (NIST SP 800-38D); keys for different purposes are derived by HKDF-SHA256 (RFC 5869). A sealed
value is one version byte, a random 96-bit nonce, and ciphertext with its tag; conversation and purpose are
authenticated, so a value moved to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils import timezone

from apps.ledger import prepared
from apps.ledger.compiled import Compiled, an_id
from apps.ledger.prepared import Condition, Write
from apps.privacy.models import DataKey

KEY_BYTES = 32
NONCE_BYTES = 12
LONGEST_FILE_BYTES = 4096
FORMAT = b"\x01"
_INTO = "INSERT INTO privacy_datakey (conversation_id, wrapped_key, created_at)"
_ROW = Compiled(lambda: DataKey.objects.filter(pk=an_id("conversation")))


class KeyUnavailable(Exception):
    """The master key cannot be used. The sentence says what is wrong with its file and how to cure it."""


class KeyDestroyed(Exception):
    """The conversation was erased: its key is destroyed and what was sealed under it cannot be read again."""

    def __init__(self, conversation_id: UUID) -> None:
        super().__init__(f"Conversation {conversation_id} was erased. Its contents cannot be read or added to.")


class SealBroken(Exception):
    """Sealed bytes do not open under this conversation and purpose: they were altered, moved or wrapped elsewhere."""


def create_master_key_file(path: Path | None = None) -> Path:
    """
    Make the master key's file (32 random bytes, base64, readable by its owner alone) unless there is one already.

    The file appears whole or not at all, and an existing one is never touched.
    """
    target = Path(settings.MASTER_KEY_FILE) if path is None else path
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        return target
    finally:
        draft.unlink()
    return target


def master_key() -> bytes:
    """
    Read the master key.

    :raises KeyUnavailable: if its file is missing, unreadable, or not 32 bytes in base64.
    """
    return master_key_in(_place(settings.MASTER_KEY_FILE))


@lru_cache(maxsize=2)
def _place(file: str) -> Path:
    """Keep the path of a key's file: each new one would enter the parts of its name anew among Python's own names."""
    return Path(file)


def master_key_in(path: Path) -> bytes:
    """
    Read a master key from a file of its own, such as the one before the present one.

    :raises KeyUnavailable: if the file is missing, unreadable, or not 32 bytes in base64.
    """
    try:
        raw = _content(path)
    except FileNotFoundError as error:
        raise KeyUnavailable(
            f"There is no master key at {path}. Put the key's file back, or for a new installation make one with "
            "`manage.py create_master_key` and keep a copy: without it nothing sealed can be read again."
        ) from error
    except OSError as error:
        raise KeyUnavailable(f"The master key at {path} cannot be read: {error.strerror}.") from error
    try:
        key = base64.b64decode(raw.strip(), validate=True)
    except binascii.Error as error:
        raise KeyUnavailable(f"The master key at {path} is not base64. Put the right file back.") from error
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(f"The master key at {path} must be 32 bytes in base64, but is {len(key)} bytes.")
    return key


def _content(path: Path) -> bytes:
    """
    Read a key's file by three calls of the kernel; a file object takes eight, and an exchange reads it four times.

    Who put more than `LONGEST_FILE_BYTES` there put something else there: the part that is read is no key either.
    """
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(handle, LONGEST_FILE_BYTES)
    finally:
        os.close(handle)


def derive(key: bytes, *, purpose: str) -> bytes:
    """Derive a 32-byte key for one purpose."""
    info = b"portcullis/1/" + purpose.encode()
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def wrapping_key(master: bytes) -> bytes:
    """Derive what wraps data keys from a master key."""
    return derive(master, purpose="wrap")


def opens(row: DataKey, wrapping: bytes) -> bool:
    """Say whether a data key is wrapped under this wrapping key."""
    try:
        _decrypt(wrapping, bytes(row.wrapped_key), bound_to=row.conversation_id.bytes)
    except SealBroken:
        return False
    return True


def wrapped_anew(row: DataKey, *, old: bytes, new: bytes) -> bytes:
    """
    Open a data key with one wrapping key and wrap it under another.

    :raises SealBroken: if it does not open.
    """
    secret = _decrypt(old, bytes(row.wrapped_key), bound_to=row.conversation_id.bytes)
    return _encrypt(new, secret, bound_to=row.conversation_id.bytes)


def _encrypt(key: bytes, plaintext: bytes, *, bound_to: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return FORMAT + nonce + AESGCM(key).encrypt(nonce, plaintext, bound_to)


def _decrypt(key: bytes, sealed: bytes, *, bound_to: bytes) -> bytes:
    if sealed[:1] != FORMAT:
        raise SealBroken("These bytes are not in a known sealed form.")
    body = memoryview(sealed)[1:]
    try:
        return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        raise SealBroken("Sealed bytes do not open: altered, moved, or sealed under another key.") from error


@dataclass(frozen=True, slots=True, repr=False)
class Box:
    """Seals and opens bytes of one conversation for one purpose. Never stored, never logged."""

    key: bytes
    binding: bytes

    def seal(self, plaintext: bytes, *, label: str = "") -> bytes:
        """Seal bytes; `label` is authenticated too, so a value cannot stand in for another one."""
        return _encrypt(self.key, plaintext, bound_to=self.binding + label.encode())

    def unseal(self, sealed: bytes, *, label: str = "") -> bytes:
        """
        Open sealed bytes.

        :raises SealBroken: if they were altered or belong to another conversation, purpose or label.
        """
        return _decrypt(self.key, bytes(sealed), bound_to=self.binding + label.encode())


@dataclass(frozen=True, slots=True, repr=False)
class ConversationKey:
    """An open data key. Never stored, never logged."""

    conversation_id: UUID
    secret: bytes

    def box(self, purpose: str) -> Box:
        """Derive what seals for one purpose."""
        binding = self.conversation_id.bytes + purpose.encode() + b"/"
        return Box(derive(self.secret, purpose=f"seal/{purpose}"), binding)

    def digest_key(self) -> bytes:
        """Derive the key of the HMAC by which equal values of this conversation are recognised."""
        return derive(self.secret, purpose="digest")


def open_key(conversation_id: UUID) -> ConversationKey:
    """
    Open the conversation's data key, making it on first use. One query, three on first use.

    :raises KeyDestroyed: if the conversation was erased.
    :raises KeyUnavailable: if the master key cannot be used.
    """
    row = _ROW.first(conversation=conversation_id) or _make_key(conversation_id)
    if row.destroyed_at is not None:
        raise KeyDestroyed(conversation_id)
    return ConversationKey(conversation_id, _unwrap(row))


def opened(conversation_id: UUID, *, wrapped: bytes | None, destroyed_at: datetime | None) -> ConversationKey:
    """
    Open a data key whose row somebody has read along with another one. No query, unless it has to be made.

    Raises what `open_key` raises.
    """
    if destroyed_at is not None:
        raise KeyDestroyed(conversation_id)
    if wrapped is None:
        return open_key(conversation_id)
    return ConversationKey(conversation_id, _unwrap(DataKey(conversation_id=conversation_id, wrapped_key=wrapped)))


class NewKey(NamedTuple):
    """The row of a data key that is still to be saved."""

    conversation_id: UUID
    wrapped_key: bytes
    created_at: datetime


def new_key(exchange_id: UUID) -> tuple[ConversationKey, NewKey]:
    """
    Make the data key of an exchange that belongs to no conversation: the open key, and the row that must be saved.

    No query. Save the row in the transaction that puts the exchange on the record.

    :raises KeyUnavailable: if the master key cannot be used.
    """
    secret = secrets.token_bytes(KEY_BYTES)
    wrapped = _encrypt(wrapping_key(master_key()), secret, bound_to=exchange_id.bytes)
    return ConversationKey(exchange_id, secret), NewKey(exchange_id, wrapped, timezone.now())


def keep_new(row: NewKey) -> None:
    """Save the row of a new key, in the caller's transaction. One statement."""
    with prepared.cursor() as cursor:
        cursor.execute(f"{_INTO} VALUES (%s, %s, %s)", row)


def as_write(row: NewKey) -> Write:
    """Give the row of a new key for another statement to write along."""
    return Write(f"{_INTO} SELECT %s, %s, %s FROM agreed", row)  # noqa: S608 - constants


def is_alive(conversation_id: UUID) -> Condition:
    """Give the condition that the conversation's key is there and not destroyed."""
    return Condition(
        "EXISTS (SELECT FROM privacy_datakey WHERE conversation_id = %s AND destroyed_at IS NULL)", (conversation_id,)
    )


def is_destroyed(conversation_id: UUID) -> bool:
    """Say whether a key that was made is destroyed. One statement."""
    with prepared.cursor() as cursor:
        cursor.execute("SELECT destroyed_at FROM privacy_datakey WHERE conversation_id = %s", [conversation_id])
        row = cursor.fetchone()
    return row is None or row[0] is not None


def open_keys(conversation_ids: Iterable[UUID]) -> dict[UUID, ConversationKey]:
    """
    Open the data keys of many conversations in one query; erased ones, and ones without a key, are missing.

    :raises KeyUnavailable: if the master key cannot be used.
    """
    wanted = list(conversation_ids)
    if len(wanted) == 1:
        rows = [row for row in _ROW.rows(conversation=wanted[0]) if row.destroyed_at is None]
    else:
        rows = list(DataKey.objects.filter(pk__in=wanted, destroyed_at=None))
    return {row.conversation_id: ConversationKey(row.conversation_id, _unwrap(row)) for row in rows}


def seal(conversation_id: UUID, plaintext: bytes, *, purpose: str) -> bytes:
    """Seal bytes under the conversation's data key. One query. Raises what `open_key` raises."""
    return open_key(conversation_id).box(purpose).seal(plaintext)


def unseal(conversation_id: UUID, sealed: bytes, *, purpose: str) -> bytes:
    """
    Open bytes that `seal` sealed for the same conversation and purpose. One query.

    :raises KeyDestroyed: if the conversation was erased.
    :raises SealBroken: if they were altered, moved, or sealed under another key.
    """
    return open_key(conversation_id).box(purpose).unseal(sealed)


def _make_key(conversation_id: UUID) -> DataKey:
    wrapped = _encrypt(wrapping_key(master_key()), secrets.token_bytes(KEY_BYTES), bound_to=conversation_id.bytes)
    DataKey.objects.bulk_create([DataKey(conversation_id=conversation_id, wrapped_key=wrapped)], ignore_conflicts=True)
    return DataKey.objects.get(pk=conversation_id)


def _unwrap(row: DataKey) -> bytes:
    bound_to = row.conversation_id.bytes
    try:
        return _decrypt(wrapping_key(master_key()), bytes(row.wrapped_key), bound_to=bound_to)
    except SealBroken as error:
        if settings.OLD_MASTER_KEY_FILE:
            with suppress(SealBroken):
                old = wrapping_key(master_key_in(Path(settings.OLD_MASTER_KEY_FILE)))
                return _decrypt(old, bytes(row.wrapped_key), bound_to=bound_to)
        raise KeyUnavailable(
            f"The master key does not open the data key of conversation {row.conversation_id}. "
            "It is not the key this installation was made with: put the right file back."
        ) from error
