"""Write the weights file that the product reads: tables in eight bits, convolutions in half precision, a checksum."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np

from apps.privacy.tagger.weights import TABLES
from training.eight_bits import eight_bits
from training.learn import Model
from training.lexicon import Lexicon
from training.vectors import Vocabulary


def arrays_of(model: Model, lexicon: Lexicon, vocabulary: Vocabulary) -> dict[str, Any]:
    """Give the arrays of the file by name."""
    arrays: dict[str, Any] = {
        "lexicon": lexicon.keys,
        "lexicon_flags": lexicon.flags,
        "vocabulary": vocabulary.keys,
        "vocabulary_rows": vocabulary.rows,
        "vocabulary_senses": vocabulary.senses,
        "vocabulary_steps": vocabulary.steps,
        "dilations": np.array(model.build.dilations, np.int64),
        "output": model.output.weight.detach().cpu().numpy().T.astype(np.float16),
        "output_bias": model.output.bias.detach().cpu().numpy().astype(np.float16),
    }
    for name in TABLES:
        arrays[name], arrays[f"{name}_scales"] = eight_bits(getattr(model, name).weight.detach().cpu().numpy())
    for index, convolution in enumerate(model.convolutions):
        kernel: Any = convolution.weight
        bias: Any = convolution.bias
        arrays[f"kernel{index}"] = kernel.detach().cpu().numpy().transpose(2, 1, 0).astype(np.float16)
        arrays[f"bias{index}"] = bias.detach().cpu().numpy().astype(np.float16)
    return arrays


def write(arrays: dict[str, Any], file: Path) -> None:
    """Write the file and, beside it, its checksum."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(buffer.getvalue())
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    file.with_name(file.name + ".sha256").write_text(f"{digest}  {file.name}\n")
