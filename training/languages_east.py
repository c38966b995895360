"""
Read text of Asia and Africa: `python -m training.languages_east --set NAME --out FILE.jsonl FOLDER …`.

`SETS` names each set with its language, its licence and how it is read. Sets whose names people labelled become rows
``{"text", "language", "spans": [{"start", "end", "type"}]}`` with the types PERSON, ORG and LOCATION; treebanks become
``{"text", "language", "proper": [[start, end], …]}``; plain sentences have their text alone. Texts run as their
language writes them: without blanks in Chinese, Japanese and Thai, without a blank before a full stop. Nothing is
fetched; of sets that are divided only the part to train with is read.
"""

# ruff: noqa: RUF001 - letters and signs of many scripts are meant

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from training.apart import write
from training.readers import sentences

PERSON: Final = "PERSON"
ORG: Final = "ORG"
LOCATION: Final = "LOCATION"

KINDS: Final = {
    **dict.fromkeys(("PER", "PERS", "PERSON", "NEP", "PER.NAM", "人名"), PERSON),
    **dict.fromkeys(("ORG", "ORGANIZATION", "ORGANISATION", "NEO", "ORG.NAM", "POG"), ORG),
    **dict.fromkeys(("法人名", "政治的組織名", "その他の組織名"), ORG),
    **dict.fromkeys(
        ("LOC", "LOCATION", "PLACE", "GPE", "FAC", "NEL", "LOC.NAM", "GPE.NAM", "地名", "施設名"), LOCATION
    ),
}
"""What the sets call the three; all else that they mark (peoples, works, times, sums) is none of them."""

ARMENIAN: Final = {105: PERSON, 108: ORG, 107: LOCATION, 109: LOCATION, 110: LOCATION}
"""ArmTDP-NER calls its kinds by number."""

WITHOUT_BLANKS: Final = frozenset(("yue", "zh"))
"""Languages that have none between sentences."""

PROPER: Final = "PROPN"
WORD_AND_LABEL: Final = 2
PREFIXES: Final = frozenset("وبلكف")
AND: Final = "و"
SHORTEST_PREFIXED: Final = 5
MOST: Final = 12
"""Sentences of a text."""

LONGEST: Final = 1_200
SHORTEST: Final = 8
LEARNED_SHARE: Final = 0.7
"""Of sets that nobody has divided so many of the documents, the first ones, are learned from."""

CLOSING: Final = frozenset(",.!?:;)]}%”’»،؛؟۔।॥።…")
OPENING: Final = frozenset("([{“‘«#@")
EDGES: Final = frozenset(" ,;:!?،؛؟।\"'\u3000")
PAIRS: Final = re.compile(r"\(.*\)|\[.*\]|«.*»|“.*”")
QUOTES: Final = frozenset("\"'")
INVISIBLE: Final = re.compile("[\ufeff\u200b\u200e\u200f]")
DOUBLED: Final = re.compile('"{2,}')
LOOSE: Final = re.compile(r"\s+([።.,!?;:،؟](?:\s|$))")
INSIDE: Final = re.compile(r"\[(/?)([A-Z_]+)\]")
SENTENCE_END: Final = re.compile(r"(?<=[։.!?।۔。！？])\s+|\n+")
BESIDE: Final = re.compile("括弧始:(.) 括弧終:(.) 括弧位置:(\\d+)")
MORPHEME: Final = re.compile(r"<NE:([A-Z]+):(head|middle|tail|single)>")

UNSURE: Final = re.compile(r"<NE-OPTIONAL:[A-Z,]*PERSON")
"""Those who labelled could not say whether it is somebody's name, as with emperors."""

THAI_TITLES: Final = re.compile(
    r"(?:(?:นายกรัฐมนตรี|นายกฯ|นางสาว|นายแพทย์|นาย|นาง|เด็กชาย|เด็กหญิง|แพทย์หญิง|คุณหญิง|คุณ|น้อง|เสี่ย|ว่าที่ ?"
    r"|ดร\.|รศ\.|ผศ\.|ศ\.|นพ\.|พญ\.|(?:รอง|ผู้ช่วย)?ศาสตราจารย์"
    r"|(?:พล|พัน|ร้อย|นาวา|เรือ)(?:อากาศ|เรือ|ตำรวจ)?(?:เอก|โท|ตรี)|(?:[ก-ฮ]{1,2}\.){2,4}(?:หญิง)?)\s*){1,3}"
)
"""Mister, doctor, colonel: written without a blank before the name, and no part of it."""


