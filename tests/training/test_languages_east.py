"""Texts of Asia and Africa are read as their languages write them, with the names that people marked."""

# ruff: noqa: RUF001 - letters and signs of many scripts are meant

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from training import languages_east
from training.languages_east import SETS

FORBIDDEN = ("NC", "ND", "research", "academic", "unknown")

Marked = list[str]


def rows_of(name: str, folder: Path, *, file: str, content: str) -> list[dict[str, Any]]:
    """Write a file as the set has it and read it."""
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return list(SETS[name].read(folder))


def marked(row: dict[str, Any]) -> str:
    """Show a row's text with what is marked in brackets."""
    text: str = row["text"]
    places = [(span["start"], span["end"], span["type"][0]) for span in row.get("spans", [])]
    places += [(start, end, "") for start, end in row.get("proper", [])]
    for start, end, kind in sorted(places, reverse=True):
        text = f"{text[:start]}[{kind}{'|' * bool(kind)}{text[start:end]}]{text[end:]}"
    return text


@pytest.mark.parametrize(
    ("name", "file", "content", "expected"),
    [
        (
            "uner-zh-gsdsimp",
            "zh_gsdsimp-ud-train.iob2",
            "# text = 王小梅在长沙工作。\n1\t王小梅\tB-PER\n2\t在\tO\n3\t长沙\tB-LOC\n4\t工作\tO\n5\t。\tO\n",
            ["[P|王小梅]在[L|长沙]工作。"],
        ),
        (
            "weibo",
            "weiboNER_2nd_conll.train",
            "找0\tO\n李0\tB-PER.NAM\n娜1\tI-PER.NAM\n老0\tB-PER.NOM\n师1\tI-PER.NOM\nO0\tO\nK1\tO\n",
            ["找[P|李娜]老师OK"],
        ),
        (
            "gsd-ja",
            "train.bio",
            "Open\tO\nDoor\tO\nの\tO\n中村\tB-PERSON\n花\tI-PERSON\nさん\tB-TITLE_AFFIX\n",
            ["Open Doorの[P|中村花]さん"],
        ),
        (
            "il-ner-hi",
            "Hindi-train.txt",
            "आज\tB-NETI\n(\tO\nसीमा\tB-NEP\nनायक\tI-NEP\n)\tO\nदिल्ली\t-NEL\nगई\tO\n।\tO\n",
            ["आज ([P|सीमा नायक]) [L|दिल्ली] गई।"],
        ),
        (
            "idner-news",
            "train.txt",
            'Kata N O\n" P O\nHalo I O\n" P O\nRini PROPN B-PER\nPDX), PROPN B-ORG\n\nYa X O\n. PUNCT O\n',
            ['Kata "Halo" [P|Rini] [O|PDX]),', "Ya."],
        ),
        ("bengali-ner", "train_data.txt", "এ\tB-PER\nকে\tB-PER\nরহিম\tB-PER\nআজ\tO\n", ["[P|এ কে রহিম] আজ"]),
        (
            "anercorp",
            "ANERCorp",
            "قال O\nسامي B-PERS\nوسامي B-PERS\nوبسام B-PERS\n. O\nنعم O\n. O\n",
            ["قال [P|سامي] و[P|سامي] و[P|بسام].", "نعم."],
        ),
        (
            "thai-ner",
            "train.txt",
            "พบ[PERSON]พ.ต.ท.สมศรี ใจงาม[/PERSON]ที่[LOCATION]ตาก[/LOCATION] [DATE]วันนี้[/DATE]\n[PERSON]นายกฯ[/PERSON]มา\n",
            ["พบพ.ต.ท.[P|สมศรี ใจงาม]ที่[L|ตาก] วันนี้", "นายกฯมา"],
        ),
        (
            "ner-wikipedia-ja",
            "ner.json",
            json.dumps(
                [
                    {
                        "text": "原田葵は東京の人。",
                        "entities": [{"span": [0, 3], "type": "人名"}, {"span": [4, 6], "type": "地名"}],
                    },
                    {"text": "「春風」は曲名。", "entities": [{"span": [1, 3], "type": "製品名"}]},
                    {"text": "これは学ばない。", "entities": []},
                ]
            ),
            ["[P|原田葵]は[L|東京]の人。", "「春風」は曲名。"],
        ),
        (
            "armtdp-ner",
            "ArmNER-HY.json",
            json.dumps(
                {
                    "text": "Եկավ Արմենը։ Նա գնաց։",
                    "annotations": [
                        {"start_offset": 5, "end_offset": 11, "label": 105},
                        {"start_offset": 5, "end_offset": 11, "label": 105},
                        {"start_offset": 13, "end_offset": 15, "label": 116},
                    ],
                }
            ),
            ["Եկավ [P|Արմենը]։ Նա գնաց։"],
        ),
    ],
)
def test_marked_text_becomes_running_text_with_its_names(
    tmp_path: Path, name: str, file: str, content: str, expected: Marked
) -> None:
    rows = rows_of(name, tmp_path, file=file, content=content)

    assert [marked(row) for row in rows] == expected
    assert {row["language"] for row in rows} == {SETS[name].language}


