"""Tree, canonical JSON and notes: the vectors of others, and two implementations that agree on everything."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.ledger import canonical, evidence, merkle, notes
from offline import portcullis_verify as offline

VECTORS = Path(__file__).parent / "vectors"


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def test_both_verifiers_accept_and_refuse_every_vector_as_stated():
    for line in (VECTORS / "merkle.jsonl").read_text().splitlines():
        case = json.loads(line)
        proof = [raw(each) for each in case["proof"] or []]
        if case["path"].startswith("inclusion"):
            leaf, index, size, root = raw(case["leafHash"]), case["leafIdx"], case["treeSize"], raw(case["root"])
            ours = merkle.includes(leaf=leaf, index=index, size=size, proof=proof, root=root)
            theirs = offline.includes(leaf, index, size, proof, root)
        else:
            old, new, before, after = case["size1"], case["size2"], raw(case["root1"]), raw(case["root2"])
            ours = merkle.continues(old=old, new=new, old_root=before, new_root=after, proof=proof)
            theirs = offline.continues(old, new, before, after, proof)

        assert ours == theirs == (not case["wantErr"]), case["path"]


def test_proofs_of_random_trees_hold_in_both_verifiers_and_no_changed_bit_passes():
    chance = random.Random(8785)  # noqa: S311
    for size in [*range(1, 33), *(chance.randrange(33, 700) for _ in range(30))]:
        hashes = [merkle.leaf_hash(chance.randbytes(5)) for _ in range(size)]
        edge = merkle.Frontier()
        for leaf in hashes:
            edge.append(leaf)
        root, index, old = merkle.root_of(hashes), chance.randrange(size), chance.randrange(1, size + 1)
        before = merkle.root_of(hashes[:old])

        def over(span: merkle.Range, hashes: list[bytes] = hashes) -> bytes:
            return merkle.root_of(hashes[slice(*span)])

        path = [over(span) for span in merkle.inclusion_ranges(index, size)]
        link = [over(span) for span in merkle.consistency_ranges(old, size)]

        assert edge.root() == root
        assert merkle.includes(leaf=hashes[index], index=index, size=size, proof=path, root=root)
        assert offline.includes(hashes[index], index, size, path, root)
        assert merkle.continues(old=old, new=size, old_root=before, new_root=root, proof=link)
        assert offline.continues(old, size, before, root, link)
        for place in range(len(path)):
            broken = [*path[:place], flipped(path[place]), *path[place + 1 :]]
            assert not merkle.includes(leaf=hashes[index], index=index, size=size, proof=broken, root=root)
            assert not offline.includes(hashes[index], index, size, broken, root)
        for place in range(len(link)):
            broken = [*link[:place], flipped(link[place]), *link[place + 1 :]]
            assert not merkle.continues(old=old, new=size, old_root=before, new_root=root, proof=broken)
            assert not offline.continues(old, size, before, root, broken)


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


def test_a_node_cannot_be_passed_off_as_a_leaf():
    left, right = merkle.leaf_hash(b"left"), merkle.leaf_hash(b"right")

    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_canonical_json_passes_the_vectors_of_rfc_8785():
    for name, case in json.loads((VECTORS / "jcs.json").read_text()).items():
        assert canonical.encode(canonical.decode(case["input"])).decode() == case["output"], name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=12,
)  # fmt: skip


@pytest.mark.thorough
@given(JSON)
def test_the_fast_way_and_the_plain_way_write_the_same(value: Any):
    assert canonical.of_text(json.dumps(value)) == canonical.encode(value).decode()


@pytest.mark.parametrize("text", ['{"a":1,"a":2}', "[NaN]", "[Infinity]", "{", '{"a":{"b":1,"b":1}}'])
def test_json_without_one_meaning_is_refused(text: str):
    with pytest.raises(canonical.NotCanonical):
        canonical.decode(text)


def test_a_lone_surrogate_has_no_canonical_form():
    with pytest.raises(canonical.NotCanonical):
        canonical.encode("\ud800")


EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n\N{EM DASH} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg"
    "1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_the_note_of_the_c2sp_specification_verifies_in_both_verifiers_and_no_other_text_does():
    key, theirs = notes.VerifierKey.parse(EXAMPLE_KEY), offline.Key.parse(EXAMPLE_KEY)

    assert notes.Note.parse(EXAMPLE).signers([key]) == [key]
    assert [each for each, _ in offline.signers_of(*offline.split_note(EXAMPLE), [theirs])] == [theirs]
    changed = EXAMPLE.replace("an example", "no example")
    with pytest.raises(notes.BadNote):
        notes.Note.parse(changed).signers([key])
    with pytest.raises(offline.Refused):
        offline.signers_of(*offline.split_note(changed), [theirs])


@pytest.mark.parametrize("size", ["", "-1", "01", "1.0", "\N{ARABIC-INDIC DIGIT ONE}", "1 "])
def test_a_checkpoint_says_its_size_in_one_way_only(size: str):
    text = f"example.com/log\n{size}\n{base64.b64encode(bytes(32)).decode()}\n"

    with pytest.raises(notes.BadNote):
        notes.Checkpoint.parse(text)
    with pytest.raises(offline.Refused):
        offline.read_checkpoint(text)


def test_a_root_is_said_in_four_words():
    assert evidence.words(bytes.fromhex("7f0000013f54dcc1") + bytes(24)) == "lusab babad gutih tugad"