class Span(NamedTuple):
    """Where a name is, and of what."""

    start: int
    end: int
    kind: str


@dataclass(slots=True)
class Text:
    """A text in the making."""

    text: str = ""
    spans: list[Span] = field(default_factory=list)

    def add(self, other: Text, between: str) -> None:
        """Go on with a further sentence."""
        offset = len(self.text) + len(between) if self.text else 0
        self.text += (between if self.text else "") + other.text
        self.spans += [Span(span.start + offset, span.end + offset, span.kind) for span in other.spans]

    def insert(self, place: int, other: Text) -> None:
        """Put something in between; a name that is cut by it reaches around."""
        length = len(other.text)
        moved = [
            Span(span.start + length * (span.start >= place), span.end + length * (span.end > place), span.kind)
            for span in self.spans
        ]
        inner = [Span(span.start + place, span.end + place, span.kind) for span in other.spans]
        self.text = self.text[:place] + other.text + self.text[place:]
        self.spans = sorted(moved + inner)


Row = dict[str, Any]
Reader = Callable[[Path], Iterator[Row]]


@dataclass(frozen=True, slots=True)
class Set:
    """A set of texts: its language, the licence of its texts and labels, and how it is read."""

    language: str
    licence: str
    read: Reader


def labelled(text: Text, language: str) -> Row:
    """Make a row of a text whose names people labelled, each name once and none in another."""
    spans: list[Row] = []
    for start, end, kind in sorted(
        {_trimmed(text.text, span) for span in text.spans}, key=lambda span: (span.start, -span.end)
    ):
        if start < end and (not spans or start >= spans[-1]["end"]):
            spans.append({"start": start, "end": end, "type": kind})
    return {"text": text.text, "language": language, "spans": spans}


def _trimmed(text: str, span: Span) -> Span:
    """Leave out signs at the edges of a name; brackets and quotation marks only where the other one is outside."""
    start, end, kind = span
    while start < end and (text[start] in EDGES or (text[start] in "([«“" and not PAIRS.search(text, start, end))):
        start += 1
    while start < end and (text[end - 1] in EDGES or (text[end - 1] in ")]»”" and not PAIRS.search(text, start, end))):
        end -= 1
    return Span(start, end, kind)


def together(texts: Iterable[Text], between: str, most: int = MOST) -> Iterator[Text]:
    """Put the sentences of one document together, up to a number of them and a length."""
    held, count = Text(), 0
    for text in texts:
        if count and (count == most or len(held.text) + len(text.text) > LONGEST):
            yield held
            held, count = Text(), 0
        held.add(text, between)
        count += 1
    if held.text:
        yield held


def joined(words: Iterable[str], labels: Iterable[str], *, blanks: bool, merged: bool = False) -> Text:
    """
    Write words as running text, with the names that labels like ``B-PER`` and ``I-PER`` say.

    `merged` is for sets that say ``B`` of each word of a name.
    """
    text, last, is_quoted = Text(), "", False
    for word, label in zip(words, labels, strict=True):
        # Latin words are apart even where the language has no blanks; signs that stand one by one are no words.
        is_latin = len(word) > 1 and _is_latin(word[0]) and _is_latin(text.text[-1:])
        is_apart = bool(text.text) and (blanks or is_latin) and word[0] not in CLOSING and text.text[-1] not in OPENING
        if word in QUOTES:
            is_apart, is_quoted = is_apart and not is_quoted, not is_quoted
        elif text.text[-1:] in QUOTES and is_quoted:
            is_apart = False
        start = len(text.text) + is_apart
        text.text += " " * is_apart + word
        last = _mark(text, Span(start, len(text.text), label), last, merged=merged)
    return text


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


def _mark(text: Text, word: Span, last: str, *, merged: bool = False) -> str:
    """Mark a word as its label says, as a further one of the name before it or as a new one; give what it is."""
    beginning, _, name = word.kind.rpartition("-")
    kind = KINDS.get(name, "")
    if kind and kind == last and (merged or beginning not in {"B", "S"}):
        text.spans[-1] = text.spans[-1]._replace(end=word.end)
    elif kind:
        text.spans.append(word._replace(kind=kind))
    return kind


