"""Languages beyond the seven: how their texts are cut into tokens, told apart, read by rules and masked everywhere."""

# ruff: noqa: RUF001 - Turkish has an i without a dot

from __future__ import annotations

import dataclasses
import unicodedata
import uuid

import numpy as np
import pytest

from apps.privacy import analyzer, enforcement, keys, language, normalise, scrub
from apps.privacy import vocabulary as v
from apps.privacy.consistency import KnownValues
from apps.privacy.findings import Finding
from apps.privacy.reading import Reading
from apps.privacy.restore import restored
from apps.privacy.scrub import Draft
from apps.privacy.tagger import names, tokens
from apps.privacy.tagger.labels import LABELS, PERSON
from apps.privacy.tagger.network import Network
from apps.privacy.tagger.weights import Weights
from apps.privacy.vault import Vault


def a_vault() -> Vault:
    """Open a vault that no database knows."""
    return Vault(keys.ConversationKey(uuid.uuid4(), bytes(32)))


def written(text: str) -> list[str]:
    """Give a text's tokens without their neighbours."""
    return [token.split(tokens.NEIGHBOURS)[1] if tokens.NEIGHBOURS in token else token for token in tokens.cut(text)[0]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我和王小明", ["我", "和", "王", "小", "明"]),
        ("박지영의 계약", ["박", "지", "영", "의", "계", "약"]),
        ("राजेश कुमार से", ["राजेश", "कुमार", "से"]),
        ("สมหญิง", ["ส", "ม", "ห", "ญิ", "ง"]),
        ("مُحَمَّد العتيبي", ["مُحَمَّد", "العتيبي"]),
        ("Łukasz 12.5 __init__", ["Łukasz", "12", ".", "5", "__", "init", "__"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
    ],
)
def test_a_token_is_a_word_with_its_marks_or_one_character_where_words_run_together(
    text: str, expected: list[str]
) -> None:
    assert written(text) == expected


def test_the_edges_of_tokens_are_those_of_the_text() -> None:
    text = "请联系 王小明 (राजेश), tel. 12"
    _, edges = tokens.cut(text)
    assert [text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True)] == written(text)


def test_a_character_is_described_by_its_neighbours_and_only_by_those_right_beside_it() -> None:
    beside, apart, alone = (tokens.cut(text)[0][0] for text in ("王明", "王 明", "王"))
    assert tokens.describe(beside).word == tokens.describe(alone).word
    assert tokens.describe(beside).grams != tokens.describe(alone).grams
    assert apart == alone


def test_words_of_other_letters_share_no_row_with_latin_words() -> None:
    for word in ("Кузнецов", "Παπαδοπούλου", "العتيبي", "राजेश", "ქართული", tokens.cut("王")[0][0]):
        form = tokens.describe(word)
        assert form.word >= tokens.WORD_ROWS
        assert min(form.grams) >= tokens.GRAM_ROWS
    form = tokens.describe("Wiśniewska")
    assert form.word < tokens.WORD_ROWS
    assert max(form.grams) < tokens.GRAM_ROWS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Proszę odblokować konto Katarzyny Wiśniewskiej, bo nie może się zalogować", "pl"),
        ("Merhaba, dün Ayşe Yılmaz ile görüştüm, sözleşmesi cuma günü bitiyormuş", language.UNKNOWN),
        ("昨天我和人事部的王小明谈过了", language.OTHER_LETTERS),
        ("Вчера прислала отчёт", language.OTHER_LETTERS),
        ("Please unlock the account of Katarzyna Wiśniewska and tell her", "en"),
        ("Bitte schalten Sie das Konto von Frau Meyer frei, sie ist nicht mehr gesperrt", "de"),
    ],
)
def test_a_text_is_taken_for_english_only_where_its_words_are_english(text: str, expected: str) -> None:
    assert Reading(text).language == expected


def test_rules_see_an_edge_where_a_script_without_blanks_meets_a_number() -> None:
    text = "请联系客户,手机13857102946,邮箱wang.xm@example.com谢谢"
    found = {(finding.type, text[finding.start : finding.end]) for finding in analyzer.find(text)}
    assert (v.PHONE, "13857102946") in found
    assert (v.EMAIL, "wang.xm@example.com") in found


def test_blanks_that_were_put_in_map_back_exactly() -> None:
    text = "手机13857102946吧"
    view = normalise.view(text)
    assert view.text == "手机 13857102946 吧"
    assert view.to_original(3, 14) == (2, 13)


def test_a_name_found_once_is_found_inside_a_run_of_characters() -> None:
    known = KnownValues()
    known.add(v.PERSON, "王小明")
    known.add(v.PERSON, "राजेश कुमार")
    text = "我昨天问过王小明了 राजेश कुमार से"
    assert {text[finding.start : finding.end] for finding in known.find(text)} == {"王小明", "राजेश कुमार"}


