"""How the sequencer's process talks to those outside who keep or stamp its checkpoints: one POST, bounded."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

MOST_BYTES = 64 * 1024


class NoAnswer(Exception):
    """The other side did not answer in time, or not in HTTP; the message names the kind of fault alone."""


def address_and_rest(entry: str, *, otherwise: str) -> tuple[str, str]:
    """
    Split an entry of a setting: an http(s) address, a space, and something that is not empty.

    :raises ValueError: with the words of `otherwise`, if it is not that.
    """
    url, _, rest = entry.partition(" ")
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname or not rest.strip():
        raise ValueError(otherwise)
    return url, rest.strip()


def post(url: str, body: bytes, *, content_type: str, seconds: float) -> tuple[int, bytes]:
    """
    Post to an address and return the status and the first 64 KB of the answer. Redirects are not followed.

    :raises NoAnswer: if the other side is silent for `seconds`, at any step.
    """
    address = urlsplit(url)
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(address.hostname), address.port, timeout=seconds)
    path = f"{address.path or '/'}{f'?{address.query}' if address.query else ''}"
    try:
        connection.request("POST", path, body, {"Content-Type": content_type})
        answer = connection.getresponse()
        return answer.status, answer.read(MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        connection.close()