def blocks(file: Path) -> Iterator[list[str]]:
    """Give the lines of a file between empty ones."""
    held: list[str] = []
    for line in INVISIBLE.sub("", file.read_text(encoding="utf-8", errors="replace")).splitlines():
        if line.strip():
            held.append(line)
        elif held:
            yield held
            held = []
    if held:
        yield held


def _word(written: str) -> str:
    """Give a word as people write it: some sets have signs instead of blanks, and tables double quotation marks."""
    return DOUBLED.sub('"', written).replace("_", " ")


def columns(
    pattern: str,
    language: str,
    *,
    blanks: bool = True,
    merged: bool = False,
    share: float = 1.0,
    numbered: bool = False,
) -> Reader:
    """
    Read sentences of a word a line, the word first and its label last.

    :param share: how many of the sentences are learned from, the first ones
    :param numbered: whether a digit behind each sign says where in its word it stands, as the set of Weibo has it
    """

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            every = list(blocks(file))
            for lines in every[: round(len(every) * share)]:
                pairs = [line.split() for line in lines]
                words = [pair[0][:1] if numbered else _word(pair[0]) for pair in pairs if len(pair) > 1]
                labels = [pair[-1] for pair in pairs if len(pair) > 1]
                if words:
                    yield labelled(joined(words, labels, blanks=blanks, merged=merged), language)

    return read


def iob_of_treebanks(pattern: str, language: str) -> Reader:
    """
    Read treebanks with a column of names (number, word, label) and the text of each sentence above it.

    What these treebanks call a document is a bundle of sentences of many: each is a text.
    """

    def text_of(lines: list[str]) -> Text:
        text = Text(next(line[9:] for line in lines if line.startswith("# text = ")))
        place, last = 0, ""
        for word, label in (line.split("\t")[1:3] for line in lines if line[0].isdigit()):
            start = text.text.index(word, place)
            place = start + len(word)
            last = _mark(text, Span(start, place, label), last)
        return text

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            yield from (labelled(text_of(lines), language) for lines in blocks(file))

    return read


def tagged(pattern: str, language: str, *, titles: re.Pattern[str]) -> Reader:
    """Read lines with names between ``[PERSON]`` and ``[/PERSON]``; a title within is no part of a name."""

    def text_of(line: str) -> Text:
        text, place, began = Text(), 0, 0
        for match in INSIDE.finditer(line):
            text.text += line[place : match.start()]
            place = match.end()
            kind = KINDS.get(match[2], "")
            if not match[1]:
                began = len(text.text)
            elif kind:
                title = titles.match(text.text, began) if kind == PERSON else None
                text.spans.append(Span(title.end() if title else began, len(text.text), kind))
        text.text += line[place:]
        return Text(text.text, [span for span in text.spans if span.start < span.end])

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            for line in INVISIBLE.sub("", file.read_text(encoding="utf-8")).splitlines():
                yield from (labelled(text, language) for text in cut(text_of(line.strip()), re.compile(" +")))

    return read


def wikipedia_of_stockmark(pattern: str, language: str) -> Reader:
    """Read a list of sentences, each with its names; the first of them are learned from."""

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            rows = json.loads(file.read_text(encoding="utf-8"))
            for row in rows[: round(len(rows) * LEARNED_SHARE)]:
                places = [(*name["span"], KINDS.get(name["type"], "")) for name in row["entities"]]
                names = [Span(start, end, kind) for start, end, kind in places if kind]
                yield labelled(Text(row["text"], names), language)

    return read


def articles(pattern: str, language: str, kinds: dict[int, str]) -> Reader:
    """Read articles, one a line of JSON, with names by offsets and kinds by number; the first are learned from."""

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            for row in rows[: round(len(rows) * LEARNED_SHARE)]:
                names = [
                    (one["start_offset"], one["end_offset"], kinds.get(one["label"])) for one in row["annotations"]
                ]
                text = Text(row["text"], sorted(Span(start, end, kind) for start, end, kind in names if kind))
                yield from (labelled(part, language) for part in cut(text, SENTENCE_END))

    return read


