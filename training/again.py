"""
Go on from weights with posts that a reader judged: `python -m training.again --base FILE --out FILE --texts FOLDER …`.

The texts are those of `docs/privacy-model.md`. `training/read.jsonl` says of places in them that the network took for a
person, surely or hardly, which are one; the half for developing of `bench/posts` says where persons are. What neither
says anything of is learned as the network sees it already, so that it forgets nothing: the odds of all but persons in
these posts, and all odds in texts of every kind (`OWN`). `--labelled` folders and synthetic texts are learned besides,
and texts as people paste them, in which every kind of value is marked (`training/pasted`). `--abroad` brings texts of
other languages (`training/tongues.py`), whose ordinary words the lexicon then knows as well.

It learns once for each of `--seeds`, from the same weights, and writes the mean of what came out: one run leans on what
it read last, the mean does not.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy.tagger.network import Network
from apps.privacy.tagger.weights import Weights
from training import arrays, corpus, export, learn, pasted, reread, synthetic, tongues
from training.documents import Document
from training.eight_bits import mean
from training.lexicon import Lexicon, with_words_of
from training.vectors import Vocabulary

TIMES: Final = 5
"""How often a post that was read is learned from, and once more with other names."""
LABELLED_TIMES: Final = 2
AGAIN: Final = 0.8
RENAMED: Final = 0.8


def documents(
    odds: reread.Odds, options: argparse.Namespace, seed: int, abroad: tongues.Lessons | None = None
) -> Iterator[Document]:
    """Give everything to learn from."""
    rng = random.Random(seed)
    read = list(reread.posts(options.texts, tuple(options.judged_too)))
    for _ in range(TIMES):
        yield from (reread.judged(post["text"], odds(post["text"]), post["spans"]) for post in read)
    yield from corpus.variations(map(reread.marked, filter(reread.is_certain, read)), seed=seed, share=RENAMED)
    labelled = [
        d for folder in options.labelled for f in sorted(folder.glob("*.jsonl")) for d in corpus.read_annotated(f)
    ]
    labelled *= LABELLED_TIMES
    labelled += [
        d for folder in options.labelled for f in sorted(folder.glob("*.iob2")) for d in corpus.read_labelled(f)
    ]
    yield from labelled
    yield from corpus.variations(labelled[: len(labelled) // LABELLED_TIMES], seed=seed + 1, share=AGAIN)
    yield from synthetic.documents(seed=seed, count=options.synthetic)
    yield from reread.own(options.texts, odds, tokens=options.own, rng=rng)
    yield from pasted.documents(pasted.read(options.pasted), odds, seed=seed, times=options.varied)
    if options.developed:
        yield from pasted.documents(pasted.developed(), odds, seed=seed, times=options.varied)
    if abroad is not None:
        yield from abroad.documents(seed=seed, times=options.varied)


def vocabulary_of(given: dict[str, Any]) -> Vocabulary:
    """Give the vocabulary that a weights file brings."""
    vector, sense = (
        given[name].astype(np.float32) * given[f"{name}_scales"].astype(np.float32)[:, None]
        for name in ("vector", "sense")
    )
    names = ("vocabulary", "vocabulary_rows", "vocabulary_steps")
    return Vocabulary(*(given[name] for name in names), vector, given["vocabulary_senses"], sense)


def learned(
    given: dict[str, Any], options: argparse.Namespace, seed: int, abroad: tongues.Lessons | None
) -> dict[str, Any]:
    """Go on once from the arrays of a weights file, and give those of the new one."""
    network = Network(Weights.from_arrays(given))
    lexicon, vocabulary = Lexicon(given["lexicon"], given["lexicon_flags"]), vocabulary_of(given)
    if abroad is not None:
        lexicon = with_words_of(lexicon, abroad.words())
    data = arrays.build(documents(lambda text: network.read(text).odds, options, seed, abroad), lexicon, vocabulary)
    print(f"{len(data.starts) - 1} documents, {len(data.form)} tokens", flush=True)
    model = learn.Model(vocabulary.table, vocabulary.sense_table)
    learn.read_weights(model, options.base)
    course = learn.Course(options.epochs, rate=options.rate, seed=seed)
    learn.learn(model, data, course, say=lambda line: print(line, flush=True))
    return export.arrays_of(model, lexicon, vocabulary)


def main() -> None:
    """Learn as often as there are seeds, and write the mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--judged-too", type=Path, nargs="*", default=[], help="more files like training/read.jsonl")
    parser.add_argument("--labelled", type=Path, nargs="*", default=[])
    parser.add_argument("--synthetic", type=int, default=12_000)
    parser.add_argument("--own", type=int, default=700_000, help="tokens that are learned as the network sees them")
    parser.add_argument("--pasted", type=Path, nargs="*", default=sorted(pasted.FOLDER.glob("*.marked.txt")))
    parser.add_argument("--varied", type=int, default=12, help="how many variations of each pasted text")
    parser.add_argument("--developed", action="store_true", help="learn the developed half of bench/prompts too")
    parser.add_argument("--abroad", type=Path, help="folder of gathered texts of other languages")
    parser.add_argument("--epochs", type=float, default=1.0, help="passes over everything")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 4, 5, 6])
    options = parser.parse_args()
    with np.load(options.base) as file:
        given = {name: file[name] for name in file.files}
    abroad = tongues.lessons(options.abroad, seed=options.seeds[0]) if options.abroad else None
    export.write(mean([learned(given, options, seed, abroad) for seed in options.seeds]), options.out)


if __name__ == "__main__":
    main()
