"""
Learn which words beside labels are their values: `python -m training.judge [FOLDER]`, a few seconds on one core.

Reads the developed halves of our own prompts and of `bench/secret_texts`, and of the sets of a folder the part that
thresholds are not chosen by. Writes `apps/privacy/data/label_weights.tsv`. With `--without third,fourth` these batches
are left out, and what the weights do on them is printed: how many values are found, how many other words are taken.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from apps.privacy import words
from apps.privacy.judged.candidates import Candidate, candidates
from apps.privacy.judged.judge import ALWAYS, TYPES
from apps.privacy.reading import Reading
from bench import secret_texts
from bench.eval_privacy import DIRECT, LABEL_OF, OWN, halves_of, sets
from bench.secret_texts.__main__ import half_of

SAME: Final = {"SECRET": {"SECRET"}, "USERNAME": {"USERNAME", "EMAIL"}, "ID": {"ID", "FINANCIAL"}}
"""What a set may call a value of each kind."""

OTHERS: Final = {
    "kingfisher_neg,kingfisher_pos,noseyparker_neg,noseyparker_pos": {"SECRET"},
    "generated_large_visible,standard,synth_v2_visible": {"SECRET", "USERNAME", "ID"},
    "wikigold,science_test,sec_fin5,tab_train92,echr_fr_train,echr_es_train": {"SECRET", "USERNAME"},
}
"""Sets of a folder, and the kinds of which they label everything or hold nothing."""

WEIGHT_OF_OTHERS: Final = 0.3
MOSTLY: Final = 0.7
FEWEST: Final = 4
ROUNDS: Final = 400
RIDGE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """A candidate, whether it is its label's value, and how much it counts."""

    candidate: Candidate
    is_value: bool
    weight: float


def examples(rows: Iterable[dict[str, Any]], kinds: Iterable[str], weight: float) -> Iterator[Example]:
    """Give the candidates of labelled texts; those that overlap with another kind of identifier say nothing."""
    wanted = set(kinds)
    for row in rows:
        spans = [(span["start"], span["end"], LABEL_OF.get(span["type"], span["type"])) for span in row["spans"]]
        for one in candidates(Reading(row["text"])):
            here = [span for span in spans if span[0] < one.end and one.start < span[1]]
            direct = [span for span in here if span[2] in DIRECT]
            covered = sum(min(end, one.end) - max(start, one.start) for start, end, _ in direct)
            is_value = covered >= MOSTLY * (one.end - one.start)
            is_same = any(span[2] in SAME[one.kind] for span in direct)
            if one.kind in wanted and (is_value and is_same if direct else not here):
                yield Example(one, is_value, weight)


def gathered(folder: Path | None, without: set[str]) -> tuple[list[Example], list[Example]]:
    """Give what is learned from, and what was left out."""
    learned: list[Example] = []
    left: list[Example] = []
    for name, rows in sets(OWN, "", "develop"):
        (left if name in without else learned).extend(examples(rows, TYPES, 1.0))
    for seed in range(2):
        for which in ("positives", "negatives"):
            samples = [one for one in secret_texts.read(which, seed=seed) if half_of(one.line) == "develop"]
            rows = [
                {"text": one.text, "spans": [{"start": a, "end": b, "type": "SECRET"} for a, b in one.secrets]}
                for one in samples
            ]
            learned.extend(examples(rows, {"SECRET"}, WEIGHT_OF_OTHERS))
    if folder is None:
        return learned, left
    for names, kinds in OTHERS.items():
        for _, rows in sets(folder, names, "develop"):
            kept = [row for row in rows if "choose" not in halves_of(row["text"])]
            learned.extend(examples(kept, kinds, WEIGHT_OF_OTHERS))
    return learned, left


def learn(found: Sequence[Example]) -> dict[str, float]:
    """Fit a logistic regression with a ridge by gradient steps (Adam, the whole of it at each)."""
    counts = Counter(sign for one in found for sign in frozenset(one.candidate.signs))
    columns = {sign: number for number, sign in enumerate(sorted(sign for sign in counts if counts[sign] >= FEWEST))}
    signs = [[columns[sign] for sign in frozenset(one.candidate.signs) if sign in columns] for one in found]
    flat = np.array([column for row in signs for column in row])
    rows = np.repeat(np.arange(len(found)), [len(row) for row in signs])
    truth = np.array([one.is_value for one in found], float)
    weight = np.array([one.weight for one in found])
    fitted, mean, square = np.zeros(len(columns) + 1), np.zeros(len(columns) + 1), np.zeros(len(columns) + 1)
    for step in range(1, ROUNDS + 1):
        sums = np.bincount(rows, fitted[flat], len(found)) + fitted[-1]
        error = weight * (1 / (1 + np.exp(-sums)) - truth)
        slope = np.append(np.bincount(flat, error[rows], len(columns)) + RIDGE * fitted[:-1], error.sum())
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        fitted -= 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
    return {**{sign: float(fitted[column]) for sign, column in columns.items()}, ALWAYS: float(fitted[-1])}


def main() -> None:
    """Learn, and write the weights or print what they do on what was left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--without", default="")
    options = parser.parse_args()
    learned, left = gathered(options.folder, set(options.without.split(",")) - {""})
    lines = ["# What each sign of a candidate speaks for or against: kind, sign, weight. Written by training/judge.py."]
    for kind in TYPES:
        weights = learn([one for one in learned if one.candidate.kind == kind])
        lines += [f"{kind}\t{sign}\t{weight:.3f}" for sign, weight in sorted(weights.items()) if abs(weight) >= 0.02]
        if left:
            _print(kind, weights, [one for one in left if one.candidate.kind == kind])
    if not left:
        (words.FOLDER / "label_weights.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _print(kind: str, weights: dict[str, float], left: Sequence[Example]) -> None:
    sums = [weights[ALWAYS] + sum(weights.get(s, 0.0) for s in frozenset(one.candidate.signs)) for one in left]
    values = sum(one.is_value for one in left)
    for threshold in (0.0, 0.4, 0.8, 1.2, 2.0):
        right = sum(one.is_value for one, total in zip(left, sums, strict=True) if total > threshold)
        wrong = sum(not one.is_value for one, total in zip(left, sums, strict=True) if total > threshold)
        print(f"{kind} above {threshold}: {right} of {values} values, {wrong} of {len(left) - values} other words")


if __name__ == "__main__":
    main()
