"""
A full journey in a network of its own whose only way out leads into this process: what wants to leave is counted.

Run as root by test_calls_home.py as `unshare --net python -m tests.platform.journey FOLDER`; prints one JSON line.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from tests.platform.processes import Embedded, wait_until

TUNSETIFF = 0x400454CA
TUN_WITHOUT_HEADER = 0x0001 | 0x1000
QUESTION = "How many days of leave do we have? Ask Marisol Quintero at marisol@brightwater.example."
DNS_PORT = 53
PROBE = ("198.51.100.7", 9)


class WayOut:
    """A network interface that takes every packet bound for elsewhere, and remembers where it wanted to go."""

    def __init__(self) -> None:
        self.wanted: list[str] = []
        self._tun = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self._tun, TUNSETIFF, struct.pack("16sH", b"out0", TUN_WITHOUT_HEADER))
        for command in (
            "ip link set lo up",
            "ip addr add 192.0.2.2/24 dev out0",
            "ip link set out0 up",
            "ip route add default dev out0",
            "ip -6 addr add 2001:db8::2/64 dev out0",
            "ip -6 route add default dev out0",
        ):
            subprocess.run(command.split(), check=not command.startswith("ip -6"), capture_output=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            packet = os.read(self._tun, 65536)
            if destination := _destination(packet):
                self.wanted.append(destination)


def _destination(packet: bytes) -> str:
    """Where a packet goes, with its port; empty for what the system itself says to its neighbours (ICMPv6, IGMP)."""
    if packet[0] >> 4 == 4:
        protocol, address, rest = packet[9], socket.inet_ntoa(packet[16:20]), packet[(packet[0] & 15) * 4 :]
    else:
        protocol, address, rest = packet[6], socket.inet_ntop(socket.AF_INET6, packet[24:40]), packet[40:]
    if protocol not in {socket.IPPROTO_TCP, socket.IPPROTO_UDP}:
        return ""
    port = struct.unpack("!H", rest[2:4])[0]
    return f"{address} port {port}" + (f" asking for {_name_asked(rest[8:])}" if port == DNS_PORT else "")


def _name_asked(question: bytes) -> str:
    """The host name that a DNS question over UDP asks for: what a failing test has to show."""
    labels, at = [], 12
    while at < len(question) and (length := question[at]):
        labels.append(question[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += length + 1
    return ".".join(labels)


def journey(address: str) -> str:
    """Sign in as an employee, ask a question with a name in it, wait for the end; return the turn's outcome."""
    with httpx.Client(base_url=address, follow_redirects=True, timeout=60) as browser:
        page = browser.get("/accounts/sign-in/")
        browser.post("/accounts/sign-in/demo/", data=_hidden(page) | {"username": "maya.lindqvist"}).raise_for_status()
        page = browser.get("/")
        page = browser.post("/c/", data=_hidden(page) | {"text": QUESTION, "uses_documents": "on"})
        page.raise_for_status()
        conversation = str(page.url)
        wait_until(lambda: _outcome(browser, conversation) != "OPEN", what="the answer is complete", seconds=150)
        browser.get("/documents/").raise_for_status()
        return _outcome(browser, conversation)


def _outcome(browser: httpx.Client, conversation: str) -> str:
    time.sleep(0.5)
    found = re.search(r'data-outcome="([A-Z]+)"', browser.get(conversation).text)
    return found[1] if found else "OPEN"


def _hidden(page: httpx.Response) -> dict[str, str]:
    """The hidden fields of a page's forms, and the model that answers briefly."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page.text):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and value and 'type="hidden"' in tag:
            fields[name[1]] = value[1]
    if model := re.search(r'<option value="([^"]+)"[^>]*>[^<]*short answers', page.text):
        fields["model"] = model[1]
    return fields


def main() -> None:
    """Journey, then a probe that shows the counting works, then the report."""
    way_out = WayOut()
    installation = Embedded.in_folder(Path(sys.argv[1]))
    with installation.started():
        outcome = journey(installation.address)
    wanted = list(way_out.wanted)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.sendto(b"?", PROBE)
    wait_until(lambda: len(way_out.wanted) > len(wanted), what="the probe was counted", seconds=5)
    report = {"outcome": outcome, "wanted": wanted, "after_probe": way_out.wanted[len(wanted) :]}
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    main()
