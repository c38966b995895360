"""
A file at rest that only its key opens: chunks sealed one by one, in an order that cannot be changed or cut short.

Each chunk is AES-256-GCM under the export's own data key, and authenticates its number and whether it is the last (the
idea of STREAM, Hoang, Reyhanitabar, Rogaway and Vizár 2015). Memory is that of one chunk.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, Final

from apps.privacy.keys import Box, SealBroken

CHUNK: Final = 256 * 1024
LENGTH: Final = 4
MOST_SEALED: Final = CHUNK + 1024


class SealedWriter(io.RawIOBase):
    """Takes plain bytes and writes sealed ones to `file`; complete once it was closed."""

    def __init__(self, file: IO[bytes], box: Box) -> None:
        super().__init__()
        self._file, self._box = file, box
        self._waiting = bytearray()
        self._number = 0
        self.written = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        """Take bytes; each full chunk is sealed and written at once."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._waiting += view
        self.written += len(view)
        while len(self._waiting) > CHUNK:
            self._put(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(view)

    def close(self) -> None:
        """Seal what is left as the last chunk. The file beneath stays open."""
        if not self.closed:
            self._put(bytes(self._waiting), is_last=True)
            self._waiting.clear()
        super().close()

    def _put(self, plain: bytes, *, is_last: bool) -> None:
        sealed = self._box.seal(plain, label=_label(self._number, is_last=is_last))
        self._file.write(len(sealed).to_bytes(LENGTH, "big") + sealed)
        self._number += 1


def opened(file: IO[bytes], box: Box) -> Iterator[bytes]:
    """
    Read what a `SealedWriter` wrote, chunk by chunk.

    :raises apps.privacy.keys.SealBroken: if it was altered, reordered or cut short; what came before is as written.
    """
    number, length = 0, file.read(LENGTH)
    while length:
        size = int.from_bytes(length, "big")
        if len(length) != LENGTH or size > MOST_SEALED:
            raise SealBroken("A stored file was altered.")
        sealed = file.read(size)
        length = file.read(LENGTH)
        yield box.unseal(sealed, label=_label(number, is_last=not length))
        number += 1
    if not number:
        raise SealBroken("A stored file is empty.")


def _label(number: int, *, is_last: bool) -> str:
    return f"{number}{'.' if is_last else ''}"
