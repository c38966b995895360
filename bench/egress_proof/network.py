"""Two networks on this machine, joined by one recorded link: the product's only way out."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PRODUCT_ADDRESS, PROVIDER_ADDRESS, NAME_SERVER = "192.0.2.1", "192.0.2.2", "192.0.2.53"
TOOLS = {"ip": "iproute2", "tshark": "tshark", "dumpcap": "tshark"}
LINK = "out0"


class CannotLay(Exception):
    """The networks cannot be made here; the text says what is missing."""


@dataclass(frozen=True)
class Networks:
    """The names of the two network namespaces."""

    product: str
    provider: str

    def in_product(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.product, *command]

    def in_provider(self, command: Sequence[str]) -> list[str]:
        return ["ip", "netns", "exec", self.provider, *command]


def why_not() -> str:
    """Say what is missing for the proof on this machine, or nothing."""
    if os.geteuid() != 0:
        return "Networks of their own need root: run it as root, or in a container with the right NET_ADMIN."
    missing = sorted({package for tool, package in TOOLS.items() if not shutil.which(tool)})
    if missing:
        return f"Install first: {' '.join(missing)} (on Debian and Ubuntu: apt-get install {' '.join(missing)})."
    return ""


@contextlib.contextmanager
def laid() -> Iterator[Networks]:
    """
    Make the two networks and the link, and remove them whatever happens.

    Every address but the machine's own leads to the link, name servers included: what is asked there is recorded.

    :raises CannotLay: if the machine does not allow it.
    """
    networks = Networks(f"portcullis-{os.getpid()}-a", f"portcullis-{os.getpid()}-b")
    resolver = Path("/etc/netns") / networks.product
    try:
        _lay(networks, resolver)
        yield networks
    finally:
        for name in (networks.product, networks.provider):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)
        shutil.rmtree(resolver, ignore_errors=True)


def _lay(networks: Networks, resolver: Path) -> None:
    resolver.mkdir(parents=True, exist_ok=True)
    (resolver / "resolv.conf").write_text(f"nameserver {NAME_SERVER}\n")
    product, provider = networks.product, networks.provider
    for command in (
        f"ip netns add {product}",
        f"ip netns add {provider}",
        f"ip -n {product} link add {LINK} type veth peer name {LINK} netns {provider}",
        f"ip -n {product} addr add {PRODUCT_ADDRESS}/24 dev {LINK}",
        f"ip -n {provider} addr add {PROVIDER_ADDRESS}/24 dev {LINK}",
        f"ip -n {product} link set lo up",
        f"ip -n {provider} link set lo up",
        f"ip -n {product} link set {LINK} up",
        f"ip -n {provider} link set {LINK} up",
        f"ip -n {product} route add default via {PROVIDER_ADDRESS}",
    ):
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotLay(f"This machine does not allow it: {command}: {done.stderr.strip()}")
    for command in (f"addr add 2001:db8::1/64 dev {LINK}", f"route add default dev {LINK}"):
        subprocess.run(["ip", "-6", "-n", product, *command.split()], capture_output=True, check=False)


@contextlib.contextmanager
def recorded(networks: Networks, file: Path) -> Iterator[None]:
    """
    Record the link, at the product's end, from before the body to after it.

    :raises RuntimeError: if the recorder did not start or missed packets.
    """
    command = networks.in_product(["dumpcap", "-i", LINK, "-w", str(file), "-B", "64"])
    recorder = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    said = _wait_for_start(recorder)
    try:
        yield
        time.sleep(1)  # the last packets are on their way to the file
    finally:
        recorder.send_signal(signal.SIGINT)
        said += recorder.communicate(timeout=30)[1]
    missed = re.search(r"received/dropped on interface '[^']+': (\d+)/(\d+)", said)
    if missed is None or missed[2] != "0":
        raise RuntimeError(f"The recording is not complete:\n{said}")


def _wait_for_start(recorder: subprocess.Popen[str]) -> str:
    said = ""
    assert recorder.stderr
    while "File:" not in said:
        line = recorder.stderr.readline()
        if not line:
            raise RuntimeError(f"The recorder did not start:\n{said}")
        said += line
    return said
