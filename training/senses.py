"""
Senses: what a language model that has learned to label words makes of a word by itself.

The teacher of `training/teacher.py` reads each of half a million written forms in a few small sentences. What it has in
mind before it decides is reduced to its main directions, and forms of which it thinks alike share a row. So the small
network knows a little of each word that the language model has ever read, also of those that it never met itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import torch

from apps.privacy.tagger.tokens import TOKEN
from training import teacher
from training.wordpieces import Pieces

WIDTH: Final = 64
ROWS: Final = 1 << 15
ROUNDS: Final = 12
SPREAD: Final = 0.1
SENTENCES: Final = ("{}", "I think {} is right.", "just saw {} today lol")
"""A word alone, where many kinds of words may stand, and as in a post."""

AT_ONCE: Final = 1 << 14


def texts(words: Sequence[str]) -> Iterator[tuple[list[str], int]]:
    """Give for each sentence the words in it, and which of its tokens the word is."""
    for sentence in SENTENCES:
        before = sum(1 for _ in TOKEN.finditer(sentence[: sentence.index("{")]))
        yield [sentence.format(word) for word in words], before


def features(model: teacher.Teacher, read: Sequence[tuple[Pieces, int]], *, device: str) -> Any:
    """Give what the teacher has in mind at each word: [words, numbers], the mean over the sentences."""
    total: Any = 0
    for pieces, token in read:
        total = total + teacher.thoughts(model, pieces, token, device=device) / len(read)
    return total


def table(features: Any, *, seed: int, device: str) -> tuple[Any, Any]:
    """Give each word's row, and the rows: main directions, of the size that other tables have; the last is zero."""
    torch.manual_seed(seed)
    centred = features - features.mean(0)
    _, axes = torch.linalg.eigh((centred.T @ centred) / len(centred))
    turned = centred @ axes.flip(1)[:, :WIDTH]
    turned = turned / turned.norm(dim=1, keepdim=True).clamp(min=1e-6)
    centres = turned[torch.randperm(len(turned), device=device)[: ROWS - 1]].clone()
    rows = _nearest(turned, centres)
    for _ in range(ROUNDS):
        sums = torch.zeros_like(centres).index_add_(0, rows, turned)
        counts = torch.bincount(rows, minlength=len(centres))[:, None]
        centres = torch.where(counts > 0, sums / counts.clamp(min=1), centres)
        rows = _nearest(turned, centres)
    centres = centres / centres.norm(dim=1, keepdim=True).clamp(min=1e-6)
    whole = np.zeros((len(centres) + 1, WIDTH), np.float32)
    whole[:-1] = (centres * SPREAD * WIDTH**0.5).cpu().numpy()
    return rows.cpu().numpy().astype(np.uint16), whole


def _nearest(points: Any, centres: Any) -> Any:
    squares = centres.square().sum(1) / 2
    return torch.cat([(part @ centres.T - squares).argmax(1) for part in points.split(AT_ONCE)])
