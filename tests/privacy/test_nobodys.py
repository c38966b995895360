"""Substances, genes, asteroids, journals and months are nobody's, and people in the same sentences are found."""

from __future__ import annotations

import pytest

from apps.privacy import analyzer, nobodys
from apps.privacy import vocabulary as v
from apps.privacy.findings import Finding

NOBODYS = [
    ("{Zirconium}, W and the lanthanides follow.", v.PERSON),
    ("The last step makes {Glycineamide} ribonucleotide and ADP.", v.PERSON),
    ("{Histone Deacetylase} A6 contributes to silencing.", v.PERSON),
    ("Maternal {Nanog}, Oct4 and SoxB1 activate zygotic genes.", v.PERSON),
    ("Ral-A, {Raf-1} and some more belong to it.", v.PERSON),
    ("{Toutatis} is also a Mars-crosser asteroid with a chaotic orbit.", v.PERSON),
    ("{Amphitrite} (minor planet designation: 29 Amphitrite) is large.", v.PERSON),
    ("It appeared in the journal {Physikalische Zeitschrift} in 1916.", v.PERSON),
    ("See {J. Nonlinear} Science, volume 12.", v.PERSON),
    ("the Large Millimeter Array ({LMA}) opened", v.PERSON),
    ("free and clear of any {Encumbrance} hereunder", v.PERSON),
    ("{Jun} 12 10:22:01 gw sshd[2211]: started", v.PERSON),
    ("{Gebruiker} kan niet inloggen", v.PERSON),
    ("kubeadm join --token {abcdef}.0123456789abcdef", v.PERSON),
    ("chemokines, including {CCL11, CCL26, CCL7} and CCL5", v.ADDRESS),
    ("She also played at {1990 Asian} Games.", v.ADDRESS),
    # dates, halves of words, firms, programs and methods
    ("{Thu}, 04 Jun 2020 08:13:51 +0200", v.PERSON),
    ("CommitDate: {Fri Jan} 5 09:10:32 2018", v.PERSON),
    ("the project of this call. If omit-\n             {ted}, the current one is taken", v.PERSON),
    ("2001, 2002, {Lumen Systems Inc}.", v.PERSON),
    ("the ownership of Costra Limited (“Costra”). {Costra} sells drinks.", v.PERSON),
    ("pip install quornio\n\n{quornio} finds out what runs.", v.PERSON),
    ("{libquorn} (1.3.2-1) unstable; urgency=medium", v.PERSON),
    ("We propose QUORNET, a novel framework for planning. {QUORNET} is small.", v.PERSON),
    ("existing {Zamba}-based approaches are slow", v.PERSON),
    ("Recent {LRNNs} lack a state.", v.PERSON),
    ("techniques such as {Flow-GRPO} and others", v.PERSON),
    ("models such as {GPT-XL} and others", v.PERSON),
    ("Our approach, {LayerBuffer}, needs no labels.", v.PERSON),
    ("Quornby Medical LLC filed suit. {Quornby} appealed.", v.PERSON),
    ("downgraded our ratings to {Baa}3 in April.", v.PERSON),
    ("such Non-U.S. {Holder} will be subject to tax", v.PERSON),
    ("raises a {BoxComputerClickToolUseBlock} when it fails", v.PERSON),
]
PEOPLES = [
    ("I met {Kamden} there.", v.PERSON),
    ("{Dr Okonkwo} cloned the gene and its receptor.", v.PERSON),
    ("{Maria Encke} is one of the largest donors of the village.", v.PERSON),
    ("{June} 12 is her birthday, said June", v.PERSON),
    ("I met a {Camilla} at the fair.", v.PERSON),
    ("That is a {Brunelleschi}, I think.", v.PERSON),
    ("{Petrov} is a software engineer in our team.", v.PERSON),
    ("{Quornby} is the brand manager.", v.PERSON),
    ("{Zorbanek} is one of the compound's residents.", v.PERSON),
    ("{Okafor} is a resident of the village.", v.PERSON),
    ("{Vandenbrugge} is a river pilot.", v.PERSON),
    ("Ask {Thu} about it, not me.", v.PERSON),
    ("He was with Anne-\n{Sophie} that day.", v.PERSON),
    ("the ownership of Costra Limited (“Costra”). {Halvorsen} sells drinks.", v.PERSON),
    ("We propose {Halvorsen}, a colleague of Maya, as chair.", v.PERSON),
    ("The work of {McHale} and {DeLong} is cited.", v.PERSON),
    ("{GPierce} answered that it does.", v.PERSON),
    ("{HappyPenguin}: which release do you run?", v.PERSON),
    ("As @maya_l said, {HappyPenguin} wrote the first part of it.", v.PERSON),
    ("{Smith-Jones} wrote it.", v.PERSON),
    ("Quornby Medical LLC filed suit. Mr. Quornby was heard; {Quornby} appealed.", v.PERSON),
    ("{tsp}1: you need to install it", v.PERSON),
    ("{Halvorsen} says that the plasma and the DNA samples are in, and asks for the protein.", v.PERSON),
    ("There is no {Petrov} in the list.", v.PERSON),
    ("{Politis} wrote to us about the lease.", v.PERSON),
    ("We prefer the Zorbanek approach. {Zorbanek} is ill this week.", v.PERSON),
    ("We prefer the Zorbanek approach. {Zorbanek} said so last week.", v.PERSON),
    ("Then pip install daphne. Ask {Daphne} about it.", v.PERSON),
    ("Finalise the Zorbanek package. {Zorbanek} leaves on Friday.", v.PERSON),
    ("Call {HALVORSEN-OKORO} about the invoice.", v.PERSON),
    ("The list has {AL-RASHIDI} on it.", v.PERSON),
    ("The list has {El-MASRI} on it.", v.PERSON),
    ("{Halvorsen} called about the invoice.", v.PERSON),
    ("deliver to {12 Elm Street}, please", v.ADDRESS),
]


