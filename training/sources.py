"""
Name the sources of text without labels: what kind of text they have, under which licence, and how they are read.

Nothing is fetched. Folders are checked-out repositories, those that `docs/privacy-model.md` names; what a folder has
besides the files that are named here is not looked at.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.readers import (
    TAG,
    Reader,
    Said,
    asked,
    channels,
    column,
    dialogues,
    every,
    in_pieces,
    letters,
    marked_lines,
    packed_lines,
    pairs,
    pairs_of_lists,
    sentences,
    stack_exchange,
    transcripts,
    values,
    whole,
    word_documents,
)

ASPECTS: Final = re.compile(r"^.*##|^\[t\].*|^\*.*")
"""What stands before a sentence of a review: the parts of a product it speaks of, a title."""

NUMBERS: Final = re.compile(r"^\d+\t-?[\d.]+\t")
HEADING: Final = re.compile(r"^Document \d+$", re.MULTILINE)
ASKED: Final = ("instruction", "input")
TATOEBA: Final = {"de": "**/deu*", "fr": "**/fra*", "es": "**/spa*", "nl": "**/nld*"}


@dataclass(frozen=True, slots=True)
class Source:
    """What a source is: its kind of text, the licence of the text, and how it is read."""

    kind: str
    licence: str
    read: Reader
    is_mixed: bool = False
    """Whether there is text of languages that nobody names; it is left out."""


def tweets_of_mlma(folder: Path) -> Iterator[Said]:
    """Read tweets in English and French, tables in an archive."""
    for file in sorted(folder.glob("*mlma.zip")):
        with zipfile.ZipFile(file) as archive:
            for language in ("en", "fr"):
                content = archive.read(f"hate_speech_mlma/{language}_dataset.csv").decode("utf-8", errors="replace")
                yield from (Said(row["tweet"], language) for row in csv.DictReader(io.StringIO(content)))


MANY_LANGUAGES: Final = {
    **{f"server/data/{language}/*.txt": language for language in ("en", "de", "es", "it", "nl", "pt")},
    "server/data/fr/[!a]*.txt": "fr",
    "server/data/fr/assemblee*.txt": "fr",
}
"""Sentences to be read aloud; the lists of French addresses are left out, there is enough of these."""

SOURCES: Final[dict[str, Source]] = {
    "youtube": Source("posts", "CC BY 4.0", column("**/Youtube0*.csv", "CONTENT")),
    "ubuntu-irc": Source("posts", "CC BY 4.0", channels("data/**/*.ascii.txt")),
    "newsgroups": Source("posts", "CC BY 4.0", letters("**/20news-bydate-t*/*.*/[0-9]*")),
    "stack-exchange": Source("posts", "CC BY-SA", stack_exchange()),
    "stack-exchange-italian": Source("posts", "CC BY-SA", stack_exchange(language="it")),
    "stack-exchange-french": Source("posts", "CC BY-SA", stack_exchange(language="fr")),
    "tweets-questions": Source(
        "posts",
        "CC BY-SA 4.0",
        every(
            *(values(f"data/{part}.json", key) for part in ("train", "test", "dev") for key in ("Tweet", "Question"))
        ),
    ),
    "tweets-fivethirtyeight": Source(
        "posts",
        "CC BY 4.0",
        every(column("mayweather-mcgregor/tweets.csv", "text"), column("twitter-ratio/*.csv", "text")),
        is_mixed=True,
    ),
    "tweets-vader": Source("posts", "MIT", packed_lines("**/hutto_*.gz", only="tweets_Ground", strip=NUMBERS)),
    "tweets-davidson": Source("posts", "MIT", column("data/labeled_data.csv", "tweet")),
    "tweets-toldbr": Source("posts", "CC BY-SA 4.0", column("ToLD-BR.csv", "text", language="pt")),
    "tweets-iwg": Source("posts", "CC BY-SA 3.0", column("*.csv", "Tweet", language="de")),
    "tweets-mlma": Source("posts", "MIT", tweets_of_mlma),
    "forum-vicomtech": Source("posts", "CC BY-SA 3.0", whole("all_files/*.txt")),
    "goemotions": Source(
        "posts", "CC BY 4.0, Apache-2.0", column("data/original/*.tsv", 0, is_quoted=False, unless="[NAME]")
    ),
    "sms": Source("posts", "CC BY 4.0", column("**/SMSSpamCollection*", 1, is_quoted=False)),
    "reviews": Source(
        "posts",
        "CC BY 4.0",
        every(
            packed_lines("**/product_reviews_[12].zip", strip=ASPECTS),
            packed_lines("**/pros_cons.zip", strip=TAG),
            packed_lines("**/comparative_sentences.zip", only="labeledSentences", strip=TAG),
        ),
    ),
    "changelog": Source("chats", "CC BY-SA 4.0", transcripts("*/*.md")),
    "bitcoin-transcripts": Source("chats", "MIT", transcripts("**/*.md")),
    "schema-dialogues": Source("chats", "CC BY-SA 4.0", dialogues("*/dialogues_*.json", "utterance")),
    "taskmaster": Source("chats", "CC BY 4.0", dialogues("TM-*/data/*.json", "text")),
    "customer-chats": Source(
        "chats",
        "CDLA-Permissive 1.0",
        column("data/paper_splits/splits_annotated_at_turn_level/*/*.tsv", "utterance", is_quoted=False),
    ),
    "topical-chat": Source("chats", "CDLA-Sharing 1.0", dialogues("conversations/*.json", "message")),
    "handbooks": Source("pages", "Apache-2.0, public domain", values("handbook_passages*.jsonl*", "text")),
    "blogs-gsa": Source(
        "pages",
        "public domain",
        every(*(transcripts(f"content/{part}/**/*.md") for part in ("news", "events", "resources", "posts"))),
    ),
    "prompts": Source("prompts", "Apache-2.0, MIT", values("[ns][el]*.jsonl.gz", "text")),
    "prompts-chat": Source("prompts", "CC0", column("prompts.csv", "prompt"), is_mixed=True),
    "self-instruct": Source("prompts", "Apache-2.0", every(*(values("*/*.jsonl", key) for key in ASKED))),
    "gpteacher": Source("prompts", "MIT", every(*(values("[RC]o*/*instruct.json", key) for key in ASKED))),
    "hh-asked": Source("prompts", "MIT", asked("harmless-base/test.jsonl.gz", "chosen")),
    "open-assistant": Source(
        "prompts",
        "Apache-2.0",
        every(values("original-data/en-*.jsonl", "text"), word_documents("doc-in/en-*.docx", HEADING)),
        is_mixed=True,
    ),
    "open-assistant-tests": Source(
        "prompts", "Apache-2.0", values("sampling_reports/**/*.json", "prompt"), is_mixed=True
    ),
    "dolly": Source(
        "prompts",
        "CC BY-SA 3.0",
        every(*(values("*/google_flan-t5-small_*.jsonl", key) for key in ("instruction", "text"))),
    ),
    "banking": Source("prompts", "CC BY 4.0", column("banking_data/*.csv", "text")),
    "clinc": Source("prompts", "CC BY 3.0", pairs_of_lists("data/data_full.json")),
    "snips": Source("prompts", "CC0", in_pieces("2017-*/*/*_full.json", "data", "text")),
    "well-formed": Source("prompts", "CC BY-SA 4.0", column("*.tsv", 0, is_quoted=False)),
    "simple-questions": Source("prompts", "CC BY 3.0", column("SimpleQ*/*.txt", 3, is_quoted=False)),
    "web-questions": Source("prompts", "CC BY 4.0", values("main/*.json", "qText")),
    "trivia": Source("prompts", "CC BY-SA 4.0", marked_lines("categories/*", "#Q ")),
    "common-voice": Source("sentences", "CC0", sentences(MANY_LANGUAGES)),
    **{
        f"tatoeba-{language}": Source("sentences", "CC BY 2.0 FR", pairs(pattern, language))
        for language, pattern in TATOEBA.items()
    },
}
