"""CPU and memory of a program and of everything that it started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MEGABYTE = 1e6


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of CPU and megabytes resident, of each part of a program."""

    cpu: Mapping[str, float]
    resident: Mapping[str, float]

    @property
    def all_cpu(self) -> float:
        """Seconds of CPU of all parts together."""
        return sum(self.cpu.values())

    @property
    def all_resident(self) -> float:
        """Megabytes of all parts together; memory that processes share is counted once."""
        return sum(self.resident.values())


def spent(root: int) -> Spent:
    """
    Read what the tree below `root` has spent so far, by part.

    Children that have ended are counted with the process that waited for them.
    """
    cpu: dict[str, float] = {}
    resident: dict[str, float] = {}
    process = psutil.Process(root)
    parts = {process.pid: ""}
    for one in [process, *process.children(recursive=True)]:
        try:
            part = _part_of(one) or parts.get(one.ppid(), "")
            parts[one.pid] = part
            times = one.cpu_times()
            cpu[part] = cpu.get(part, 0.0) + sum(times[:4])
            resident[part] = resident.get(part, 0.0) + _proportional(one.pid)
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            continue
    return Spent(cpu, resident)


def web_resident(root: int) -> float:
    """Megabytes resident of the one process that answers requests: the web process, or a peer's largest."""
    sizes: dict[str, float] = {}
    process = psutil.Process(root)
    for one in [process, *process.children(recursive=True)]:
        part = _part_of(one)
        size = one.memory_info().rss / MEGABYTE
        sizes[part] = max(size, sizes.get(part, 0.0))
    return sizes.get("web") or max(sizes.values())


def _part_of(process: psutil.Process) -> str:
    line = " ".join(process.cmdline())
    if "tether" in line:
        return "manager"
    marks = {
        "portal.serve": "web",
        "spawn_main": "privacy engine",
        "resource_tracker": "privacy engine",
        "model_server": "model",
        "embedded.worker": "worker",
        "ledger sequence": "sequencer",
        "witness": "witness",
        "pginstall": "database",
        "postgres:": "database",
        "supervisord": "manager",
        "portal.embedded": "manager",
    }
    return next((part for mark, part in marks.items() if mark in line), "")


def _proportional(pid: int) -> float:
    """Megabytes of a process where each page shared by n processes counts 1/n (Linux's Pss)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / MEGABYTE
    return 0.0
