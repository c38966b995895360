"""Judge the address of a model server that somebody typed: is it one, may it be called, is it inside."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

INSIDE_ENDINGS = (".internal", ".local", ".localhost", ".lan", ".intranet", ".svc", ".svc.cluster.local")
NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


class BadAddress(ValueError):
    """An address that cannot be a model server's; the sentence says why."""


def checked(address: str) -> str:
    """
    Return `address` in its plain form (scheme, host, port, path), or say what is wrong with it.

    Names are not resolved here: that would be a call off this machine.

    :raises BadAddress: if it is not http(s), carries a name, a password, a query or a fragment, or is an address that
        clouds keep for machine credentials.
    """
    parts = urlsplit(address.strip())
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadAddress("The port is not a number between 1 and 65535.") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise BadAddress("Enter a whole address, such as https://models.example.internal/v1.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise BadAddress("Leave name and password out of the address; the key has a field of its own.")
    if parts.query or parts.fragment:
        raise BadAddress("Leave out what follows ? or # in the address.")
    if port == 0:
        raise BadAddress("The port is not a number between 1 and 65535.")
    _require_allowed(host)
    name = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{name}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def is_surely_inside(address: str) -> bool:
    """Say whether the address alone shows that it stays inside: a private number, a bare name, an inside ending."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    number = _number(host)
    if number is not None:
        return number.is_private and not number.is_link_local
    return "." not in host or host.endswith(INSIDE_ENDINGS)


def is_surely_outside(address: str) -> bool:
    """Say whether the address is a public number."""
    number = _number(urlsplit(address).hostname or "")
    return number is not None and number.is_global


def is_loopback(number: str) -> bool:
    """Say whether a number leads back to this very machine."""
    found = _number(number)
    return found is not None and found.is_loopback


def _require_allowed(host: str) -> None:
    number = _number(host)
    if number is None:
        if not NAME.fullmatch(host) or host.split(".")[-1].isdigit() or host.split(".")[-1].startswith("0x"):
            raise BadAddress("The host of this address is neither a name nor a number that can be called.")
        if host.rstrip(".") in {"metadata", "metadata.google.internal"}:
            raise BadAddress("This address gives out machine credentials; it is not a model server.")
        return
    if number.is_link_local or number.is_multicast or number.is_unspecified or str(number) == "fd00:ec2::254":
        raise BadAddress("This address gives out machine credentials or is not one machine; it is not a model server.")


def _number(host: str) -> IPv4Address | IPv6Address | None:
    try:
        number = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    if isinstance(number, IPv6Address):
        return number.ipv4_mapped or number.sixtofour or number
    return number
