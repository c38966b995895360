"""
Compare the ledger's trees with those of an independent library, pymerkle: roots, and proofs of both kinds.

    pip install --target FOLDER pymerkle        # GPL: a tool beside the product, no part of it
    python -m bench.merkle_agreement FOLDER --trees 10000
"""

from __future__ import annotations

import argparse
import random
import sys
from typing import Any

from apps.ledger import merkle
from offline import portcullis_verify as offline


def main() -> None:
    """Compare, and end with 1 at the first disagreement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="the folder that pymerkle was installed into")
    parser.add_argument("--trees", type=int, default=10_000)
    parser.add_argument("--largest", type=int, default=300, help="leaves of the largest tree")
    parser.add_argument("--seed", type=int, default=6962)
    options = parser.parse_args()
    sys.path.insert(0, options.library)
    from pymerkle import InmemoryTree

    chance = random.Random(options.seed)  # noqa: S311
    for number in range(options.trees):
        compare_one(InmemoryTree(algorithm="sha256"), chance, largest=options.largest)
        if (number + 1) % 1_000 == 0:
            print(f"{number + 1:,} trees agree")


def compare_one(theirs: Any, chance: random.Random, *, largest: int) -> None:
    """Build one tree both ways; compare root, an earlier root, a proof of inclusion and one of consistency."""
    from pymerkle import verify_consistency, verify_inclusion

    records = [chance.randbytes(chance.randrange(40)) for _ in range(chance.randrange(1, largest + 1))]
    for record in records:
        theirs.append_entry(record)
    size, hashes = len(records), [merkle.leaf_hash(record) for record in records]
    index, old = chance.randrange(size), chance.randrange(1, size + 1)
    root, before = merkle.root_of(hashes), merkle.root_of(hashes[:old])
    inclusion = [merkle.root_of(hashes[slice(*span)]) for span in merkle.inclusion_ranges(index, size)]
    consistency = [merkle.root_of(hashes[slice(*span)]) for span in merkle.consistency_ranges(old, size)]

    assert root == theirs.get_root(size), "roots differ"
    assert before == theirs.get_root(old), "earlier roots differ"
    proof = theirs.prove_inclusion(index + 1, size)
    assert sorted([hashes[index], *inclusion]) == sorted(proof.path), "proofs of inclusion differ"
    verify_inclusion(hashes[index], root, proof)
    assert offline.includes(hashes[index], index, size, inclusion, root)
    assert offline.continues(old, size, before, root, consistency)
    verify_consistency(before, root, theirs.prove_consistency(old, size))  # its own judgement of our two roots


if __name__ == "__main__":
    main()
