"""How the teacher's knowledge reaches the name model: its file is read rightly, its pieces and odds stay in place."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from apps.privacy.tagger import tokens
from apps.privacy.tagger.labels import LABELS, PERSON
from apps.privacy.tagger.weights import Weights
from training import arrays, gguf, holes, soft, wordpieces
from training.documents import Document, Mark

POST = "[NAME] is so strong, even [NAME] can't stop him"


def a_text(words: str) -> bytes:
    """Write a text as GGUF files have it."""
    return struct.pack("<Q", len(words)) + words.encode()


def a_table(name: str, size: tuple[int, ...], kind: int, at: int) -> bytes:
    """Write where a table lies; its size with columns first."""
    return a_text(name) + struct.pack(f"<I{len(size)}QIQ", len(size), *size, kind, at)


@pytest.fixture
def language(tmp_path: Path) -> Path:
    """A language model's file of three tables: floats, eight bits, four bits."""
    scale, least = np.float16(0.5).tobytes(), np.float16(-1).tobytes()
    eight = scale + np.arange(-16, 16, dtype=np.int8).tobytes()
    four = scale + least + bytes(low + 16 * (15 - low) for low in range(16))
    head = b"GGUF" + struct.pack("<IQQ", 3, 3, 2)
    head += a_text("general.name") + struct.pack("<I", 8) + a_text("small")
    head += a_text("sizes") + struct.pack("<IIQ3I", 9, 4, 3, 7, 8, 9)
    head += a_table("plain", (2, 3), 0, 0) + a_table("eight", (32, 1), 8, 32) + a_table("four", (32,), 3, 96)
    head += b"\0" * (-len(head) % 32)
    body = np.arange(6, dtype=np.float32).tobytes().ljust(32, b"\0") + eight.ljust(64, b"\0") + four
    file = tmp_path / "language.gguf"
    file.write_bytes(head + body)
    return file


def test_tables_of_a_language_model_are_read_as_numbers(language: Path) -> None:
    read = gguf.read(language)

    assert read.about == {"general.name": "small", "sizes": [7, 8, 9]}
    assert read.tables["plain"].tolist() == [[0, 1], [2, 3], [4, 5]]
    assert read.tables["eight"].tolist() == [[number / 2 for number in range(-16, 16)]]
    low, high = [number / 2 - 1 for number in range(16)], [(15 - number) / 2 - 1 for number in range(16)]
    assert read.tables["four"].tolist() == low + high


