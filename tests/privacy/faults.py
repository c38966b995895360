"""Engines that fail, each in its own way; they run in the engine's own process."""

from __future__ import annotations

import os
import time
from dataclasses import replace

from apps.privacy import worker
from apps.privacy.findings import Finding


def raises(text: str, *_: object) -> tuple[Finding, ...]:
    """Raise with the text in the message, as a careless library would."""
    raise RuntimeError(text)


def dies(text: str, *_: object) -> tuple[Finding, ...]:
    """End the process as the kernel does when memory runs out."""
    os._exit(137)


def hangs(text: str, *_: object) -> tuple[Finding, ...]:
    """Never come back."""
    time.sleep(600)
    return ()


def finds_nothing(text: str, *_: object) -> tuple[Finding, ...]:
    """Overlook everything."""
    return ()


def points_outside(text: str, *_: object) -> tuple[Finding, ...]:
    """Give offsets beyond the text."""
    return tuple(replace(finding, end=len(text) + 5) for finding in worker.find(text))


def points_one_off(text: str, *_: object) -> tuple[Finding, ...]:
    """Give offsets that are one too small, as after a replacement."""
    return tuple(replace(finding, end=finding.end - 1) for finding in worker.find(text))


def overlaps(text: str, *_: object) -> tuple[Finding, ...]:
    """Give the same place twice."""
    return (Finding("PERSON", 0, 5, 1.0, ""), Finding("PERSON", 3, 9, 1.0, ""))


def answers_another_question(text: str, *_: object) -> list[str]:
    """Give something that is no finding."""
    return ["PERSON"]
