"""
Take the quarter of labelled sets that is learned from: `python -m training.quarters --out FOLDER FOLDER --sets a,b`.

Half of each set, by a hash of the text, is for developing (`bench/eval_privacy.py --half develop`). Half of that half
is learned from, by another byte of the hash; thresholds are chosen by the rest (``--half choose``). The other half is
never read here. Writes a file for `--labelled` for each set. `--whole` takes the developed half whole, for a last
round: when everything has been chosen, there is nothing to keep its other half for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from apps.privacy.tagger.labels import ADDRESS, LOCATION, ORGANIZATION, PERSON
from bench.eval_privacy import sets

KINDS: Final = {"PERSON": PERSON, "ORG": ORGANIZATION, "LOCATION": LOCATION, "ADDRESS": ADDRESS}


def is_learned(text: str) -> bool:
    """Say whether a text of the developed half is learned from."""
    return hashlib.sha256(text.encode()).digest()[-2] % 2 == 0


def annotated(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row for `corpus.read_annotated`: the text and its persons, organisations, places and addresses."""
    spans = [[span["start"], span["end"], KINDS[span["type"]], 1.0] for span in row["spans"] if span["type"] in KINDS]
    return {"text": row["text"], "spans": sorted(spans)}


def main() -> None:
    """Write a file for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default="")
    parser.add_argument("--whole", action="store_true", help="take the developed half whole")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, rows in sets(options.folder, options.sets, "develop"):
        lines = [
            json.dumps(annotated(row), ensure_ascii=False) for row in rows if options.whole or is_learned(row["text"])
        ]
        (options.out / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
