"""
Train the name model: `python -m training --out FILE [--text FOLDER …] [--labelled FOLDER …]`.

Without folders it learns from synthetic text alone. `--text` takes folders of ``*.jsonl``, lines of ``{"text": …,
"language": "en"}``: the teachers label them, and their labels are kept in `--cache`. `--labelled` takes folders of
``*.iob2``, or of ``*.jsonl`` with spans as `training.treebanks` writes them; `--holes` posts whose names were taken out
(`training.holes`); `--soft` what `python -m training.teach` wrote, text with a teacher's odds and a vocabulary with
senses. Needs `training/requirements.txt`; nothing of it is part of the product.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from training import arrays, corpus, export, holes, learn, lexicon, soft, synthetic, teachers, vectors
from training.documents import Document

TEACHERS: Final = {"rampart": teachers.rampart, "spacy": teachers.spacy_medium}
TAUGHT_AGAIN: Final = 0.6
COURSES: Final = {"cpu": learn.Course(2.0), "gpu": learn.Course(2.0, rate=5e-3, batch=12_000)}
HOLES_FILLED: Final = 4
"""How often a post whose names were taken out is filled and learned from."""

LABELLED_AGAIN: Final = 0.8
"""Shares of the documents that are learned from a second time, with other names or written carelessly."""


def main() -> None:
    """Gather, learn, write."""
    options = _options()
    texts = [file for folder in options.text for file in sorted(folder.glob("*.jsonl"))]
    words = lexicon.build((row["text"] for file in texts for row in _rows(file)), _plain_words(options.words))
    vocabulary = vectors.read(options.soft / "vocabulary.npz") if options.soft else vectors.build()[0]
    data = arrays.build(_documents(texts, options), words, vocabulary)
    say(f"{len(data.starts) - 1} documents, {len(data.form)} tokens, {len(data.forms.word)} forms")
    say(f"{len(words.keys)} words in the lexicon")
    model = learn.Model(vocabulary.table, vocabulary.sense_table, is_sparse=options.device == "cpu")
    if options.go_on:
        learn.read_weights(model, options.go_on)
    course = COURSES["cpu" if options.device == "cpu" else "gpu"]
    course = replace(course, epochs=options.epochs, seed=options.seed, rate=course.rate / (3 if options.go_on else 1))
    learn.learn(model, data, course, say=say, device=options.device)
    export.write(export.arrays_of(model, words, vocabulary), options.out)
    say(f"{options.out}: {options.out.stat().st_size} bytes")


def say(line: str) -> None:
    """Print a line at once, also into a file."""
    print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--text", type=Path, nargs="*", default=[])
    parser.add_argument("--labelled", type=Path, nargs="*", default=[])
    parser.add_argument("--holes", type=Path, nargs="*", default=[], help="posts whose names were taken out")
    parser.add_argument("--soft", type=Path, help="folder of texts with a teacher's odds")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for a GPU")
    parser.add_argument("--words", type=Path, nargs="*", default=[], help="lists of plain words, one a line")
    parser.add_argument("--cache", type=Path, default=Path(".training"))
    parser.add_argument("--synthetic", type=int, default=40_000, help="how many synthetic texts to write")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the given texts to use")
    parser.add_argument("--go-on", type=Path, help="weights to go on from, at a third of the rate")
    parser.add_argument("--epochs", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _documents(texts: list[Path], options: argparse.Namespace) -> Iterator[Document]:
    """Give everything to learn from: what we wrote, what teachers labelled, what people labelled, and variations."""
    yield from synthetic.documents(seed=options.seed, count=options.synthetic)
    rng = random.Random(options.seed)
    taught = [d for d in corpus.read_taught(_taught_files(texts, options.cache)) if rng.random() < options.share]
    yield from taught
    yield from corpus.variations(taught, seed=options.seed, share=TAUGHT_AGAIN)
    files = [file for folder in options.labelled for file in sorted(folder.glob("*.iob2"))]
    labelled = [d for file in files for d in corpus.read_labelled(file) if rng.random() < options.share]
    annotated = [file for folder in options.labelled for file in sorted(folder.glob("*.jsonl"))]
    labelled += [d for file in annotated for d in corpus.read_annotated(file) if rng.random() < options.share]
    yield from labelled
    yield from corpus.variations(labelled, seed=options.seed + 1, share=LABELLED_AGAIN)
    yield from holes.documents(options.holes, seed=options.seed, times=HOLES_FILLED)
    if options.soft:
        yield from soft.read(options.soft)


def _taught_files(texts: Iterable[Path], cache: Path) -> list[Path]:
    """Let Rampart label everything and spaCy what is English, each file once: the result is kept."""
    cache.mkdir(parents=True, exist_ok=True)
    kept = []
    for file in texts:
        for name in TEACHERS:
            kept.append(cache / f"{file.stem}.{name}.jsonl")
            if not kept[-1].exists():
                _teach(file, name, kept[-1])
    return kept


def _teach(file: Path, name: str, kept: Path) -> None:
    rows = [row for row in _rows(file) if row.get("language", "en") == "en" or name == "rampart"]
    labelled = corpus.label_texts(rows, TEACHERS[name]()) if rows else ()
    kept.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in labelled), encoding="utf-8")


def _plain_words(files: Iterable[Path]) -> frozenset[str]:
    """Read lists of words that are no names; what is not written in small letters alone is left out."""
    words = (line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return frozenset(word for word in words if word.isalpha() and word.islower())


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


if __name__ == "__main__":
    main()