def _judged(marked: str, kind: str) -> bool:
    start, end = marked.index("{"), marked.index("}") - 1
    text = marked.replace("{", "").replace("}", "")
    return nobodys.is_nobodys(text, Finding(kind, start, end, 0.6, "A guess"))


@pytest.mark.parametrize(("marked", "kind"), NOBODYS)
def test_what_only_looks_like_a_name_or_an_address_is_nobodys(marked: str, kind: str) -> None:
    assert _judged(marked, kind)


@pytest.mark.parametrize(("marked", "kind"), PEOPLES)
def test_a_person_beside_such_words_stays_a_person(marked: str, kind: str) -> None:
    assert not _judged(marked, kind)


def test_what_a_rule_is_sure_of_is_masked_whatever_stands_around_it() -> None:
    text = "The protein kinase gene was cloned by Dr Politis; call 030 901820-114."
    place = text.index("Politis")
    assert nobodys.is_nobodys(text, Finding(v.PERSON, place, place + len("Politis"), 0.6, "A guess"))

    found = [text[one.start : one.end] for one in analyzer.find(text)]

    assert any("Politis" in value for value in found)


@pytest.mark.parametrize(
    "text",
    [
        "We align features by a method named CSC and report the loss.",
        "It improves general VQA and ICU prediction.",
        "The General Commands Manual explains it.",
        "Multimodal Mixup has two steps.",
        "It does not account for modality when users log in.",
        'start_time: str = Field(alias="startTime")',
        "See RFC 5890, section-2.3.2.4 of it.",
        "Keep the username and password was all it said.",
    ],
)
def test_a_method_a_manual_a_field_and_a_section_are_no_people(text: str) -> None:
    assert analyzer.find(text) == ()


@pytest.mark.parametrize("name", ["General Powell", "MR LEE"])
def test_a_person_behind_a_title_stays_one(name: str) -> None:
    assert analyzer.find(f"We spoke to {name} on Monday.") != ()
