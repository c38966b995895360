"""
Names by a spaCy pipeline, for companies that prefer one: any package or folder that spaCy can load.

Only its entity recogniser runs (and what feeds it), in pieces, so memory stays bounded for any length of text.
"""

# ruff: noqa: TID251 - this room is the one that uses spaCy

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import spacy

from apps.privacy import words
from apps.privacy.ner import NameEngine, pieces
from apps.privacy.tagger.labels import PERSON
from apps.privacy.tagger.spans import Span

UNUSED: Final = ("tagger", "morphologizer", "parser", "attribute_ruler", "lemmatizer", "trainable_lemmatizer", "senter")
OWN_LAYER: Final = "tok2vec"
PERSON_LABELS: Final = frozenset({"PERSON", "PER", "persName"})
NOISE: Final = re.compile(r"[^\w\s]{12,}")
"""Long runs of punctuation: the tokenizer peels them off one by one, in time quadratic in their length."""

SPOILS_A_NAME: Final = re.compile(r"[\d@/\\=<>{}\[\]|#$%^*_~`:;]|\w\.\w|[a-z][A-Z]{2}")


class ModelMissing(Exception):
    """The spaCy pipeline that the setting names is not installed; install it or correct the setting."""


class SpacyNameEngine(NameEngine):
    """A spaCy pipeline, reduced to its entity recogniser."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._nlp: Any = None

    def load(self) -> None:
        """
        Load the pipeline from its package or folder; nothing is fetched.

        :raises ModelMissing: if it is not there.
        """
        try:
            pipeline = spacy.load(_folder(self._source), exclude=list(UNUSED))
        except OSError as error:
            raise ModelMissing(
                f"spaCy cannot load {self._source!r}. Install it or correct PORTCULLIS_NAME_MODEL."
            ) from error
        if not _is_needed(OWN_LAYER, pipeline):
            pipeline.disable_pipe(OWN_LAYER)
        self._nlp = pipeline

    def is_loaded(self) -> bool:
        """Say whether the pipeline is in memory."""
        return self._nlp is not None

    def names_in(self, text: str) -> Iterator[Span]:
        """Recognise persons piece by piece, without those that only common words make up."""
        for start, piece in pieces(text):
            for entity in self._nlp(NOISE.sub(_blanks, piece)).ents:
                if entity.label_ in PERSON_LABELS and is_likely(entity.text):
                    yield Span(PERSON, start + entity.start_char, start + entity.end_char, 1.0)


def _is_needed(layer: str, pipeline: Any) -> bool:
    """Say whether the recogniser listens to a layer; one that is not there needs no switching off."""
    return layer not in pipeline.pipe_names or "ner" in pipeline.get_pipe(layer).listening_components


def is_likely(name: str) -> bool:
    """Say whether a word of the name is neither common nor technical: small pipelines take much for persons."""
    tokens = [token for token in re.findall(r"[^\W\d_]+", name) if len(token) > 1]
    return not SPOILS_A_NAME.search(name) and any(_is_telling(token, is_alone=len(tokens) == 1) for token in tokens)


def _is_telling(token: str, *, is_alone: bool) -> bool:
    word = token.lower()
    if word in words.common() or word in words.allowed():
        return not is_alone and word in words.first_names_also_words()
    if word not in words.dictionary() or word in words.first_names_also_words():
        return True
    is_surname = word in words.surnames_also_words() and len(word) > 3
    return is_alone and is_surname and token[0].isupper() and not token.isupper()


def _folder(source: str) -> Path | str:
    """Find the pipeline's folder: a path, or the folder with a configuration inside the package."""
    if Path(source).is_dir():
        return Path(source)
    found = importlib.util.find_spec(source)
    home = Path(found.origin).parent if found and found.origin else None
    inside = sorted(home.rglob("config.cfg"), key=lambda path: len(path.parts)) if home else []
    return inside[0].parent if inside else source


def _blanks(noise: re.Match[str]) -> str:
    return " " * len(noise[0])