def test_a_file_that_is_no_language_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_bytes(b"These are notes.")

    with pytest.raises(ValueError, match=r"no GGUF file\. Name the packaged language model\."):
        gguf.read(tmp_path / "notes.gguf")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """A tokenizer that joins no bytes but those of ``ar``: pieces are shorter than tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={piece: row for row, piece in enumerate([*alphabet, "ar"])}, merges=[("a", "r")]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return made


@pytest.mark.parametrize("text", ["Ask Harriet.", "Grüße an Jörg!!", "  é, 12.5\n\nBart's car 😀 ok"])
def test_a_token_begins_and_ends_with_the_pieces_that_hold_its_first_and_last_letter(
    text: str, tokenizer: Tokenizer
) -> None:
    cut = wordpieces.cut(["Bart", text], tokenizer)

    places = tokenizer.encode(text).offsets
    own = range(cut.token_starts[1], cut.token_starts[2])
    for row, match in zip(own, tokens.TOKEN.finditer(text), strict=True):
        (begins, _), (_, ends) = places[cut.first[row] - 1], places[cut.last[row] - 1]
        assert begins <= match.start() < places[cut.first[row] - 1][1]
        assert places[cut.last[row] - 1][0] < match.end() <= ends


def test_texts_that_were_cut_apart_are_the_texts_that_were_cut_together(tokenizer: Tokenizer) -> None:
    texts = ["Ask Harriet.", "Bart", "a car is not a cart"]

    together = wordpieces.cut(texts, tokenizer)
    apart = wordpieces.join([wordpieces.cut(texts[:2], tokenizer), wordpieces.cut(texts[2:], tokenizer)])

    for part in ("ids", "starts", "first", "last", "token_starts"):
        assert (getattr(together, part) == getattr(apart, part)).all(), part


def test_a_filled_post_says_exactly_where_its_names_are() -> None:
    for seed in range(200):
        document = holes.filled(POST, random.Random(seed), lambda rng: "Thandeka")  # noqa: S311 - no secret

        assert holes.HOLE not in document.text
        assert [mark.label for mark in document.marks] == [PERSON, PERSON]
        found = [document.text[mark.start : mark.end].lower() for mark in document.marks]
        assert found == ["thandeka", "thandeka"]


def test_posts_are_gathered_once_and_only_with_a_hole(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text(f'{POST}\t3\tx1\n"No name here"\t1\tx2\n', encoding="utf-8")
    (tmp_path / "test.tsv").write_text(f"{POST}\t5\tx3\n", encoding="utf-8")

    assert list(holes.posts(tmp_path)) == [POST]


def odds_of(count: int) -> np.ndarray:
    """Give odds of tokens that can be told apart."""
    odds = np.zeros((count, len(LABELS)), np.uint8)
    odds[:, 0] = np.arange(count)
    return odds


def test_what_a_teacher_says_stays_with_the_token_it_speaks_of(tmp_path: Path) -> None:
    soft.write(tmp_path, "chat", ["Hi Grace!", "one\u2028two", "three"], odds_of(6))

    documents = list(soft.read(tmp_path))

    assert [document.text for document in documents] == ["Hi Grace!", "one\u2028two", "three"]
    assert [document.odds[:, 0].tolist() for document in documents] == [[0, 1, 2], [3, 4], [5]]


def test_odds_for_other_texts_are_refused(tmp_path: Path) -> None:
    soft.write(tmp_path, "chat", ["Hi Grace!"], odds_of(2))

    with pytest.raises(ValueError, match=r"Label it again\."):
        list(soft.read(tmp_path))


def test_a_label_that_is_not_sure_leaves_the_rest_to_none() -> None:
    marks = (Mark(4, 9, PERSON, 0.6),)

    share = arrays.cut([Document("Ask Grace.", marks), Document("Ask", (), 0.5, odds_of(1))])

    begin = LABELS.index(f"B-{PERSON}")
    assert share.odds[:4, 0].tolist() == [255, 102, 255, 0]
    assert share.odds[:4, begin].tolist() == [0, 153, 0, 0]
    assert share.weight.tolist() == [1, 1, 1, 0.5]


@pytest.fixture(scope="module")
def shipped() -> Weights:
    """The weights that are shipped."""
    return Weights.load()


def senses(weights: Weights, *words: str) -> np.ndarray:
    """Give what the language model made of words, as directions."""
    found = weights.vectors([tokens.describe(word) for word in words])[:, -weights.sense.values.shape[1] :]
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


@pytest.mark.parametrize(
    ("name", "other", "thing"),
    [
        ("Lewandowski", "Szczepański", "Kubernetes"),
        ("Priyanka", "Ngozi", "Wednesday"),
        ("Okonkwo", "Takahashi", "granite"),
    ],
)
def test_the_language_model_makes_of_a_name_what_it_makes_of_names(
    shipped: Weights, name: str, other: str, thing: str
) -> None:
    first, second, third = senses(shipped, name, other, thing)

    assert first @ second > 0.5 > first @ third


def test_words_that_the_language_model_was_not_asked_about_share_one_sense(shipped: Weights) -> None:
    unknown, other, known = senses(shipped, "Qvxzzkrq", "Wrrghtzop", "Grace")

    assert (unknown == other).all()
    assert not np.allclose(unknown, known)
