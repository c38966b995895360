"""
Measure the rules for secrets on texts of our own: what leaks of the secrets, and which texts without any are hit.

    python -m bench.secret_texts [--half develop|hold] [--seeds 5] [--show]

The halves are made by a hash of the line: rules are mended after one and reported on the other.
"""

from __future__ import annotations

import argparse
import hashlib
from typing import Final

from bench.eval_privacy import DETECTORS, Detector
from bench.secret_texts import Sample, read

HALVES: Final = ("develop", "hold")


def half_of(line: str) -> str:
    """Give the half that a line belongs to."""
    return HALVES[hashlib.sha256(line.encode()).digest()[-1] % 2]


def leaked(sample: Sample, detect: Detector) -> tuple[int, int]:
    """Count the letters and digits of the secrets, and those of them that nothing covers."""
    covered = {place for start, end, _ in detect(sample.text) for place in range(start, end)}
    secret = [place for start, end in sample.secrets for place in range(start, end) if sample.text[place].isalnum()]
    return len(secret), sum(place not in covered for place in secret)


def main() -> None:
    """Print one line for each half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=HALVES)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--show", action="store_true", help="print what leaks and what is hit (of the developed half)")
    options = parser.parse_args()
    detect = DETECTORS["patterns"]()
    for half in HALVES if options.half is None else (options.half,):
        letters = leaks = whole = texts = hit = negatives = 0
        for seed in range(options.seeds):
            for sample in read("positives", seed=seed):
                if half_of(sample.line) == half:
                    counted, lost = leaked(sample, detect)
                    letters, leaks, texts, whole = letters + counted, leaks + lost, texts + 1, whole + (not lost)
                    if lost and options.show and half == "develop":
                        print(f"LEAK {lost}/{counted}\t{sample.text!r}")
            for sample in read("negatives", seed=seed):
                if half_of(sample.line) == half:
                    found = [(sample.text[start:end], kind) for start, end, kind in detect(sample.text)]
                    negatives, hit = negatives + 1, hit + bool(found)
                    if found and options.show and half == "develop":
                        print(f"HIT\t{sample.text!r}\t{found}")
        print(
            f"{half}: {texts} texts with secrets, {leaks / letters:.1%} of their letters leaked, "
            f"{whole / texts:.1%} wholly covered; {hit} of {negatives} texts without are hit ({hit / negatives:.1%})"
        )


if __name__ == "__main__":
    main()
