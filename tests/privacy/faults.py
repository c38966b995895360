"""Engines that fail, each in its own way; they run in the engine's own process."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

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


def eats_memory(text: str, *_: object) -> tuple[Finding, ...]:
    """Take memory without end, or as much as a machine has to spare."""
    eaten = [b"\1" * 2**25 for _ in range(64)]
    return () if eaten else worker.find(text)


def invents_a_type(text: str, *_: object) -> tuple[Finding, ...]:
    """Call what it found by a name that holds what it found."""
    return tuple(replace(finding, type=text[finding.start : finding.end]) for finding in worker.find(text))


def overlooks_the_card(text: str, *_: object) -> tuple[Finding, ...]:
    """Find all but what anybody can see."""
    return tuple(finding for finding in worker.find(text) if finding.type != "CARD")


def points_before_the_text(text: str, *_: object) -> tuple[Finding, ...]:
    """Count from the end."""
    return tuple(replace(finding, start=finding.start - len(text) - 1) for finding in worker.find(text))


def answers_nothing_at_all(text: str, *_: object) -> None:
    """Give no answer where a list is promised."""


def starts_without_its_model(*choice: str) -> None:
    """Start where the language model's file is missing."""
    with tempfile.TemporaryDirectory() as folder:
        _start_with_weights(Path(folder) / "names.npz", choice)


def starts_with_a_damaged_model(*choice: str) -> None:
    """Start where the language model's file is not the one that was shipped."""
    from apps.privacy.tagger import weights

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "names.npz"
        content = bytearray(weights.FILE.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        _start_with_weights(file, choice)


def _start_with_weights(file: Path, choice: tuple[str, ...]) -> None:
    from apps.privacy.tagger import weights

    load = weights.Weights.load
    weights.Weights.load = lambda: load(file)  # type: ignore[method-assign,assignment]
    worker.load(*choice)


def starts_without_its_word_lists(*choice: str) -> None:
    """Start where the word lists cannot be read."""
    from apps.privacy import words

    words.FOLDER = Path("/nonexistent")  # type: ignore[misc]
    worker.load(*choice)


def leaves_a_mark(file: str) -> str:
    """Show in a file that this text was looked through."""
    Path(file).write_text("looked", encoding="utf-8")
    return "looked"
