"""Files made for the tests: good ones in every format, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import docx
from reportlab.lib import pdfencrypt
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60


def pdf(pages: Sequence[Sequence[str]] = (("Hello",),), *, password: str = "", size: int = 11) -> bytes:
    """A PDF; a line that starts with # is printed large."""
    buffer = io.BytesIO()
    lock = pdfencrypt.StandardEncryption(password, ownerPassword=password + "-owner") if password else None
    canvas = Canvas(buffer, pagesize=A4, encrypt=lock, invariant=1)
    for lines in pages:
        height = 800
        for line in lines:
            canvas.setFont("Helvetica", size * 1.8 if line.startswith("#") else size)
            canvas.drawString(60, height, line.lstrip("# "))
            height -= 40 if line.startswith("#") else 18
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def scanned_pdf() -> bytes:
    """A PDF with lines drawn on it and no letter."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    canvas.rect(100, 100, 300, 300, fill=1)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def word(paragraphs: Sequence[str] = ("Hello",), *, table: Sequence[Sequence[str]] = ()) -> bytes:
    """A Word document; a line that starts with # is a heading."""
    document = docx.Document()
    for text in paragraphs:
        if text.startswith("#"):
            document.add_heading(text.lstrip("# "), 1)
        else:
            document.add_paragraph(text)
    if table:
        made = document.add_table(rows=len(table), cols=len(table[0]))
        for row, cells in zip(made.rows, table, strict=True):
            for cell, text in zip(row.cells, cells, strict=True):
                cell.text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def repacked(package: bytes, **changed: bytes) -> bytes:
    """A Word document with parts replaced; ``document_xml`` means word/document.xml."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            name = entry.filename
            new.writestr(name, changed.pop(name.rpartition("/")[2].replace(".", "_"), old.read(name)))
        for name, data in changed.items():
            new.writestr(f"word/{name}", data)
    return buffer.getvalue()


def zip_bomb() -> bytes:
    """A Word document of a few hundred kilobytes that unpacks to 300 MB."""
    return repacked(word(), media=b"\0" * (300 * 1024 * 1024))


def many_entries() -> bytes:
    """A Word document with more parts than any has."""
    return repacked(word(), **{f"part{number}": b"x" for number in range(2_500)})


def laughing_xml() -> bytes:
    """A Word document whose XML would grow without end if entities were resolved."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    xml = (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{levels}]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>before &l11; after</w:t></w:r></w:p></w:body></w:document>"
    )
    return repacked(word(), document_xml=xml.encode())


def external_entity() -> bytes:
    """A Word document that asks for a file of the server."""
    xml = (
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        "<w:t>before &x; after</w:t></w:r></w:p></w:body></w:document>"
    )
    return repacked(word(), document_xml=xml.encode())


def locked_word() -> bytes:
    """The beginning of what Word writes for a document with a password: an OLE box around the encrypted package."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


def old_word() -> bytes:
    """The beginning of a document of the old Word format."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument".encode("utf-16-le") + b"\0" * 600


def deep_html(depth: int = 100_000) -> bytes:
    """HTML nested far deeper than any page."""
    return b"<div>" * depth + b"found" + b"</div>" * depth
