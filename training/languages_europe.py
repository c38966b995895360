"""
Read labelled texts and treebanks of Europe: `python -m training.languages_europe --set NAME --out FILE.jsonl FOLDER`.

`SETS` names each set with its language and licence and says how its folder is read, which is a checked-out repository
that `docs/privacy-model.md` names. What people labelled becomes rows ``{"text", "language", "spans"}``, whose spans are
``{"start", "end", "type"}`` in code points; a treebank becomes rows ``{"text", "language", "proper"}`` with the places
of its proper nouns; sentences without labels become ``{"text", "language"}``. Of labelled sets only the parts to learn
from are read, of a set without parts the first seven tenths. The same folder gives the same file.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.apart import write
from training.labelled import (
    CLITIC,
    Reader,
    articles,
    between_capitals,
    by_kind_of_name,
    columns,
    conllu,
    every,
    in_column,
    in_last,
    kind_of_wroclaw,
    lines,
    objects,
    of_proper_nouns,
    persons,
    proper_noun,
    standoff,
    without_offices,
)
from training.passages import WORD, Passage, texts

SHARE: Final = 0.7
"""Of a set without parts so much is learned from; the rest stays for whoever measures."""

MOST_WORDS: Final = 250_000


@dataclass(frozen=True, slots=True)
class Set:
    """What a set is: its language, its licence, how it is read, and what becomes of it."""

    language: str
    licence: str
    read: Reader
    kind: str = "labelled"
    """What it tells: names that people ``labelled``, ``proper`` nouns, or nothing (``plain`` sentences)."""

    is_shuffled: bool = False
    """Whether sentences that stand together have nothing to do with each other."""


BY_SA: Final = "CC BY-SA 4.0"
NDT_PARTS: Final = tuple(f"ud/{form}/*-ud-{part}.conllu" for form in ("nob", "nno") for part in ("dev", "test"))
RONEC_PARTS: Final = (
    "ronec_v1/ronec/conllup/raw/dev.conllu",
    "ronec_v1/ronec/conllup/raw/test.conllu",
    "data/valid.json",
    "data/test.json",
)
HUNGARIAN: Final = ("web/*", "news/*", "wikipedia/*", "fiction/opensubtitles*")
"""Kinds of text that are near to daily life; law and old novels are left out."""

LABELLED: Final[dict[str, Set]] = {
    "uner-sr": Set("sr", BY_SA, conllu("*-ud-train.iob2", label=in_column(2))),
    "uner-hr": Set("hr", BY_SA, conllu("*-ud-train.iob2", label=in_column(2))),
    "uner-sk": Set("sk", BY_SA, conllu("*-ud-train.iob2", label=in_column(2))),
    "uner-sv": Set("sv", BY_SA, conllu("*-ud-train.iob2", label=in_column(2))),
    "uner-da": Set("da", BY_SA, conllu("*-ud-train.iob2", label=in_column(2)), is_shuffled=True),
    "norne": Set("no", "CC0, texts CC BY-SA 4.0", conllu("ndt/*/*.conll", label=in_last("name="), unless=NDT_PARTS)),
    "turku-ner": Set("fi", BY_SA, standoff("data/standoff/train/*.ann")),
    "ronec": Set(
        "ro",
        "MIT",
        persons(
            conllu("ronec_v1/ronec/conllup/zips/ronec_iob.zip", label=of_proper_nouns, unless=RONEC_PARTS),
            between_capitals,
        ),
        is_shuffled=True,
    ),
    "nerkor": Set("hu", BY_SA, every(*(columns(f"data/train/{kind}.conllup", label=5) for kind in HUNGARIAN))),
    "kpwr": Set(
        "pl", "CC BY 3.0", columns("data/preprocessed/train.txt", label=1, kind=kind_of_wroclaw, clitic=CLITIC)
    ),
    "factrueval": Set("ru", "MIT", objects("devset/*.objects")),
    "parlamint-uk": Set("uk", BY_SA, conllu("*-ud-train.conllu", label=by_kind_of_name)),
    "pud-cs": Set("cs", BY_SA, conllu("cs_pud-ud-test.conllu", label=by_kind_of_name, share=SHARE)),
    "fullstack-lv": Set("lv", BY_SA, conllu("NamedEntities/data/*.conll2003", label=in_column(6), share=SHARE)),
    "turkish-wiki-ner": Set("tr", BY_SA, columns("*/train.conll", label=1), is_shuffled=True),
    "sli-nerc-gl": Set("gl", "CC BY 4.0", columns("SLI_NERC_Galician_Gold_CoNLL.1.0.tar.gz", label=1)),
    "nchlt-af": Set(
        "af",
        "CC BY 2.5 ZA",
        persons(columns("Data/Train.txt", label=1, outside="OUT", share=SHARE), without_offices),
        is_shuffled=True,
    ),
}

TREEBANKS: Final[Mapping[str, tuple[str, ...]]] = {
    "be": ("belarusian-hse",),
    "ca": ("catalan-ancora",),
    "cs": ("czech-cac",),
    "cy": ("welsh-ccg",),
    "el": ("greek-gud",),
    "fi": ("finnish-ftb", "finnish-ood", "finnish-pud"),
    "ga": ("irish-idt", "irish-twittirish"),
    "gl": ("galician-pud", "galician-treegal"),
    "is": ("icelandic-gc", "icelandic-modern", "icelandic-pud"),
    "lt": ("lithuanian-alksnis", "lithuanian-hse"),
    "mk": ("macedonian-mtb",),
    "no": ("norwegian-nynorsklia",),
    "pl": ("polish-pud",),
    "ro": ("romanian-tuecl",),
    "ru": ("russian-gsd", "russian-taiga"),
    "sl": ("slovenian-ssj", "slovenian-sst"),
    "sq": ("albanian-staf", "albanian-tsa"),
    "tr": ("turkish-boun", "turkish-framenet", "turkish-kenet", "turkish-penn", "turkish-pud", "turkish-tourism"),
    "uk": ("ukrainian-parlamint",),
}
"""Treebanks of Universal Dependencies by language, each a repository."""

LICENCES: Final[Mapping[str, str]] = {
    "catalan-ancora": "CC BY 4.0",
    "finnish-ftb": "CC BY 4.0",
    "galician-treegal": "LGPL-LR",
    "irish-idt": "CC BY-SA 3.0",
    "turkish-pud": "CC BY-SA 3.0",
}
"""Licences of treebanks that have another than most."""

PARTS: Final[Mapping[str, str]] = {"ukrainian-parlamint": "*-ud-[dt]e*.conllu"}
"""Of a treebank whose part to learn from is read with its kinds of names, the others."""

SPACED: Final = (
    *("finnish-ftb", "greek-gud", "norwegian-nynorsklia", "slovenian-sst"),
    *("turkish-framenet", "turkish-kenet", "turkish-penn", "turkish-tourism"),
)
"""Treebanks whose text has blanks around every sign."""

VOICE: Final[Mapping[str, tuple[str, ...]]] = {
    "af": ("af/sentence-collector.txt",),
    "be": ("be/sentence-collector.txt",),
    "bg": ("bg/sentence-collector.txt", "bg/more-sentences.txt"),
    "ca": ("ca/common-voice-sentences.txt", "ca/softcatala.txt", "ca/sentence-collector.txt"),
    "cs": ("cs/sentence-collector.txt",),
    "cy": ("cy/newyddion.txt", "cy/sentence-collector.txt"),
    "da": ("da/sentence-collector.txt",),
    "el": ("el/sentence-collector.txt",),
    "et": ("et/est-common-voice-10k.txt",),
    "eu": ("eu/argia01.txt", "eu/librezale01.txt", "eu/sentence-collector.txt"),
    "ga": ("ga-IE/*.txt",),
    "hr": ("hr/sentence-collector.txt",),
    "is": ("is/sentence-collector.txt",),
    "mk": ("mk/sentence-collector.txt",),
    "pl": ("pl/sentence-collector.txt",),
    "ro": ("ro/sentence-collector.txt",),
    "ru": ("ru/highsource-de-ru-translations.txt", "ru/bakwc1.txt"),
    "sk": ("sk/sentence-collector.txt",),
    "sl": ("sl/EngCVSentTranslToSlo.txt", "sl/sentence-collector.txt"),
    "sr": ("sr/sentence-collector.txt",),
    "sv": ("sv-SE/sentence-collector.txt",),
    "uk": ("uk/sentence-collector.txt",),
}
"""Lists of sentences to be read aloud (Common Voice); those taken from encyclopedias and parliaments are left out."""

TRANSLATED: Final[Mapping[str, str]] = {
    **{"bel": "be", "bul": "bg", "cat": "ca", "ces": "cs", "cym": "cy", "dan": "da", "ell": "el", "est": "et"},
    **{"eus": "eu", "gle": "ga", "isl": "is", "lit": "lt", "mkd": "mk", "pol": "pl", "slk": "sk", "slv": "sl"},
    **{"sqi": "sq", "srp-Cyrl": "sr", "swe": "sv", "ukr": "uk"},
}
"""Languages of NTREX-128, as it and as we call them, of which there is little news with names."""

SETS: Final[dict[str, Set]] = {
    **LABELLED,
    **{
        f"ud-{name}": Set(
            language,
            LICENCES.get(name, BY_SA),
            conllu(PARTS.get(name, "*-ud-*.conllu"), label=proper_noun, is_written=name not in SPACED),
            kind="proper",
        )
        for language, names in TREEBANKS.items()
        for name in names
    },
    **{
        f"voice-{language}": Set(
            language, "CC0", lines(*(f"server/data/{file}" for file in files)), kind="plain", is_shuffled=True
        )
        for language, files in VOICE.items()
    },
    **{
        f"ntrex-{language}": Set(language, BY_SA, articles(f"NTREX-128/*-ref.{code}.txt"), kind="plain")
        for code, language in TRANSLATED.items()
    },
    "webbnyheter-sv": Set(
        # Persons are marked too seldom in it to be learned from as labelled.
        "sv",
        "CC BY 4.0",
        columns("train_corpus.txt", label=1, outside="0"),
        kind="plain",
        is_shuffled=True,
    ),
}


def row(said: Passage, chosen: Set) -> dict[str, Any]:
    """Give a text with what its set tells of it."""
    written: dict[str, Any] = {"text": said.text, "language": chosen.language}
    if chosen.kind == "proper":
        written["proper"] = [[start, end] for start, end, _ in said.spans]
    elif chosen.kind == "labelled":
        written["spans"] = [{"start": start, "end": end, "type": kind} for start, end, kind in said.spans]
    return written


def sample(said: Iterable[Passage], words: int) -> list[Passage]:
    """Take as many different texts as have so many words, by a hash of each, in the order they came in."""
    different = {passage.text: passage for passage in said}
    taken, count = set[str](), 0
    for text in sorted(different, key=lambda text: hashlib.sha256(text.encode()).digest()):
        count += len(WORD.findall(text))
        if count > words:
            break
        taken.add(text)
    return [passage for text, passage in different.items() if text in taken]


def main() -> None:
    """Read a set, write it, and say how much it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--words", type=int, default=MOST_WORDS, help="take no more than this many")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    chosen = SETS[options.set]
    together = texts(chosen.read(options.folder), chosen.language, is_shuffled=chosen.is_shuffled)
    taken = sample(together, options.words)
    write(options.out, (row(said, chosen) for said in taken))
    kinds = Counter(kind for said in taken for _, _, kind in said.spans)
    count = sum(len(WORD.findall(said.text)) for said in taken)
    print(f"{options.out}: {len(taken)} texts, {count} words, {chosen.language}, {chosen.licence}; {dict(kinds)}")


if __name__ == "__main__":
    main()
