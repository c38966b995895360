"""
Texts with odds: what a teacher says of every token, kept beside the texts.

A folder has for each source ``NAME.jsonl``, lines of ``{"text"}``, and ``NAME.npy``, the odds of all tokens of all its
texts in 255ths, [tokens, labels].
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.tokens import cut
from training.documents import Document

SOFTLY: Final = 0.6
"""Weight of texts that a teacher labelled."""


def write(folder: Path, name: str, texts: Sequence[str], odds: Any) -> None:
    """Keep the texts of a source and their odds."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in texts)
    (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    np.save(folder / f"{name}.npy", odds)


def read(folder: Path) -> Iterator[Document]:
    """
    Give the texts of a folder with their odds.

    :raises ValueError: if a source has odds for more or fewer tokens than its texts have.
    """
    for file in sorted(folder.glob("*.jsonl")):
        odds, first = np.load(file.with_suffix(".npy")), 0
        for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n"):
            text = json.loads(line)["text"]
            last = first + len(cut(text)[0])
            yield Document(text, (), SOFTLY, odds[first:last])
            first = last
        if first != len(odds):
            raise ValueError(f"{file.name} has {first} tokens, its odds are for {len(odds)}. Label it again.")
