"""Tables of numbers in eight bits, with a scale for each row, as the weights file keeps them; and the mean of files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from apps.privacy.tagger.weights import TABLES


def mean(files: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the mean of the arrays of several files that have the same lexicon and vocabulary."""
    arrays = dict(files[0])
    for name in TABLES:
        tables = [file[name].astype(np.float32) * file[f"{name}_scales"][:, None] for file in files]
        arrays[name], arrays[f"{name}_scales"] = eight_bits(np.mean(tables, 0))
    for name in arrays:
        if name.startswith(("kernel", "bias", "output")):
            arrays[name] = np.mean([file[name].astype(np.float32) for file in files], 0).astype(np.float16)
    return arrays


def eight_bits(table: Any) -> tuple[Any, Any]:
    """Give a table's rows in eight bits, and the scale of each row."""
    scales = np.maximum(np.abs(table).max(1), 1e-6).astype(np.float32) / 127
    return np.round(table / scales[:, None]).astype(np.int8), scales.astype(np.float16).astype(np.float32)