def cut(text: Text, ends: re.Pattern[str]) -> Iterator[Text]:
    """Cut a long text where a sentence ends and no name is cut."""
    begin, count = 0, 0
    for match in ends.finditer(text.text):
        count += 1
        is_between = not any(span.start < match.end() and match.start() < span.end for span in text.spans)
        if is_between and (count >= MOST or match.end() - begin > LONGEST / 2):
            yield _part(text, begin, match.start())
            begin, count = match.end(), 0
    if text.text[begin:].strip():
        yield _part(text, begin, len(text.text))


def _part(text: Text, begin: int, end: int) -> Text:
    names = [span for span in text.spans if begin <= span.start and span.end <= end]
    return Text(text.text[begin:end], [Span(name.start - begin, name.end - begin, name.kind) for name in names])


def knp(pattern: str, language: str, ids: str) -> Reader:
    """
    Read documents in KNP's form, those that a list of identifiers names.

    What stood between brackets follows there as a sentence of its own, with its place; it is put back.
    """

    def read(folder: Path) -> Iterator[Row]:
        learned = set((folder / ids).read_text(encoding="utf-8").split())
        for file in sorted(file for file in folder.glob(pattern) if file.stem in learned):
            if UNSURE.search(file.read_text(encoding="utf-8")):
                continue
            whole: list[Text] = []
            for head, text in _sentences_of_knp(file):
                brackets = BESIDE.search(head)
                if brackets is None or not whole:
                    whole.append(text)
                    continue
                inner = Text(brackets[1])
                inner.add(text, "")
                inner.add(Text(brackets[2]), "")
                whole[-1].insert(min(int(brackets[3]), len(whole[-1].text)), inner)
            yield from (labelled(text, language) for text in together(whole, ""))

    return read


def _sentences_of_knp(file: Path) -> Iterator[tuple[str, Text]]:
    head, text = "", Text()
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            head, text = line, Text()
        elif line == "EOS":
            yield head, text
        elif not line.startswith(("* ", "+ ")):
            start = len(text.text)
            text.text += line.partition(" ")[0]
            name = MORPHEME.search(line)
            kind = KINDS.get(name[1], "") if name else ""
            if name and kind and name[2] in {"head", "single"}:
                text.spans.append(Span(start, len(text.text), kind))
            elif name and kind and text.spans:
                text.spans[-1] = text.spans[-1]._replace(end=len(text.text))


def treebank(pattern: str, language: str, *, between: str = " ", is_loose: bool = False) -> Reader:
    """
    Read treebanks: running text, and where its proper nouns are.

    A proper noun that is written together with other words (``בירושלים``) is marked alone where it can be found.

    Where nothing says which sentences belong together each is a text.

    :param is_loose: whether the text has blanks before signs, and is put together anew of its words
    """

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            document: list[Text] = []
            has_documents = "# newdoc" in file.read_text(encoding="utf-8")
            for lines in blocks(file):
                if not has_documents or any(line.startswith("# newdoc") for line in lines):
                    yield from _rows_of_treebank(document, language, between)
                    document = []
                document.append(_put_together(lines) if is_loose else _sentence(lines))
            yield from _rows_of_treebank(document, language, between)

    return read


def _rows_of_treebank(document: list[Text], language: str, between: str) -> Iterator[Row]:
    for text in together(document, between):
        yield {"text": text.text, "language": language, "proper": [list(span[:2]) for span in text.spans]}


def _put_together(lines: list[str]) -> Text:
    words = [line.split("\t")[:5] for line in lines if line.partition("\t")[0].isdigit()]
    labels = ["B-PER" if columns[3] == PROPER else "O" for columns in words]
    return joined([columns[1] for columns in words], labels, blanks=True)


def _sentence(lines: list[str]) -> Text:
    """Read a sentence: each token as it is written, and the proper nouns in it."""
    whole = next(line.partition("=")[2].strip() for line in lines if line.startswith("# text ="))
    text = Text(LOOSE.sub(r"\1", whole))
    place, inside, last = 0, 0, 0
    for number, form, lemma, tag in (line.split("\t")[:4] for line in lines if line[0].isdigit() and "\t" in line):
        first, _, final = number.partition("-")
        if not first.isdigit() or (final and not final.isdigit()):
            continue
        is_part = not final and int(first) <= last
        start = text.text.find(form, inside, place) if is_part else text.text.find(form, place)
        if start < 0:
            continue
        end = start + len(form)
        if final:
            inside, last, place = start, int(final), end
        elif is_part:
            inside = end
        else:
            place = end
        if tag == PROPER:
            # In Korean the name is the first part of the word: ``정종욱+은``.
            name, sign, _ = lemma.partition("+")
            text.spans.append(Span(start, start + len(name) if sign and form.startswith(name) else end, ""))
    return text


def plain(language: str, *, characters: int = 200_000) -> Reader:
    """
    Read sentences to be read aloud, one a line, not the shortest, which are hardly sentences.

    Lists are in the order of the alphabet: of a long one every so many is taken, so that enough are left.
    """

    def read(folder: Path) -> Iterator[Row]:
        texts = [said.text for said in sentences({"[!sw]*.txt": language, "s[!i]*.txt": language}, lines=1)(folder)]
        long = [text for text in texts if len(text) >= SHORTEST]
        step = max(1, round(sum(map(len, long)) / characters))
        yield from ({"text": text, "language": language} for text in long[::step])

    return read


def translations(code: str, language: str) -> Reader:
    """Read articles in translation, one sentence a line; a second file says which article a line is of."""

    def read(folder: Path) -> Iterator[Row]:
        articles_of = (folder / "DOCUMENT_IDS.tsv").read_text(encoding="utf-8").splitlines()
        lines = (folder / f"newstest2019-ref.{code}.txt").read_text(encoding="utf-8").splitlines()
        pairs = zip(articles_of, lines, strict=True)
        for _, group in groupby(pairs, key=lambda pair: pair[0]):
            texts = together((Text(line.strip()) for _, line in group), "" if language in WITHOUT_BLANKS else " ")
            yield from ({"text": text.text, "language": language} for text in texts)

    return read


def without_prefixes(texts: list[Text]) -> list[Text]:
    """
    Leave out of Arabic names the letter before them that is a word: ``وبيروت`` is *and Beirut*.

    It is one where the set has a name that begins with the rest of the word, and *and* is one after another name.
    """
    begin = {text.text[span.start : span.end].split()[0] for text in texts for span in text.spans}
    for text in texts:
        ends = {span.end + 1 for span in text.spans}
        for place, span in enumerate(text.spans):
            first = text.text[span.start : span.end].split()[0]
            is_known = first[0] in PREFIXES and first[1:] in begin
            if len(first) >= SHORTEST_PREFIXED and (is_known or (first[0] == AND and span.start in ends)):
                text.spans[place] = span._replace(start=span.start + 1)
    return texts


def stream(pattern: str, language: str, *, words: int) -> Reader:
    """Read words, one a line with its label, in which sentences end with a full stop; the first of them."""

    def read(folder: Path) -> Iterator[Row]:
        for file in sorted(folder.glob(pattern)):
            held: list[list[str]] = []
            texts: list[Text] = []
            for line in INVISIBLE.sub("", file.read_text(encoding="utf-8")).splitlines()[:words]:
                pair = line.split()
                if len(pair) == WORD_AND_LABEL:
                    held.append(pair)
                if held and pair[:1] == ["."]:
                    texts.append(joined([word for word, _ in held], [label for _, label in held], blanks=True))
                    held = []
            yield from (labelled(text, language) for text in without_prefixes(texts))

    return read


ALOUD: Final = (
    *("ar", "bn", "fa", "hi", "id", "ja", "ka", "kk", "ko", "ml", "mn", "mr", "ne-NP", "pa-IN", "ta", "te", "th", "ur"),
    *("uz", "vi", "zh-CN", "zh-HK", "zh-TW"),
)
"""Languages of sentences to be read aloud, as their folders are called."""

BANKS: Final = (
    *("af-afribooms", "am-att", "fa-perdt", "he-iahltknesset", "he-iahltwiki", "hy-armtdp", "hy-bsut", "id-csui"),
    *("id-gsd", "jv-csui", "ka-glc", "ka-gnc", "kk-ktb", "ko-kaist", "ky-ktmu", "ml-ufal", "mr-ufal", "te-mtg"),
    *("th-tud", "ug-udt", "vi-vtb", "yo-ytb", "yue-hk", "zh-hk"),
)
"""Treebanks of Universal Dependencies, by language and name; all are CC BY-SA 4.0."""


def _bank(name: str) -> Set:
    language = name.partition("-")[0]
    between = "" if language in WITHOUT_BLANKS else " "
    return Set(language, "CC BY-SA 4.0", treebank("*.conllu", language, between=between, is_loose=name == "vi-vtb"))


TRANSLATED: Final = {
    **{"amh": "am", "aze-Latn": "az", "fil": "tl", "guj": "gu", "heb": "he", "hin": "hi", "kan": "kn", "kat": "ka"},
    **{"khm": "km", "kor": "ko", "lao": "lo", "mal": "ml", "mar": "mr", "mon": "mn", "msa": "ms", "mya": "my"},
    **{"pan": "pa", "pus": "ps", "sin": "si", "som": "so", "swa": "sw", "tam": "ta", "tel": "te", "urd": "ur"},
    **{"uzb": "uz", "vie": "vi", "yue": "yue", "zul": "zu"},
}
"""Languages of NTREX-128 for which there is little or nothing else, as it and as we call them."""

IL_NER: Final = {"hindi": "hi", "urdu": "ur", "odia": "or", "telugu": "te"}

SETS: Final[dict[str, Set]] = {
    "uner-zh-gsd": Set("zh", "CC BY-SA 4.0", iob_of_treebanks("zh_gsd-ud-train.iob2", "zh")),
    "uner-zh-gsdsimp": Set("zh", "CC BY-SA 4.0", iob_of_treebanks("zh_gsdsimp-ud-train.iob2", "zh")),
    "weibo": Set("zh", "CC BY-SA 3.0", columns("weiboNER_2nd_conll.train", "zh", blanks=False, numbered=True)),
    "ner-wikipedia-ja": Set("ja", "CC BY-SA 3.0", wikipedia_of_stockmark("ner.json", "ja")),
    "wikipedia-annotated-ja": Set("ja", "CC BY-SA 4.0", knp("knp/*/*.knp", "ja", "id/train.id")),
    "gsd-ja": Set("ja", "CC BY-SA 4.0", columns("train.bio", "ja", blanks=False)),
    **{
        f"il-ner-{code}": Set(code, "CC BY 4.0", columns(f"{name.title()}-train.txt", code))
        for name, code in IL_NER.items()
    },
    "anercorp": Set("ar", "CC BY-SA 4.0", stream("ANERCorp", "ar", words=120_000)),
    "idner-news": Set("id", "MIT", columns("train.txt", "id")),
    "nergrit": Set("id", "Apache-2.0", columns("train_preprocess.txt", "id")),
    "armtdp-ner": Set("hy", "Apache-2.0", articles("ArmNER-HY.json", "hy", ARMENIAN)),
    "thai-ner": Set("th", "CC BY 3.0", tagged("train.txt", "th", titles=THAI_TITLES)),
    "bengali-ner": Set("bn", "MIT", columns("train_data.txt", "bn", merged=True)),
    "bangla-headlines": Set("bn", "CC BY 4.0", columns("label_data.txt", "bn", merged=True, share=LEARNED_SHARE)),
    "nepali-ner": Set("ne", "MIT", columns("total.bio", "ne", share=LEARNED_SHARE)),
    "parstwiner": Set("fa", "MIT", columns("train.txt", "fa")),
    "hausa-voa": Set("ha", "CC BY 4.0", columns("train_clean.tsv", "ha")),
    "yoruba-gv": Set("yo", "CC BY 3.0", columns("train.tsv", "yo")),
    **{f"ud-{name}": _bank(name) for name in BANKS},
    **{f"ntrex-{name}": Set(name, "CC BY-SA 4.0", translations(code, name)) for code, name in TRANSLATED.items()},
    **{f"common-voice-{name}": Set(name[:2], "CC0", plain(name[:2])) for name in ALOUD},
}


def main() -> None:
    """Read a set and write its rows, each once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=sorted(SETS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    rows = {row["text"]: row for folder in options.folders for row in SETS[options.set].read(folder) if row["text"]}
    write(options.out, rows.values())
    print(f"{options.out}: {len(rows)} texts, {SETS[options.set].licence}")


if __name__ == "__main__":
    main()
