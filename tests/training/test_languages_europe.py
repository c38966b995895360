"""Labelled texts of Europe become running text with the names that a reader would see, and nothing that is measured."""

# ruff: noqa: RUF001 - letters of other scripts are meant

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from training import languages_europe
from training.labelled import of_proper_nouns, persons, without_offices
from training.languages_europe import SETS
from training.passages import PERSON, Word, disjoint, joined, tidied

FORBIDDEN = ("NC", "ND", "research", "academic")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Read a set from files that have so much text, as from the command line, and give its rows."""

    def with_files(name: str, files: dict[str, str], *options: str) -> list[dict[str, Any]]:
        folder, out = tmp_path / "set", tmp_path / "out.jsonl"
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(content, encoding="utf-8")
        arguments = ["--set", name, "--out", str(out), *options, str(folder)]
        monkeypatch.setattr(sys, "argv", ["languages_europe", *arguments])
        languages_europe.main()
        return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]

    return with_files


def lines(*words: str) -> str:
    """Write words in columns, each ``form/label`` with its columns between slashes, and an empty line behind."""
    return "".join(word.replace("/", "\t") + "\n" for word in words) + "\n"


def marked(row: dict[str, Any]) -> str:
    """Give the text of a row with its names in brackets."""
    text = row["text"]
    places = [(span["start"], span["end"], span["type"] + "|") for span in row.get("spans", [])]
    for start, end, kind in sorted(places + [(*place, "") for place in row.get("proper", [])], reverse=True):
        text = f"{text[:start]}[{kind}{text[start:end]}]{text[end:]}"
    return text


def test_a_set_of_universal_ner_keeps_its_own_text_and_its_documents(read: Any) -> None:
    content = (
        "# newdoc id = 1\n# text = Javio je Ivo Perić (Zadar).\n"
        + lines("1/Javio/O", "2/je/O", "3/Ivo/B-PER", "4/Perić/I-PER", "5/(/O", "6/Zadar/B-LOC", "7/)/O", "8/./O")
        + "# newdoc id = 2\n# text = Radi u INA-i.\n"
        + lines("1/Radi/O", "2/u/O", "3/INA-i/B-ORG", "4/./O")
    )

    rows = read("uner-hr", {"hr_set-ud-train.iob2": content})

    assert [marked(row) for row in rows] == [
        "Javio je [PERSON|Ivo Perić] ([LOCATION|Zadar]).",
        "Radi u [ORG|INA-i].",
    ]
    assert rows[0]["language"] == "hr"


def test_words_in_columns_are_written_as_one_writes_them(read: Any) -> None:
    words = ("„/_/_/_/_/O", "Jó/_/_/_/_/O", "!/_/_/_/_/O", "”/_/_/_/_/O", "mondta/_/_/_/_/O", "Nagy/_/_/_/_/B-PER")
    content = lines(*words, "Évának/_/_/_/_/I-PER", "./_/_/_/_/O")

    rows = read(
        "nerkor",
        {f"data/train/{kind}/a.conllup": content for kind in ("web", "news", "wikipedia")}
        | {"data/train/fiction/opensubtitles_1.conllup": lines("Igényelt/_/_/_/_/O", "-e/_/_/_/_/O", "?/_/_/_/_/O")},
    )

    assert {marked(row) for row in rows} == {"„Jó!” mondta [PERSON|Nagy Évának].", "Igényelt-e?"}


def test_a_turkish_name_ends_before_its_apostrophe(read: Any) -> None:
    rows = read("turkish-wiki-ner", {"set/train.conll": lines("Oya/B-PERSON", "Tan'ın/I-PERSON", "Bursa'da/B-GPE")})

    assert marked(rows[0]) == "[PERSON|Oya Tan]'ın [LOCATION|Bursa]'da"


def test_polish_words_that_were_cut_are_whole_again(read: Any) -> None:
    words = ("Pisał O", "by O", "m O", "do O", "Jana B-nam_liv_person", "Bąka I-nam_liv_person", "z O")
    more = ("Rady B-nam_org_institution", ", O", "100 O", "m O", "od O", "Wisły B-nam_loc_hydronym_river", ". O")

    rows = read("kpwr", {"data/preprocessed/train.txt": "\n".join(words + more) + "\n \n"})

    assert marked(rows[0]) == "Pisałbym do [PERSON|Jana Bąka] z [ORG|Rady], 100 m od [LOCATION|Wisły]."


def test_an_office_is_nobodys_name(read: Any) -> None:
    content = lines("Minister/B-PERS", "van/I-PERS", "Finansies/I-PERS", "en/OUT", "mnr/B-PERS", "Botha/I-PERS")

    rows = read("nchlt-af", {"Data/Train.txt": content * 10})

    assert marked(rows[0]) == "Minister van Finansies en mnr [PERSON|Botha]"


def test_of_a_set_without_parts_the_rest_is_left_for_who_measures(read: Any) -> None:
    content = "".join(lines(f"Woord{number}/OUT", "sewe/OUT") for number in range(10))

    rows = read("nchlt-af", {"Data/Train.txt": content})

    assert [row["text"] for row in rows] == [f"Woord{number} sewe" for number in range(7)]


def test_what_the_parts_to_measure_by_say_is_not_learned_from(read: Any) -> None:
    def sentence(*words: str) -> str:
        return lines(*(f"{place}/{word}/_/_/_/_/_/_/_/name=O" for place, word in enumerate(words, 1)))

    learned, measured = sentence("Kari", "kjem", "|"), sentence("Ola", "ventar", ".")
    parts = {f"ud/{form}/a-ud-{part}.conllu": measured for form in ("nob", "nno") for part in ("dev", "test")}

    rows = read("norne", {"ndt/nno/a.conll": learned + measured, **parts})

    assert [row["text"] for row in rows] == ["Kari kjem"]


def test_names_beside_a_text_are_found_in_it(read: Any) -> None:
    text = "Sallan koti .\nTurun yliopisto avautuu .\n"
    places = "T1\tPER 0 6\tSallan\nT2\tORG 14 29\tTurun yliopisto\nT3\tLOC 14 19\tTurun\nT4\tDATE 7 11\tkoti\n"

    rows = read("turku-ner", {"data/standoff/train/a.txt": text, "data/standoff/train/a.ann": places})

    assert marked(rows[0]) == "[PERSON|Sallan] koti. [ORG|Turun yliopisto] avautuu."


def test_a_person_is_made_of_pieces_and_the_office_beside_is_none(read: Any) -> None:
    text = "Мэр Олег Жук из Твери."
    pieces = "1 job 0 3 9 1\n2 name 4 4 9 1\n3 surname 9 3 9 1\n4 loc_name 16 5 9 1\n"
    things = "7 Person 1 2 3 # Олег Жук\n8 LocOrg 4 # Твери\n"

    rows = read(
        "factrueval",
        {
            f"devset/a.{end}": content
            for end, content in zip(("txt", "spans", "objects"), (text, pieces, things), strict=True)
        },
    )

    assert marked(rows[0]) == "Мэр [PERSON|Олег Жук] из [LOCATION|Твери]."


def test_of_a_minister_with_a_name_the_name_is_the_person() -> None:
    labels = (("ministrul", "NOUN", "B-PERSON"), ("Ana", "PROPN", "I-PERSON"), ("de", "ADP", "I-PERSON"))
    rest = (("Pop", "PROPN", "I-PERSON"), ("lipsește", "VERB", "O"))

    found = [of_proper_nouns(["1", form, "_", tag, label]) for form, tag, label in labels + rest]

    assert found == ["O", "I-PERSON", "I-PERSON", "I-PERSON", "O"]


def test_a_treebank_tells_its_proper_nouns_also_within_words_written_as_one(read: Any) -> None:
    content = "# text = Vive nos Ancares.\n" + lines(
        "1/Vive/_/VERB/_/_/_/_/_/_",
        "2-3/nos/_/_/_/_/_/_/_/_",
        "2/en/_/ADP/_/_/_/_/_/_",
        "3/os/_/DET/_/_/_/_/_/_",
        "4/Ancares/_/PROPN/_/_/_/_/_/SpaceAfter=No",
        "5/./_/PUNCT/_/_/_/_/_/_",
    )

    rows = read("ud-galician-treegal", {"gl_treegal-ud-train.conllu": content})

    assert marked(rows[0]) == "Vive nos [Ancares]."
    assert "spans" not in rows[0]


def test_a_sentence_with_a_name_of_unclear_kind_is_left_out(read: Any) -> None:
    known = lines("1/Пані/_/NOUN/_/_/_/_/_/_", "2/Гнатюк/_/PROPN/_/NameType=Sur/_/_/_/_")
    unclear = lines("1/Пані/_/NOUN/_/_/_/_/_/_", "2/Дія/_/PROPN/_/_/_/_/_/_")

    rows = read("parlamint-uk", {"uk_parlamint-ud-train.conllu": unclear + known})

    assert [marked(row) for row in rows] == ["Пані [PERSON|Гнатюк]"]


def test_sentences_to_be_read_aloud_are_texts_of_their_own(read: Any) -> None:
    rows = read("voice-et", {"server/data/et/est-common-voice-10k.txt": "Tere tulemast koju.\nja\nKus on Mari ema?\n"})

    assert rows == [
        {"text": "Tere tulemast koju.", "language": "et"},
        {"text": "Kus on Mari ema?", "language": "et"},
    ]


def test_translated_articles_stay_apart_from_each_other(read: Any) -> None:
    files = {"DOCUMENT_IDS.tsv": "a\na\nb\n", "NTREX-128/newstest2019-ref.bul.txt": "Едно.\nДве.\nТри.\n"}

    assert [row["text"] for row in read("ntrex-bg", files)] == ["Едно. Две.", "Три."]


def test_no_more_is_taken_than_was_asked_for(read: Any) -> None:
    content = "".join(f"See on lause number {number}.\n" for number in range(50))

    rows = read("voice-et", {"server/data/et/est-common-voice-10k.txt": content}, "--words", "25")

    assert len(rows) == 5


def test_a_folder_without_the_set_is_no_empty_set(read: Any) -> None:
    with pytest.raises(FileNotFoundError, match="Name the checked-out repository"):
        read("uner-sr", {"README": ""})


def test_an_archive_is_read_but_not_what_other_versions_measure_by(tmp_path: Path) -> None:
    raw, zips = tmp_path / "ronec_v1/ronec/conllup/raw", tmp_path / "ronec_v1/ronec/conllup/zips"
    for folder in (raw, zips, tmp_path / "data"):
        folder.mkdir(parents=True)
    known = "# text = Vine Ion.\n" + lines("1/Vine/_/VERB/_/_/_/_/_/_/O", "2/Ion/_/PROPN/_/_/_/_/_/_/B-PERSON")
    other = "# text = Pleacă Dan.\n" + lines("1/Pleacă/_/VERB/_/_/_/_/_/_/O", "2/Dan/_/PROPN/_/_/_/_/_/_/B-PERSON")
    with zipfile.ZipFile(zips / "ronec_iob.zip", "w") as archive:
        archive.writestr("ronec_iob.conllup", known + other)
    (raw / "dev.conllu").write_text("", encoding="utf-8")
    (raw / "test.conllu").write_text("", encoding="utf-8")
    (tmp_path / "data/valid.json").write_text(json.dumps([{"tokens": ["Pleacă", "Dan", "."]}]), encoding="utf-8")
    (tmp_path / "data/test.json").write_text("[]", encoding="utf-8")

    found = list(SETS["ronec"].read(tmp_path))

    assert [(said.text, said.spans) for said in found] == [("Vine Ion.", ((5, 8, PERSON),))]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("« Да » , сказал он .", "«Да», сказал он."),
        ('Sa : " Kom ( no ) ! "', 'Sa: "Kom (no)!"'),
        ("% 6 azaldı", "%6 azaldı"),
        ("6 % färre", "6% färre"),
    ],
)
def test_signs_stand_where_one_writes_them(words: str, text: str) -> None:
    assert joined([Word(form) for form in words.split()])[0] == text


def test_of_names_within_names_the_whole_counts() -> None:
    assert disjoint([(0, 5, "LOCATION"), (0, 15, "ORG"), (20, 24, "PERSON")]) == [(0, 15, "ORG"), (20, 24, "PERSON")]


def test_a_place_in_small_letters_is_a_common_noun_and_a_person_is_not() -> None:
    assert tidied("til showroomet", (4, 14, "LOCATION"), "da") is None
    assert tidied("hei kari", (4, 8, PERSON), "no") == (4, 8, PERSON)


def test_an_office_alone_leaves_no_person() -> None:
    def office(_: Path) -> Any:
        yield languages_europe.Passage("Die Voorsitter praat.", ((4, 14, PERSON),))

    assert [said.spans for said in persons(office, without_offices)(Path())] == [()]


@pytest.mark.parametrize("name", sorted(SETS))
def test_every_set_may_be_learned_from_and_passed_on(name: str) -> None:
    words = SETS[name].licence.replace("-", " ").split()

    assert not set(words) & set(FORBIDDEN)
    assert words[0] in {"CC", "CC0,", "CC0", "MIT", "LGPL"}