def test_what_stood_between_brackets_is_put_back_where_it_stood(tmp_path: Path) -> None:
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "train.id").write_text("one\n", encoding="utf-8")
    content = (
        "# S-ID:one-01 括弧削除\n* -1D\n+ -1D\n森 もり 森 名詞 <NE:PERSON:head>\n桜 さくら 桜 名詞 <NE:PERSON:tail>\n"
        "は は は 助詞\n人 ひと 人 名詞\n。 。 。 特殊\nEOS\n"
        "# S-ID:one-02 括弧始:（ 括弧終:） 括弧位置:2\n* -1D\n+ -1D\nもり もり もり 名詞 <NE:PERSON:single>\nEOS\n"
    )

    rows = rows_of("wikipedia-annotated-ja", tmp_path, file="knp/a/one.knp", content=content)

    assert [marked(row) for row in rows] == ["[P|森桜]（[P|もり]）は人。"]


def test_a_document_of_which_nobody_was_sure_and_one_to_be_measured_by_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "train.id").write_text("one\n", encoding="utf-8")
    sure = "# S-ID:x\n+ -1D\n雨 あめ 雨 名詞\nEOS\n"
    (tmp_path / "knp" / "a").mkdir(parents=True)
    (tmp_path / "knp" / "a" / "two.knp").write_text(sure, encoding="utf-8")

    unsure = sure.replace("+ -1D", "+ -1D <NE:OPTIONAL:雨><NE-OPTIONAL:PERSON,NONE:0>")

    assert rows_of("wikipedia-annotated-ja", tmp_path, file="knp/a/one.knp", content=unsure) == []
    assert len(rows_of("wikipedia-annotated-ja", tmp_path, file="knp/a/one.knp", content=sure)) == 1


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (
            "ud-he-iahltwiki",
            "# newdoc id = a\n# text = הלכתי לחיפה.\n1\tהלכתי\tהלך\tVERB\n2-3\tלחיפה\t_\t_\n2\tל\tל\tADP\n"
            "3\tחיפה\tחיפה\tPROPN\n4\t.\t.\tPUNCT\n\n# text = כן.\n1\tכן\tכן\tINTJ\n2\t.\t.\tPUNCT\n",
            ["הלכתי ל[חיפה]. כן."],
        ),
        (
            "ud-ko-kaist",
            "# text = 정하늘은 온다 .\n1\t정하늘은\t정하늘+은\tPROPN\n2\t온다\t오+다\tVERB\n",
            ["[정하늘]은 온다."],
        ),
        (
            "ud-vi-vtb",
            '# text =Ông Bùi Nam nói : " Vâng "\n1\tÔng\tông\tNOUN\n2\tBùi Nam\tBùi Nam\tPROPN\n3\tnói\tnói\tVERB\n'
            '4\t:\t:\tPUNCT\n5\t"\t"\tPUNCT\n6\tVâng\tvâng\tINTJ\n7\t"\t"\tPUNCT\n',
            ['Ông [Bùi Nam] nói: "Vâng"'],
        ),
        (
            "ud-zh-hk",
            "# newdoc\n# text = 你好！\n1\t你好\t_\tINTJ\n2\t！\t_\tPUNCT\n\n# text = 走吧。\n1\t走吧\t_\tVERB\n",
            ["你好！走吧。"],
        ),
    ],
)
def test_a_treebank_says_which_words_are_proper_nouns(
    tmp_path: Path, name: str, content: str, expected: Marked
) -> None:
    rows = rows_of(name, tmp_path, file="x-ud-train.conllu", content=content)

    assert [marked(row) for row in rows] == expected


def test_a_long_article_is_cut_between_sentences_and_never_in_a_name(tmp_path: Path) -> None:
    text = "Ա. Բ եկավ։ " * 20
    names = [{"start_offset": start, "end_offset": start + 4, "label": 105} for start in range(0, len(text), 11)]

    rows = rows_of(
        "armtdp-ner", tmp_path, file="ArmNER-HY.json", content=json.dumps({"text": text, "annotations": names})
    )

    assert len(rows) > 1
    assert sum(len(row["spans"]) for row in rows) == 20
    assert {row["text"][span["start"] : span["end"]] for row in rows for span in row["spans"]} == {"Ա. Բ"}


def test_sentences_of_one_article_stay_together(tmp_path: Path) -> None:
    (tmp_path / "DOCUMENT_IDS.tsv").write_text("one\none\ntwo\n", encoding="utf-8")

    rows = rows_of(
        "ntrex-sw", tmp_path, file="newstest2019-ref.swa.txt", content="Asha alifika.\nAliondoka.\nHabari.\n"
    )

    assert [row["text"] for row in rows] == ["Asha alifika. Aliondoka.", "Habari."]


def test_each_text_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sentence-collector.txt").write_text("안녕하세요 여러분\n안녕하세요 여러분\n네\n", encoding="utf-8")
    out = tmp_path / "out.jsonl"
    monkeypatch.setattr(sys, "argv", ["x", "--set", "common-voice-ko", "--out", str(out), str(tmp_path)])

    languages_east.main()

    assert [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] == [
        {"text": "안녕하세요 여러분", "language": "ko"}
    ]


def test_every_licence_lets_anybody_pass_on_what_was_learned() -> None:
    assert not [name for name, one in SETS.items() if any(word in one.licence for word in FORBIDDEN)]
