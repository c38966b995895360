"""Texts of other languages to learn names from: read as the product reads them, varied with names of the language."""

# ruff: noqa: RUF001, S311 - Chinese commas are meant; nothing here is a secret

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from apps.privacy.tagger.labels import LOCATION, PERSON, PHONE
from apps.privacy.tagger.tokens import crc
from training import tongues
from training.documents import UNSURE, Document, Mark
from training.lexicon import ABROAD, FIRST, PLAIN, Lexicon, with_words_of

POLISH = tongues.Names(["Jan", "Ewa"], ["Kowal", "Lis"])
CHINESE = tongues.Names(["小明", "芳"], ["王", "欧阳"])


def marked(document: Document) -> list[tuple[str, str]]:
    return [(document.text[mark.start : mark.end], mark.label) for mark in document.marks]


def test_a_marked_text_is_read_with_plain_signs_and_with_blanks_where_scripts_meet(tmp_path: Path) -> None:
    file = tmp_path / "one.marked.txt"
    file.write_text("### ticket zh\n请联系⟦PERSON|王小明⟧，A组，手机⟦PHONE|13857102946⟧。\n", encoding="utf-8")
    ((language, document),) = tongues.read([file])

    assert language == "zh"
    assert document.text == "请联系王小明,A 组,手机 13857102946."
    assert marked(document) == [("王小明", PERSON), ("13857102946", PHONE)]
    assert document.is_whole


def test_texts_that_people_labelled_keep_their_places(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    spans = [{"start": 9, "end": 15, "type": "LOCATION"}, {"start": 0, "end": 3, "type": "PERSON"}]
    file.write_text(
        json.dumps({"text": "Ewa jest w Gdyni.", "language": "pl", "spans": spans}) + "\n", encoding="utf-8"
    )
    ((_, document),) = tongues.read_labelled(file)

    assert [label for _, label in marked(document)] == [PERSON, LOCATION]


def test_a_proper_noun_is_a_person_where_a_first_name_says_so_and_else_nobody_knows_what(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    text = "Jan Wilk mieszka w Gdyni"
    row = {"text": text, "language": "pl", "proper": [[0, 3], [4, 8], [19, 24]]}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    ((_, document),) = tongues.read_treebank(file, {"pl": POLISH})

    assert marked(document) == [("Jan Wilk", PERSON), ("Gdyni", UNSURE)]
    assert [mark.certainty for mark in document.marks] == [tongues.KNOWN_BY_ITS_FIRST_NAME, 0]


def test_of_plain_sentences_words_with_capitals_are_left_open_and_scripts_without_say_nothing(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    rows = [{"text": "Wilk śpi w domu", "language": "pl"}, {"text": "我和王小明", "language": "zh"}]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    ((_, document),) = tongues.read_treebank(file, {})

    assert marked(document) == [("Wilk", UNSURE)]


def test_a_variation_has_other_names_of_the_same_build_and_the_same_name_for_the_same_person() -> None:
    text = "Jan Kowal i Ewa. Pisze Jan Kowal."
    marks = tuple(Mark(text.index(part), text.index(part) + len(part), PERSON) for part in ("Jan Kowal", "Ewa"))
    marks += (Mark(text.rindex("Jan"), text.rindex("Jan") + 9, PERSON),)
    seen = set()
    for seed in range(40):
        first, second, third = marked(tongues.varied("pl", Document(text, marks), POLISH, random.Random(seed)))
        assert first == third
        assert len(first[0].split()) == 2
        assert len(second[0].split()) == 1
        seen.add(first[0])
    assert len(seen) > 3


def test_a_name_without_blanks_is_made_in_its_own_order() -> None:
    made = {CHINESE.like("李雷雷", "zh", random.Random(seed)) for seed in range(60)}
    assert {"王小明", "王芳", "欧阳小明"} & made
    assert all(name == "李雷雷" or name[0] in "王欧" for name in made)
    assert {CHINESE.like("李", "zh", random.Random(seed)) for seed in range(60)} <= {"李", "王"}


def test_words_often_in_small_letters_are_ordinary_and_names_are_not() -> None:
    text = "dom i jan " * 3
    mark = tuple(Mark(place, place + 3, PERSON) for place in range(len(text)) if text.startswith("jan", place))
    assert tongues.ordinary([("pl", Document(text, mark))]) == {"dom"}


def test_the_lexicon_learns_ordinary_words_of_other_languages_and_keeps_what_it_knows() -> None:
    keys = sorted([(crc("dana"), FIRST), (crc("home"), PLAIN)])
    lexicon = Lexicon(np.array([key for key, _ in keys], np.uint32), np.array([flag for _, flag in keys], np.uint8))
    larger = with_words_of(lexicon, ["dana", "home", "dom"])
    flags = dict(zip(larger.keys.tolist(), larger.flags.tolist(), strict=True))
    assert flags == {crc("dana"): FIRST | ABROAD, crc("home"): PLAIN, crc("dom"): ABROAD}
