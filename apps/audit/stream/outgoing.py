"""
Connections of the stream: TLS that is verified, to a host whose numbers were looked at first, and an end to waiting.

The name is resolved once, each number is judged by the rules for model servers, and the connection goes to the very
number that was judged. A receiver has fifteen seconds for everything.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final

from django.conf import settings

from apps.gateway import addresses
from apps.gateway.addresses import BadAddress

SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 5.0


class NotTaken(Exception):
    """The receiver did not take the lines; the sentence says how, without what it said."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class NotTrusted(NotTaken):
    def __init__(self) -> None:
        super().__init__("The receiver's certificate is not trusted, or it speaks no TLS.")


class NotReached(NotTaken):
    def __init__(self) -> None:
        super().__init__("The receiver cannot be reached, or did not answer in time.")


def connect(host: str, port: int) -> socket.socket:
    """
    Open a connection to the number that was judged. Takes 5 seconds at most.

    :raises BadAddress: if one of the host's numbers may not be called.
    :raises OSError: if it cannot be reached.
    """
    return socket.create_connection((judged(host, port), port), CONNECT_SECONDS)


def secured(sock: socket.socket, host: str) -> ssl.SSLSocket:
    """Put TLS around a connection; shaking hands is left to the caller, and checks the certificate against the name."""
    return tls().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)


def judged(host: str, port: int) -> str:
    """
    Resolve a name to one number; refuse it if any of its numbers may not be called.

    :raises BadAddress: with what is wrong with it.
    """
    numbers = [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for number in numbers:
        addresses.checked(f"https://[{number}]" if ":" in number else f"https://{number}")
        if addresses.is_loopback(number) and not settings.IS_EMBEDDED:
            raise BadAddress("This address leads back to this server, which receives no stream.")
    return numbers[0]


def tls() -> ssl.SSLContext:
    """Trust the system's authorities; SSL_CERT_FILE names others. TLS 1.2 or later."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class Limited:
    """End whatever a connection does once its time is over, also for a receiver that sends a byte a second."""

    def __init__(self, sock: Callable[[], socket.socket | None]) -> None:
        self.is_over = False
        self._sock = sock
        self._timer = threading.Timer(SECONDS, self._cut)

    def __enter__(self) -> Limited:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        self.is_over = True
        if (sock := self._sock()) is not None:
            try:
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself
