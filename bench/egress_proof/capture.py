"""Read a recording: who was called, and what was said, put together from the packets."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.egress_proof.network import PRODUCT_ADDRESS

FIELDS = (
    "ip.src", "ip.dst", "ipv6.dst", "tcp.stream", "tcp.dstport", "udp.dstport", "tcp.seq", "tcp.flags.syn",
    "tcp.flags.ack", "tcp.payload", "udp.payload", "_ws.col.Protocol",
)  # fmt: skip
HOUSEKEEPING = {"ARP", "ICMPv6", "MDNS"}
REQUEST = re.compile(rb"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS|CONNECT) (\S+) HTTP/1\.1\r\n")
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class NotWhole(Exception):
    """The recording does not hold all that was sent."""


@dataclass
class Left:
    """All that left the product's network."""

    packets: int = 0
    connections: Counter[str] = field(default_factory=Counter)
    """Connections opened, by address and port."""
    datagrams: Counter[str] = field(default_factory=Counter)
    """Packets of other kinds than TCP that were addressed to somebody, DNS included."""
    name_questions: int = 0
    said: dict[str, bytes] = field(default_factory=dict)
    """What was sent over each connection."""
    loose: list[bytes] = field(default_factory=list)
    """What was sent without a connection."""

    @property
    def exchanges(self) -> list[bytes]:
        """The body of every request that was sent, in no order."""
        return [body for stream in self.said.values() for body in bodies(stream)]

    @property
    def size(self) -> int:
        """Bytes said, without the network's own headers."""
        return sum(len(stream) for stream in self.said.values())


def read(file: Path) -> Left:
    """
    Read a recording with tshark.

    :raises NotWhole: if a part of a connection is missing.
    """
    command = ["tshark", "-r", str(file), "-n", "-o", "tcp.desegment_tcp_streams:FALSE", "-T", "fields"]
    for name in FIELDS:
        command += ["-e", name]
    left, parts = Left(), dict[str, dict[int, bytes]]()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as tshark:
        assert tshark.stdout
        for line in tshark.stdout:
            _take(dict(zip(FIELDS, line.rstrip("\n").split("\t"), strict=False)), left, parts)
    if tshark.returncode:
        raise NotWhole("tshark could not read the recording.")
    left.said = {stream: _joined(pieces) for stream, pieces in parts.items()}
    return left


def bodies(stream: bytes) -> Iterator[bytes]:
    """
    Give the bodies of the HTTP requests in what one side of a connection said.

    :raises NotWhole: if something else was said, or a body is cut off.
    """
    position = 0
    while position < len(stream):
        request = REQUEST.match(stream, position)
        end = stream.find(b"\r\n\r\n", position) + 4
        if request is None or end < 4:
            raise NotWhole("A connection carried something else than whole HTTP requests.")
        stated = LENGTH.search(stream, position, end)
        length = int(stated[1]) if stated else 0
        if end + length > len(stream):
            raise NotWhole("A request is cut off in the recording.")
        if length:
            yield stream[end : end + length]
        position = end + length


def _take(packet: dict[str, str], left: Left, parts: dict[str, dict[int, bytes]]) -> None:
    left.packets += 1
    if packet["ip.src"] != PRODUCT_ADDRESS and not packet["ipv6.dst"]:
        return
    to = packet["ip.dst"] or packet["ipv6.dst"]
    if not packet["tcp.stream"]:
        if packet["_ws.col.Protocol"] not in HOUSEKEEPING:
            left.datagrams[f"{to} port {packet['udp.dstport'] or '-'} ({packet['_ws.col.Protocol']})"] += 1
            left.name_questions += packet["udp.dstport"] == "53"
            if packet["udp.payload"]:
                left.loose.append(_bytes(packet["udp.payload"]))
        return
    left.name_questions += packet["tcp.dstport"] == "53"
    if packet["tcp.flags.syn"] in {"1", "True"} and packet["tcp.flags.ack"] in {"0", "False"}:
        left.connections[f"{to} port {packet['tcp.dstport']}"] += 1
    if packet["tcp.payload"]:
        parts.setdefault(packet["tcp.stream"], {})[int(packet["tcp.seq"])] = _bytes(packet["tcp.payload"])


def _bytes(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal.replace(":", ""))


def _joined(pieces: dict[int, bytes]) -> bytes:
    """Put the segments of one direction in order; what was sent twice counts once."""
    said = b""
    first = min(pieces)
    for place, piece in sorted(pieces.items()):
        gap = place - first - len(said)
        if gap > 0:
            raise NotWhole("A part of a connection is missing in the recording.")
        said += piece[-gap:] if gap < 0 else piece
    return said
