"""
Post lines to an address over HTTPS: signed, never redirected, to a host whose numbers were looked at first.

The name is resolved once, each number is judged by the rules for model servers, and the connection goes to the very
number that was judged. A receiver has fifteen seconds for everything.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import threading
from collections.abc import Sequence
from datetime import datetime
from http.client import HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from apps.gateway import addresses
from apps.gateway.addresses import BadAddress

SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0
TIMESTAMP, SIGNATURE = "Portcullis-Timestamp", "Portcullis-Signature"


class NotTaken(Exception):
    """The receiver did not take the lines; the sentence says how, without what it said."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


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
    with _Limited(connection):
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
        raise NotTaken("The receiver's certificate is not trusted, or it speaks no TLS.") from None
    except (OSError, HTTPException):
        raise NotTaken("The receiver cannot be reached, or did not answer in time.") from None


class _Pinned(HTTPSConnection):
    """A connection to the number that was judged; the certificate is checked against the name all the same."""

    def connect(self) -> None:
        self.sock = socket.create_connection((_judged(self.host, self.port), self.port), CONNECT_SECONDS)
        self.sock = tls().wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(SECONDS)


class _Limited:
    """End whatever a connection does once its time is over, also for a receiver that sends a byte a second."""

    def __init__(self, connection: HTTPSConnection) -> None:
        self._connection = connection
        self._timer = threading.Timer(SECONDS, self._cut)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._connection.close()

    def _cut(self) -> None:
        if (sock := self._connection.sock) is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself


def _judged(host: str, port: int) -> str:
    """Resolve a name to one number; refuse it if any of its numbers may not be called."""
    numbers = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for number in numbers:
        addresses.checked(f"https://[{number}]" if ":" in number else f"https://{number}")
        if addresses.is_loopback(number) and not settings.IS_EMBEDDED:
            raise BadAddress("This address leads back to this server, which receives no stream.")
    return numbers[0]


def tls() -> ssl.SSLContext:
    """Trust the system's authorities; SSL_CERT_FILE names others."""
    return ssl.create_default_context()