def test_many_names_known_are_found_inside_runs_as_well() -> None:
    known = KnownValues()
    for number in range(60):
        known.add(v.PERSON, f"王{chr(0x4E00 + number)}{chr(0x5E00 + number)}")
    text = f"我昨天问过王{chr(0x4E07)}{chr(0x5E07)}了"
    assert [(finding.start, finding.end) for finding in known.find(text)] == [(5, 8)]


def test_in_a_script_of_which_nothing_was_learned_every_word_is_masked() -> None:
    text = "Please translate: ཨ་མ་ཚེ་རིང ᏣᎳᎩ ok"
    found = [text[finding.start : finding.end] for finding in analyzer.find(text)]
    assert "ᏣᎳᎩ" in found
    assert all(any(word in one for one in found) for word in ("ཚེ", "རིང"))
    assert not any("translate" in one for one in found)


@pytest.mark.parametrize("others", [0, 60])
@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("我和Katarzyna谈过", "Katarzyna", "我和<PERSON_1>谈过"),
        ("คุณปรานีAnnabella", "Annabella", "คุณปรานี<PERSON_1>"),
        ("는Kim철수가", "Kim철수", "는<PERSON_1>가"),
        ("قال محمدٌ ذلك", "محمد", "قال <PERSON_1>ٌ ذلك"),
        ("कुमारीAnnabella", "Annabella", "कुमारी<PERSON_1>"),
        ("z\u0301Annabella", "Annabella", "z\u0301<PERSON_1>"),
        ("قال محمدٌez", "محمدٌ", "قال <PERSON_1>ez"),
        ("मीराजेश राजेश", "राजेश", "मीराजेश <PERSON_1>"),
        ("KatarzynaX Katarzyna", "Katarzyna", "KatarzynaX <PERSON_1>"),
    ],
)
def test_a_known_name_is_masked_where_scripts_meet_however_many_names_are_known(
    text: str, name: str, expected: str, others: int
) -> None:
    vault = a_vault()
    for value in (name, *(f"Filler{number}qz Xylo{number}w" for number in range(others))):
        vault.placeholder_for(v.PERSON, value)

    assert scrub._masked([Draft("user", text)], [()], vault).text == expected


@pytest.mark.parametrize("others", [0, 60])
@pytest.mark.parametrize("glued", ["ปรานีAnnabella", "कुमारीAnnabella", "王小明Annabella", "x\u0301Annabella"])
def test_a_known_name_right_behind_a_masked_one_does_not_keep_a_message_back(glued: str, others: int) -> None:
    vault = a_vault()
    for value in ("Annabella", *(f"Filler{number}qz Xylo{number}w" for number in range(others))):
        vault.placeholder_for(v.PERSON, value)
    masked = Finding(
        v.PERSON, glued.index("A") - (1 if glued[0] == "x" else glued.index("A")), glued.index("A"), 0.9, ""
    )

    scrubbed = scrub._masked([Draft("user", glued)], [(masked,)], vault)

    assert restored(scrubbed.text, vault.placeholders) == glued


def test_a_chinese_name_that_may_leave_does_so_inside_a_run_of_characters() -> None:
    pattern = enforcement._any_of(["王小明", "Katarzyna"])
    assert pattern is not None
    assert [match[0] for match in pattern.finditer("我问过王小明和Katarzyna了,KatarzynaX没有")] == [
        "王小明",
        "Katarzyna",
    ]


def test_many_values_that_begin_alike_are_found_once_at_each_place() -> None:
    known = KnownValues()
    for length in range(2, 200):
        known.add(v.PERSON, "王" * length)
    assert len(known.find("王" * 2_000)) < 2 * 2_000


