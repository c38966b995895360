"""Turn bytes into text, whatever program wrote them."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_:.-]{2,40})""")
SAMPLE = 4096
# Looked up while files may still be opened: the isolated process could not load a decoder later.
KNOWN = (
    "ascii", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1250", "cp1251",
    "cp1252", "cp1253", "cp1254", "cp1257", "cp437", "cp850", "iso8859-2", "iso8859-5", "iso8859-15", "koi8-r",
    "koi8-u", "mac-roman",
    "shift_jis", "euc_jp", "iso2022_jp", "gb18030", "gbk", "big5", "euc_kr",
)  # fmt: skip
_LOADED = {codecs.lookup(name).name for name in KNOWN}


def looks_binary(data: bytes) -> bool:
    """Say whether the first bytes hold NULs or many control bytes, as no text in a known encoding does."""
    if data.startswith(tuple(mark for mark, _ in _MARKS)):
        return False
    sample = data[:SAMPLE]
    if b"\0" in sample:
        return wide_encoding(sample) is None
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in sample)
    return control * 20 > len(sample)


def wide_encoding(sample: bytes) -> str | None:
    """Recognise UTF-16 without a mark: Western text has a NUL in every second place, and only there."""
    pairs = max(len(sample) // 2, 1)
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > pairs * 0.7 and even < pairs * 0.05:
        return "utf-16-le"
    if even > pairs * 0.7 and odd < pairs * 0.05:
        return "utf-16-be"
    return None


def decode(data: bytes, *, may_declare: bool) -> str:
    """
    Decode by byte order mark, then by the encoding an HTML file declares (if `may_declare`), then UTF-8, then
    Windows-1252. Never fails: what fits nowhere becomes a replacement character.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace")
    wide = wide_encoding(data[:SAMPLE]) if b"\0" in data[:SAMPLE] else None
    for candidate in (wide, _declared(data) if may_declare else None, "utf-8", "cp1252"):
        if candidate is None:
            continue
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", errors="replace")


def _declared(data: bytes) -> str | None:
    found = _DECLARED.search(data[:SAMPLE])
    if found is None:
        return None
    name = found.group(1).decode("ascii").lower().replace("iso-8859", "iso8859")
    try:
        known = codecs.lookup(name).name
    except (LookupError, OSError):
        return None
    return known if known in _LOADED else None
