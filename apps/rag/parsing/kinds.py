"""What kind of file this is: by its name, confirmed by its first bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

from apps.rag.parsing import Kind, Reason, Unreadable
from apps.rag.parsing.decoding import looks_binary

EXTENSIONS = {
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
}
CONTENT_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.MARKDOWN: "text/markdown",
    Kind.TEXT: "text/plain",
    Kind.HTML: "text/html",
}
_KINDS = {content_type: kind for kind, content_type in CONTENT_TYPES.items()}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # old Office files, and the box around encrypted new ones
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_OTHER_FORMATS = (b"%PDF-", _ZIP, _OLE, b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\x7fELF", b"\x1f\x8b", b"{\\rtf")

MOST_ENTRIES = 2_000
MOST_UNPACKED = 200 * 1024 * 1024
MOST_RATIO = 150
RATIO_MATTERS_FROM = 5 * 1024 * 1024


def kind_of_name(file_name: str) -> Kind:
    """
    Tell the kind by the name's ending.

    :raises Unreadable: if it is none of the five formats.
    """
    ending = PurePath(file_name).suffix.lower()
    if ending == ".doc":
        raise Unreadable(Reason.OLD_WORD)
    try:
        return EXTENSIONS[ending]
    except KeyError:
        raise Unreadable(Reason.UNKNOWN_TYPE) from None


def kind_of_content_type(content_type: str) -> Kind:
    """Tell the kind by the content type that was stored at upload."""
    return _KINDS[content_type]


def confirm_start(kind: Kind, head: bytes) -> None:
    """
    Check by its first bytes (8 KB are plenty) that a file is what its name says.

    :raises Unreadable: if it is empty or something else.
    """
    if not head.strip(b"\0 \t\r\n"):
        raise Unreadable(Reason.EMPTY)
    if kind is Kind.PDF:
        is_wrong = b"%PDF-" not in head[:1024]
    elif kind is Kind.DOCX:
        is_wrong = not head.startswith((_ZIP, _OLE))
    else:
        is_wrong = head.startswith(_OTHER_FORMATS) or looks_binary(head)
    if is_wrong:
        raise Unreadable(Reason.WRONG_TYPE)


def confirm(kind: Kind, data: bytes) -> None:
    """
    Check that `data` is what its name says, and safe to unpack.

    :raises Unreadable: if it is empty, locked, packed too tight or something else than `kind`.
    """
    confirm_start(kind, data)
    if kind is Kind.DOCX:
        if data.startswith(_OLE):
            raise Unreadable(Reason.PASSWORD if _ENCRYPTED in data else Reason.OLD_WORD)
        confirm_docx(data)


def confirm_docx(data: bytes) -> None:
    """
    Read the table of contents of the package, and nothing else of it.

    :raises Unreadable: if it is no Word document, is locked, or would unpack to more than it should.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError):
        raise Unreadable(Reason.DAMAGED) from None
    names = {entry.filename for entry in entries}
    if len(names) != len(entries) or len(entries) > MOST_ENTRIES:
        raise Unreadable(Reason.PACKED_TOO_TIGHT)
    if "[Content_Types].xml" not in names or not any(name.startswith("word/") for name in names):
        raise Unreadable(Reason.WRONG_TYPE)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable(Reason.PASSWORD)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or (unpacked > RATIO_MATTERS_FROM and unpacked > MOST_RATIO * len(data)):
        raise Unreadable(Reason.PACKED_TOO_TIGHT)
