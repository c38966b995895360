"""Where an export is put together: files that are sealed from the first byte, in a folder that is gone afterwards."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from apps.audit.cases import sealed_file
from apps.audit.cases.sealed_file import SealedWriter
from apps.privacy.keys import Box

BUNDLE: Final = "bundle"
LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the bundle: its name, length and SHA-256, as the manifest gives them."""

    name: str
    bytes: int
    sha256: str


class PartWriter:
    """Takes the bytes of one part, counts and hashes them, and seals them on their way to the disk."""

    def __init__(self, path: Path, name: str, box: Box) -> None:
        self.name = name
        self._file = path.open("wb")
        self._sealed = SealedWriter(self._file, box)
        self._digest = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        """Write bytes."""
        self._digest.update(data)
        return self._sealed.write(data)

    def end(self) -> Part:
        """Seal the rest, and say what the part is."""
        self.close()
        return Part(self.name, self._sealed.written, self._digest.hexdigest())

    def close(self) -> None:
        """Close the file, complete or not."""
        self._sealed.close()
        self._file.close()


class Spool:
    """The folder of one export in the making."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._folder = tempfile.TemporaryDirectory(prefix="portcullis-export-")

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def part(self, name: str) -> PartWriter:
        """Begin a part."""
        return PartWriter(self._path(name), name, self._box)

    def zipped(self, parts: list[Part]) -> Path:
        """Put the parts into one ZIP, in this order, sealed as a whole; return where it lies."""
        path = self._path(BUNDLE)
        with path.open("wb") as file, SealedWriter(file, self._box) as sealed, ZipFile(_as_file(sealed), "w") as bundle:
            for part in parts:
                info = ZipInfo(part.name, LONG_AGO)
                info.compress_type = ZIP_DEFLATED
                with bundle.open(info, "w") as entry:
                    for chunk in self._read(part.name):
                        entry.write(chunk)
        return path

    def _read(self, name: str) -> Iterator[bytes]:
        with self._path(name).open("rb") as file:
            yield from sealed_file.opened(file, self._box)

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / f"{name}.sealed"


def _as_file(writer: Any) -> IO[bytes]:
    """A raw stream that is written from front to back is all the file that a ZIP needs."""
    file: IO[bytes] = writer
    return file
