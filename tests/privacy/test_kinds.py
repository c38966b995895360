"""Firms among firms, brands on what is sold, scores and cases of law are nobody's; what was found is masked whole."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer, kinds

THINGS = [
    "the big firms: Fennick & Brackley, {Torvane}, Quillmore",
    "we sell brands such as {Marlo Vance}, Orby and Tull",
    "Summarise our SKUs: MERLA COTE BELT, {OSBERT VANE} POLO M",
    "Which firms sue most: {Brackley} & Overn?",
    "a meeting with {Fennick} & Overn on Tuesday",
    "Compare Shopify, {Torvane} and Zendesk.",
    "Compare {Lincoln}, Shopify and Zendesk.",
    "Ship the {Marlo Vance} tote and two belts.",
    "the {Ostrander} score and the triad",
    "Explain the {Quillmore} factor to a nurse.",
    "the rule in {Brackley} v Overn",
    "{Brackley} v Overn [1932] AC 562 was decided",
    "Readings: {Mark 1} and Luke 3.",
    'a choir sings the songs "Hey", "{Jolene}" and "Layla"',
    "bought it at Kroger, {Lowe}'s, Boeing",
    "founders, e.{g. Ford}, sold it",
    "Kosten: {Fahrtkosten} 48,20",
    "ask {Dr.} for it",
]
PERSONS = [
    "our customers: {Torvane}, Quillmore and Anna Berg",
    "Our firms are late: {Torvane} called Quillmore about it.",
    "the song by {Eddy Vance}, who wrote it",
    "Teams: {Anna Berg}, Tom Hill and Sue",
    "The film was shot by her team ({Anna Berg}, Tom Hill)",
    "The products were late - {Anna Berg}",
    "E. {Sørensen} and P. Vestergaard",
    "Thanks, {Maria} & Josef",
    "Compare Shopify for {Anna}, Tom and Zendesk.",
    "the bag of {Marlo Vance} is lost",
    "{Ostrander} scored twice",
    "{Mark} 1 of 3 forms is missing",
    "I met Tom and {Anna}'s sister.",
    '["{Jolene}", "Layla"] are on call',
]


def _place(marked: str) -> tuple[str, int, int]:
    start, end = marked.index("{"), marked.index("}") - 1
    return marked.replace("{", "").replace("}", ""), start, end


@pytest.mark.parametrize("marked", THINGS)
def test_what_its_neighbours_call_a_thing_is_no_person(marked: str) -> None:
    assert kinds.is_of_a_kind(*_place(marked))


@pytest.mark.parametrize("marked", PERSONS)
def test_a_person_beside_things_stays_one(marked: str) -> None:
    assert not kinds.is_of_a_kind(*_place(marked))


WHOLE = [
    "Payee: {von der Quillen, Carl-Philipp} - Commerzbank",
    "The patient {Ranvik, Mateo}, room 4, left.",
    "seen by {Jae-won Pak} today, and {Jae-won} agreed",
    "It never reached {Orzhanova A.S.} at the bank.",
    "She lives at {New Street 14, 3. tv., 2200 København N}.",
    "Ship to {Kastanienallee 3, Hinterhaus, 10435 Berlin}, thanks.",
    "He stays at {Hotel Krone, Marktplatz 3, 89073 Ulm} until Friday.",
    "Deliver to {Bairro Palanca, Rua F, casa 23, Luanda}, please.",
    "Lo studio è in {C.so Magenta 56, Milano}.",
    "Pay to COBA: {COBADEFFXXX}, the bank of the account.",
    "disputes it on card {4539 14** **** 7702} today",
    "the last four of the card? {double three nine one}",
    "Reach her assistant on {33 44 18 82} today.",
    "hey {mark}, i cant come in tomorrow",
    "i am the dad of {Zara} and she is four",
    "RIB {30004 00441 00001882790 52}",
]


@pytest.mark.parametrize("marked", WHOLE)
def test_a_name_or_an_address_is_found_whole(marked: str) -> None:
    text = marked.replace("{", "").replace("}", "")
    covered = set().union(*(range(found.start, found.end) for found in analyzer.find(text)))

    place, inside = 0, False
    for character in marked:
        if character in "{}":
            inside = character == "{"
            continue
        assert not (inside and character.isalnum()) or place in covered, text[place:]
        place += 1


def test_what_an_address_ran_over_is_given_back() -> None:
    found = analyzer.find("Keupstr. 41, 51063 Köln, rekening NL02ABNA0123456789 and Fahrtkosten 48,20")

    assert all("rekening" not in text and "Fahrtkosten" not in text for text in _texts(found))


def _texts(found: tuple[analyzer.Finding, ...]) -> list[str]:
    text = "Keupstr. 41, 51063 Köln, rekening NL02ABNA0123456789 and Fahrtkosten 48,20"
    return [text[one.start : one.end] for one in found]
