"""Files of packages at rest: sealed in pieces under a key of their own, in the file store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage

from apps.privacy import keys
from apps.privacy.keys import SealBroken

PURPOSE: Final = "retention.package"
PIECE_BYTES: Final = 1 << 20
LENGTH_BYTES: Final = 4


def keep(package_id: UUID, plain: IO[bytes], scratch: IO[bytes]) -> int:
    """
    Seal a file piece by piece and keep it; return its plain size. Memory: one piece. `scratch` takes the sealed bytes.

    Each piece is bound to its place and the last one says so, so that a file that was cut or reordered does not open.
    """
    box = keys.open_key(package_id).box(PURPOSE)
    size, number, piece = 0, 0, plain.read(PIECE_BYTES)
    while piece:
        following = plain.read(PIECE_BYTES)
        sealed = box.seal(piece, label=_label(number, is_last=not following))
        scratch.write(len(sealed).to_bytes(LENGTH_BYTES, "big") + sealed)
        size, number, piece = size + len(piece), number + 1, following
    scratch.seek(0)
    discard(package_id)
    default_storage.save(_path(package_id), File(scratch))
    return size


def opened(package_id: UUID) -> Iterator[bytes]:
    """
    Give a kept file in pieces.

    :raises apps.privacy.keys.KeyDestroyed: if its time is over, or it was erased.
    :raises apps.privacy.keys.SealBroken: if the file was altered.
    """
    box = keys.open_key(package_id).box(PURPOSE)
    with default_storage.open(_path(package_id)) as file:
        number, sealed = 0, _piece(file)
        while sealed:
            following = _piece(file)
            yield box.unseal(sealed, label=_label(number, is_last=not following))
            number, sealed = number + 1, following


def discard(package_id: UUID) -> None:
    """Delete the file; its key is destroyed elsewhere."""
    if default_storage.exists(_path(package_id)):
        default_storage.delete(_path(package_id))


def _piece(file: IO[bytes]) -> bytes:
    head = file.read(LENGTH_BYTES)
    if not head:
        return b""
    piece = file.read(int.from_bytes(head, "big"))
    if len(head) < LENGTH_BYTES or len(piece) != int.from_bytes(head, "big"):
        raise SealBroken("The file of a package was cut.")
    return piece


def _label(number: int, *, is_last: bool) -> str:
    return f"{number}{'.' if is_last else ''}"


def _path(package_id: UUID) -> str:
    return f"packages/{package_id}"
