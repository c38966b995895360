"""The vault and its keys: stable, sealed, never shared, and gone when destroyed."""

from __future__ import annotations

import base64
import copy
import stat
import uuid
from pathlib import Path

import pytest
from django.db import connection

from apps.privacy import destruction, keys
from apps.privacy.findings import Finding, MalformedFinding
from apps.privacy.models import DataKey, VaultEntry
from apps.privacy.vault import Vault, VaultMoved

pytestmark = pytest.mark.django_db
PLANTED = "Zebulon Quartermain"


def test_one_value_keeps_its_placeholder_for_the_whole_conversation(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    first = vault.mask("Ask Ada.", [place("Ask Ada.", "Ada")])
    vault.save()

    again = Vault.open(vault.conversation_id)
    text = "Bob and Ada"
    second = again.mask(text, [place(text, "Bob"), place(text, "Ada")])

    assert (first, second) == ("Ask <PERSON_1>.", "<PERSON_2> and <PERSON_1>")
    assert again.placeholders == {"<PERSON_1>": "Ada", "<PERSON_2>": "Bob"}


def test_the_first_type_of_a_value_stays(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    vault.mask("Jordan", [place("Jordan", "Jordan")])

    assert vault.mask("Jordan", [place("Jordan", "Jordan", "LOCATION")]) == "<PERSON_1>"


def test_values_are_sealed_at_rest(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    vault.mask(PLANTED, [place(PLANTED, PLANTED)])
    vault.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT v::text FROM privacy_vaultentry v UNION ALL SELECT k::text FROM privacy_datakey k")
        dump = "\n".join(row[0] for row in cursor.fetchall())

    assert "PERSON_1" in dump
    for form in (PLANTED, PLANTED.encode().hex(), base64.b64encode(PLANTED.encode()).decode(), "Quartermain"):
        assert form not in dump


def test_two_conversations_share_nothing(place) -> None:  # type: ignore[no-untyped-def]
    first, second = Vault.open(uuid.uuid4()), Vault.open(uuid.uuid4())
    first.mask("Ada", [place("Ada", "Ada")])
    first.save()
    second.mask("Bob Ada", [place("Bob Ada", "Bob"), place("Bob Ada", "Ada")])
    second.save()

    digests = [bytes(row.digest) for row in VaultEntry.objects.filter(placeholder__in=["<PERSON_1>", "<PERSON_2>"])]

    assert Vault.open(first.conversation_id).placeholders == {"<PERSON_1>": "Ada"}
    assert Vault.open(second.conversation_id).placeholders == {"<PERSON_1>": "Bob", "<PERSON_2>": "Ada"}
    assert len(set(digests)) == 3


def test_an_entry_moved_to_another_conversation_does_not_open(place) -> None:  # type: ignore[no-untyped-def]
    first, second = Vault.open(uuid.uuid4()), Vault.open(uuid.uuid4())
    first.mask("Ada", [place("Ada", "Ada")])
    first.save()
    VaultEntry.objects.update(conversation_id=second.conversation_id)

    with pytest.raises(keys.SealBroken):
        Vault.open(second.conversation_id)


def test_two_entries_that_swap_values_do_not_open(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    vault.mask("Ada Bob", [place("Ada Bob", "Ada"), place("Ada Bob", "Bob")])
    vault.save()
    one, two = VaultEntry.objects.order_by("placeholder")
    VaultEntry.objects.filter(pk=one.pk).update(sealed_value=two.sealed_value)

    with pytest.raises(keys.SealBroken):
        Vault.open(vault.conversation_id)


def test_two_messages_at_once_never_give_one_placeholder_two_values(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    other = Vault.open(vault.conversation_id)
    vault.mask("Ada", [place("Ada", "Ada")])
    other.mask("Bob", [place("Bob", "Bob")])
    vault.save()

    with pytest.raises(VaultMoved):
        other.save()

    assert other.mask("Bob", [place("Bob", "Bob")]) == "<PERSON_2>"
    other.save()
    assert Vault.open(vault.conversation_id).placeholders == {"<PERSON_1>": "Ada", "<PERSON_2>": "Bob"}


def test_two_messages_at_once_that_agree_are_both_saved(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    other = Vault.open(vault.conversation_id)
    vault.mask("Ada", [place("Ada", "Ada")])
    other.mask("Ada Bob", [place("Ada Bob", "Ada"), place("Ada Bob", "Bob")])
    vault.save()

    other.save()

    assert Vault.open(vault.conversation_id).placeholders == {"<PERSON_1>": "Ada", "<PERSON_2>": "Bob"}


@pytest.mark.parametrize("value", ["\ud800", "a\x00b", "\u202eevil", "é" * 3, "x" * 50_000])
def test_any_value_comes_back_exactly(vault: Vault, value: str) -> None:
    vault.mask(value, [Finding("PERSON", 0, len(value), 1.0, "")])
    vault.save()

    assert Vault.open(vault.conversation_id).placeholders == {"<PERSON_1>": value}


@pytest.mark.parametrize(
    "spans", [[(0, 0)], [(0, 99)], [(-1, 2)], [(2, 1)], [(0, 3), (2, 4)], [(3, 4), (0, 2)]], ids=str
)
def test_findings_that_do_not_fit_the_text_are_refused(vault: Vault, spans: list[tuple[int, int]]) -> None:
    with pytest.raises(MalformedFinding):
        vault.mask("Hello", [Finding("PERSON", start, end, 1.0, "") for start, end in spans])


@pytest.mark.thorough
def test_masking_many_values_is_linear(vault: Vault) -> None:
    text = " ".join(f"name{number}" for number in range(20_000))
    findings, start = [], 0
    for word in text.split(" "):
        findings.append(Finding("PERSON", start, start + len(word), 1.0, ""))
        start += len(word) + 1

    assert vault.mask(text, findings).count("<PERSON_") == 20_000


def test_sealed_bytes_open_only_for_their_conversation_and_purpose() -> None:
    conversation, other = uuid.uuid4(), uuid.uuid4()
    sealed = keys.seal(conversation, b"hello", purpose="answer")

    assert keys.unseal(conversation, sealed, purpose="answer") == b"hello"
    with pytest.raises(keys.SealBroken):
        keys.unseal(conversation, sealed, purpose="question")
    with pytest.raises(keys.SealBroken):
        keys.unseal(other, sealed, purpose="answer")
    with pytest.raises(keys.SealBroken):
        keys.unseal(conversation, sealed[:-1] + bytes([sealed[-1] ^ 1]), purpose="answer")
    with pytest.raises(keys.SealBroken):
        keys.unseal(conversation, b"", purpose="answer")


def test_a_destroyed_key_stays_destroyed(vault: Vault, place) -> None:  # type: ignore[no-untyped-def]
    sealed = keys.seal(vault.conversation_id, b"hello", purpose="answer")
    vault.mask("Ada", [place("Ada", "Ada")])
    vault.save()

    destruction.destroy_one(vault.conversation_id)
    destruction.destroy_one(vault.conversation_id)

    with pytest.raises(keys.KeyDestroyed):
        keys.unseal(vault.conversation_id, sealed, purpose="answer")
    with pytest.raises(keys.KeyDestroyed):
        Vault.open(vault.conversation_id)
    assert bytes(DataKey.objects.get(pk=vault.conversation_id).wrapped_key) == b""
    assert not VaultEntry.objects.filter(conversation_id=vault.conversation_id).exists()


def test_a_conversation_erased_before_its_first_message_gets_no_key() -> None:
    conversation = uuid.uuid4()

    destruction.destroy_one(conversation)

    with pytest.raises(keys.KeyDestroyed):
        keys.seal(conversation, b"", purpose="answer")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "no master key"), (b"not base64!", "not base64"), (base64.b64encode(b"short"), "32 bytes")],
)
def test_a_missing_or_wrong_master_key_says_what_is_wrong(tmp_path: Path, settings, content, sentence) -> None:  # type: ignore[no-untyped-def]
    settings.MASTER_KEY_FILE = str(tmp_path / "master.key")
    if content is not None:
        (tmp_path / "master.key").write_bytes(content)

    with pytest.raises(keys.KeyUnavailable, match=sentence):
        keys.seal(uuid.uuid4(), b"", purpose="answer")


def test_another_master_key_opens_nothing(tmp_path: Path, settings) -> None:  # type: ignore[no-untyped-def]
    conversation = uuid.uuid4()
    sealed = keys.seal(conversation, b"hello", purpose="answer")
    settings.MASTER_KEY_FILE = str(keys.create_master_key_file(tmp_path / "other" / "master.key"))

    with pytest.raises(keys.KeyUnavailable, match="right file"):
        keys.unseal(conversation, sealed, purpose="answer")


def test_the_master_key_file_is_private_and_never_replaced(tmp_path: Path) -> None:
    path = keys.create_master_key_file(tmp_path / "keys" / "master.key")
    content = path.read_bytes()

    assert keys.create_master_key_file(path).read_bytes() == content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_keys_do_not_show_in_a_repr() -> None:
    key = keys.open_key(uuid.uuid4())

    assert key.secret.hex() not in repr(key) + repr(copy.copy(key).box("answer"))
    assert repr(key.secret) not in repr(key)
