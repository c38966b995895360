"""People under names that say nothing: stable, nobody's twice, and worth nothing without the key."""

from __future__ import annotations

import base64
import secrets
from itertools import combinations
from uuid import UUID

import pytest

from apps.audit import pseudonyms
from apps.audit.models import Pseudonym
from apps.audit.pseudonyms import NotAPseudonym, person_behind, pseudonym
from apps.ledger.ids import new_id

pytestmark = pytest.mark.django_db


def test_a_person_keeps_one_pseudonym_and_it_leads_back_to_them():
    maya = new_id()

    words = pseudonym(maya)

    assert pseudonym(maya) == words
    assert person_behind(words) == maya
    assert Pseudonym.objects.count() == 1


def test_two_people_never_share_one_even_when_nearly_all_are_taken(monkeypatch):
    monkeypatch.setattr(pseudonyms, "SPACE", 40)
    people = [new_id() for _ in range(36)]

    names = pseudonyms.pseudonyms(people)

    assert len(set(names.values())) == 36
    assert {person_behind(words) for words in names.values()} == set(people)


def test_when_all_are_taken_nobody_gets_another_s(monkeypatch):
    monkeypatch.setattr(pseudonyms, "SPACE", 1)
    pseudonym(new_id())

    with pytest.raises(pseudonyms.PseudonymsExhausted):
        pseudonym(new_id())


def test_there_is_room_for_fifty_thousand_people_many_times_over():
    assert pseudonyms.SPACE >= 5 * 50_000


def test_the_rows_alone_tell_nobody(settings, tmp_path):
    maya = new_id()
    pseudonym(maya)
    row = Pseudonym.objects.get()
    kept = bytes(row.handle) + bytes(row.sealed_person)
    other_key = tmp_path / "other.key"
    other_key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
    settings.MASTER_KEY_FILE = str(other_key)

    assert maya.bytes not in kept
    with pytest.raises(NotAPseudonym):
        person_behind(pseudonyms._words(row.number))


def test_swapped_rows_name_nobody(caplog):
    maya, tom = new_id(), new_id()
    pseudonyms.pseudonyms([maya, tom])
    first, second = Pseudonym.objects.order_by("pk")
    numbers = first.number, second.number
    Pseudonym.objects.filter(pk=first.pk).update(number=400_000)
    Pseudonym.objects.filter(pk=second.pk).update(number=numbers[0])
    Pseudonym.objects.filter(pk=first.pk).update(number=numbers[1])

    assert [pseudonym(maya), pseudonym(tom)] == [pseudonyms.NAMELESS] * 2
    assert "cannot be read" in caplog.text


@pytest.mark.parametrize("words", ["", "Heron", "Heron 4711", "4-71", "Hero 4-71", "Heron 4-7 1", "💥 1-11"])
def test_what_is_no_pseudonym_is_refused(words):
    with pytest.raises(NotAPseudonym):
        person_behind(words)


def test_a_pseudonym_that_nobody_has_is_refused():
    with pytest.raises(NotAPseudonym):
        person_behind("Heron 4-71")


def test_every_number_has_its_words_and_back():
    for number in (0, 1, 471, 999, 1_000, pseudonyms.SPACE - 1):
        assert pseudonyms._number(pseudonyms._words(number)) == number


@pytest.mark.thorough
def test_no_word_can_be_taken_for_another():
    close = [pair for pair in combinations([word.lower() for word in pseudonyms.WORDS], 2) if _distance(*pair) < 3]

    assert close == []


def test_the_words_are_those_that_were_given_out():
    assert (pseudonyms.WORDS[0], pseudonyms.WORDS[140], len(pseudonyms.WORDS)) == ("Acorn", WORD_140, 303)
    assert isinstance(person_behind(pseudonym(UUID(int=1))), UUID)


WORD_140 = "Jigsaw"


def _distance(one: str, other: str) -> int:
    """How many letters must be put in, taken out or changed (Levenshtein), 3 standing for more."""
    if abs(len(one) - len(other)) > 2:
        return 3
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, match in enumerate(other, 1):
            line.append(min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != match)))
        above = line
    return above[-1]
