"""Post lines to an address over HTTPS: signed, never redirected, within fifteen seconds."""

from __future__ import annotations

import hashlib
import hmac
import ssl
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from apps.audit.stream import outgoing
from apps.audit.stream.outgoing import NotReached, NotTaken, NotTrusted
from apps.gateway import addresses
from apps.gateway.addresses import BadAddress

TIMESTAMP, SIGNATURE = "Portcullis-Timestamp", "Portcullis-Signature"


def checked(address: str) -> str:
    """
    Return an address in its plain form, or say what is wrong with it.

    :raises BadAddress: for anything but HTTPS, and what no model server's address may be either.
    """
    plain = addresses.checked(address)
    if not plain.startswith("https://"):
        raise BadAddress("Enter an address that begins with https://: records do not travel in clear.")
    return plain


def post(address: str, lines: Sequence[str], *, secret: bytes, first: int, beyond: int, now: datetime) -> None:
    """
    Post lines, signed with HMAC-SHA-256 over the timestamp, a dot and the body. Blocks for 15 seconds at most.

    :raises NotTaken: unless the receiver answers 2xx. It may have the lines all the same.
    """
    body = "".join(f"{line}\n" for line in lines).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/x-ndjson",
        "User-Agent": "portcullis",
        TIMESTAMP: timestamp,
        SIGNATURE: f"v1={signature(secret, timestamp, body)}",
        "Portcullis-First": str(first),
        "Portcullis-Beyond": str(beyond),
    }
    parts = urlsplit(checked(address))
    connection = _Pinned(str(parts.hostname), parts.port or 443)
    with closing(connection), outgoing.Limited(lambda: connection.sock):
        status = _status(connection, parts.path or "/", body, headers)
    if not 200 <= status < 300:
        raise NotTaken(f"The receiver answered {status}." if status >= 400 else "The receiver pointed elsewhere.")


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """Sign a body, as the receiver checks it."""
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _status(connection: _Pinned, path: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        connection.request("POST", path, body=body, headers=headers)
        return connection.getresponse().status
    except BadAddress as bad:
        raise NotTaken(str(bad)) from None
    except ssl.SSLError:
        raise NotTrusted from None
    except (OSError, HTTPException):
        raise NotReached from None


class _Pinned(HTTPSConnection):
    """A connection to the number that was judged; the certificate is checked against the name all the same."""

    def connect(self) -> None:
        secure = outgoing.secured(outgoing.connect(self.host, self.port), self.host)
        self.sock = secure
        secure.do_handshake()
        secure.settimeout(outgoing.SECONDS)
