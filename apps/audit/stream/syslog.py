"""
Send records by syslog over TLS: the frames of RFC 5424, counted in octets as RFC 5425 has it.

Syslog has no acknowledgement. Records count as sent when every octet was written and the receiver then closed the
connection in good order: its side of TLS, or at least of TCP, which is reset where anything was left unread. What
it does with them, nobody can say. On any fault all of them are sent again, with the same ids.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from apps.audit.stream import ocsf, outgoing
from apps.audit.stream.outgoing import NotReached, NotTaken, NotTrusted
from apps.audit.stream.record import Record
from apps.gateway import addresses
from apps.gateway.addresses import BadAddress

SCHEME: Final = "tls"
PORT: Final = 6514
LOG_AUDIT: Final = 13
ALERT, WARNING, INFORMATIONAL = 1, 4, 6
SEVERITIES: Final = {ocsf.INFORMATIONAL: INFORMATIONAL, ocsf.LOW: WARNING, ocsf.HIGH: ALERT}
SD_ID: Final = "portcullis@32473"
"""Of a number that is kept for examples (RFC 5612): nobody registered one for this product."""
NOTHING: Final = "-"
BOM: Final = "\ufeff"
CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NOT_PRINTED: Final = re.compile(r"[^\x21-\x7e]")
LONGEST_NAME, LONGEST_WORD = 255, 32
GOODBYE_MILLISECONDS: Final = 1_000


def checked(address: str) -> str:
    """
    Return an address as ``tls://host:port``, with port 6514 where none is said, or say what is wrong with it.

    :raises BadAddress: for anything but a host and a port, and what no model server's address may be either.
    """
    typed = address.strip()
    scheme, mark, rest = typed.partition("://")
    if mark and scheme.lower() != SCHEME:
        raise BadAddress("Enter a name and a port, such as siem.example:6514: records travel by TLS alone.")
    parts = urlsplit(addresses.checked(f"https://{rest if mark else typed}"))
    if parts.path:
        raise BadAddress("Leave out what follows the port: syslog has no paths.")
    host = f"[{parts.hostname}]" if ":" in str(parts.hostname) else str(parts.hostname)
    return f"{SCHEME}://{host}:{parts.port or PORT}"


def frame(record: Record, line: str) -> bytes:
    """Write one record as a message of RFC 5424 with its length before it. Nothing in a value can end it."""
    priority = LOG_AUDIT * 8 + SEVERITIES[ocsf.severity_of(record)]
    at = record.at.isoformat(timespec="microseconds").replace("+00:00", "Z") if record.at else NOTHING
    words = (
        f"<{priority}>1", at, _word(urlsplit(settings.BASE_URL).hostname or "", LONGEST_NAME), "portcullis", NOTHING,
        _word(record.action or f"{record.purpose}_{record.kind}".strip("_"), LONGEST_WORD), _structured(record),
        _message(line),
    )  # fmt: skip
    message = " ".join(words).encode("utf-8", "replace")
    return b"%d %s" % (len(message), message)


def send(address: str, frames: Sequence[bytes]) -> None:
    """
    Send frames by one connection and wait for its good end. Blocks for 15 seconds at most, and 5 to connect.

    :raises NotTaken: unless all were written and the receiver ended the connection in good order.
    """
    parts = urlsplit(checked(address))
    host, port = str(parts.hostname), parts.port or PORT
    try:
        with (
            outgoing.connect(host, port) as plain,
            outgoing.secured(plain, host) as secure,
            outgoing.Limited(lambda: secure) as limited,
        ):
            _shake_hands(secure)
            _write(secure, b"".join(frames))
            if limited.is_over:
                raise NotReached
    except BadAddress as bad:
        raise NotTaken(str(bad)) from None
    except OSError:
        raise NotReached from None


def _shake_hands(secure: ssl.SSLSocket) -> None:
    try:
        secure.do_handshake()
    except ssl.SSLError:
        raise NotTrusted from None


def _write(secure: ssl.SSLSocket, octets: bytes) -> None:
    """Write everything, say that nothing more comes, and wait until the receiver has closed its side."""
    secure.settimeout(outgoing.SECONDS)
    try:
        secure.sendall(octets)
        secure.unwrap()
    except ssl.SSLEOFError:
        pass  # it closed without a word of TLS: whether it had read everything, its system says below
    except ssl.SSLError:
        raise NotTaken("The receiver ended the connection out of order, or wants a certificate of ours.") from None
    _require_no_reset(secure)


def _require_no_reset(secure: socket.socket) -> None:
    """
    Wait a second at most for the end of TCP: a system whose program closed before it read everything sends a reset.

    So a receiver that said goodbye before it had our records is not taken for one that said so after.
    """
    socket.socket.shutdown(secure, socket.SHUT_WR)
    waiting = select.poll()
    waiting.register(secure.fileno(), 0)
    waiting.poll(GOODBYE_MILLISECONDS)
    if error := secure.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        raise OSError(error, "reset")


def _structured(record: Record) -> str:
    pairs = {"place": str(record.place), "id": str(record.id), "action": record.action or record.kind}
    written = " ".join(f'{name}="{_value(text)}"' for name, text in pairs.items())
    return f"[{SD_ID} {written}]"


def _value(text: str) -> str:
    """Escape a value of structured data: what could end it, or its element."""
    return re.sub(r'(["\\\]])', r"\\\1", CONTROLS.sub(" ", text))


def _word(text: str, longest: int) -> str:
    """Give a field of the header: printed ASCII, no space, never empty."""
    return NOT_PRINTED.sub("_", text)[:longest] or NOTHING


def _message(line: str) -> str:
    """Mark what is more than ASCII as UTF-8, as the RFC asks; what is ASCII stays what every collector parses."""
    plain = CONTROLS.sub(" ", line)
    return plain if plain.isascii() else BOM + plain