@pytest.mark.parametrize(
    ("taken_apart", "whole"),
    [
        (unicodedata.normalize("NFD", "박지영"), "박지영"),
        (unicodedata.normalize("NFD", "ワタナベ"), "ワタナベ"),
        ("ﾜﾀﾅﾍﾞ", "ワタナベ"),
        ("ﾔﾏﾀﾞ ﾀﾛｳ", "ヤマダ タロウ"),
        (unicodedata.normalize("NFD", "Андрей Ковалёв"), "Андрей Ковалёв"),
        ("Ива\u0301н", "Иван"),
        (unicodedata.normalize("NFD", "Γιώργος"), "Γιώργος"),
        (unicodedata.normalize("NFD", "Nguyễn Thị Hằng"), "Nguyễn Thị Hằng"),
    ],
)
def test_letters_that_were_taken_apart_are_read_whole_and_lead_back_to_all_their_parts(
    taken_apart: str, whole: str
) -> None:
    view = normalise.view(f"a {taken_apart} b")

    assert view.text == f"a {whole} b"
    assert view.to_original(2, 2 + len(whole)) == (2, 2 + len(taken_apart))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ที่อยู่192.168.17.23ครับ", "ที่อยู่ 192.168.17.23 ครับ"),
        ("คุณปรานีAnna", "คุณปรานี Anna"),
        ("联系Édouard谢谢", "联系 Édouard 谢谢"),
    ],
)
def test_marks_and_accents_hide_no_edge_between_scripts(text: str, read: str) -> None:
    assert normalise.view(text).text == read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wczoraj rozmawiałem z Katarzyną Wiśniewską z działu kadr o umowie.", ["Katarzyną Wiśniewską"]),
        ("Včera mi volala Jana Dvořáková kvůli faktuře. Napiš prosím zdvořilou odpověď.", ["Jana Dvořáková"]),
        ("Tegnap beszéltem Kovács Annával a HR-ről, a szerződés pénteken lejár.", ["Kovács Annával"]),
        ("Ieri am vorbit cu Maria Popescu de la resurse umane despre contract.", ["Maria Popescu"]),
        ("Dün Ayşe Yılmaz ile görüştüm, sözleşme cuma günü bitiyor. Kibar bir e-posta yazar mısın?", ["Ayşe Yılmaz"]),
        ("Igår pratade jag med Anna Lindqvist på HR. Skriv ett artigt mejl om avtalet.", ["Anna Lindqvist"]),
        ("Puhuin eilen Liisa Virtasen kanssa, sopimus päättyy perjantaina.", ["Liisa Virtasen"]),
        ("Вчера Наталья Сергеевна Морозова прислала отчёт, напиши вежливый ответ.", ["Наталья Сергеевна Морозова"]),
        ("Підкажіть, як відповісти пані Оксані Шевченко про заявку.", ["Оксані Шевченко"]),
        ("Χθες μίλησα με τη Μαρία Παπαδοπούλου για τη σύμβαση.", ["Μαρία Παπαδοπούλου"]),
        ("昨天我和人事部的欧阳雪梅谈过了，合同星期五到期。", ["欧阳雪梅"]),
        ("昨日、人事部の田中花子さんと話しました。契約は金曜日に終わります。", ["田中花子"]),
        ("어제 인사팀 김민수와 이야기했는데 계약이 금요일에 끝난다고 합니다.", ["김민수"]),
        ("تحدثت أمس مع محمد العتيبي من قسم الموارد البشرية.", ["محمد العتيبي"]),
        ("שלום, יעל ביטון ממשאבי אנוש ביקשה לשלוח את החוזה.", ["יעל ביטון"]),
        ("कल मैंने एचआर में राजेश कुमार से बात की, अनुबंध शुक्रवार को समाप्त हो रहा है।", ["राजेश कुमार"]),
        ("เมื่อวานฉันคุยกับสมชาย ใจดี จากฝ่ายบุคคลเรื่องสัญญา", ["สมชาย ใจดี"]),
        ("Hôm qua tôi nói chuyện với Nguyễn Thị Lan ở phòng nhân sự về hợp đồng.", ["Nguyễn Thị Lan"]),
        ("Kemarin saya bicara dengan Budi Santoso dari HRD, tolong buatkan email yang sopan.", ["Budi Santoso"]),
    ],
)  # fmt: skip
def test_a_name_is_found_in_other_languages_and_the_words_around_it_are_left_alone(
    text: str, expected: list[str]
) -> None:
    covered = "".join(
        character if any(one.start <= place < one.end for one in analyzer.find(text)) else "\n"
        for place, character in enumerate(text)
    )
    assert " ".join(covered.split()) == " ".join(expected)


def test_letters_without_capitals_say_nothing_of_a_language_and_names_in_them_are_believed() -> None:
    text = "გუშინ ზაალ მაისურაძემ დამირეკა და მითხრა, რომ ხელშეკრულება უკვე ხელმოწერილია და ორშაბათს გამოგვიგზავნის."
    tagged = Network(Weights.load()).read(text)
    sure = np.zeros_like(tagged.odds)
    sure[:, LABELS.index(f"B-{PERSON}")] = 1

    assert not names.is_foreign(text, tagged)
    assert np.array_equal(names._strictly(text, dataclasses.replace(tagged, odds=sure)), sure)


@pytest.mark.parametrize("behind", ["7041", "𝟜𝟙", "Anna", "بن", "²x", "和", "कुमार"])
@pytest.mark.parametrize("others", [0, 60])
def test_what_is_masked_behind_a_name_with_marks_does_not_keep_a_message_back(behind: str, others: int) -> None:
    vault = a_vault()
    for value in ("محمدٌ", *(f"Filler{number}qz Xylo{number}w" for number in range(others))):
        vault.placeholder_for(v.PERSON, value)
    masked = Finding(v.SECRET, 5, 5 + len(behind), 0.9, "")

    scrubbed = scrub._masked([Draft("user", f"محمدٌ{behind} x")], [(masked,)], vault)

    assert restored(scrubbed.text, vault.placeholders) == f"محمدٌ{behind} x"
