"""Names in a piece of text: the network's odds, and how sure it must be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apps.privacy.tagger.labels import ADDRESS, PERSON
from apps.privacy.tagger.network import Network
from apps.privacy.tagger.spans import Span, spans_of

SURELY: Final = {PERSON: 0.4, ADDRESS: 0.5}
HARDLY: Final = {PERSON: 0.2, ADDRESS: 0.25}


def find(text: str, network: Network) -> Iterator[Span]:
    """Give the persons and addresses in a piece of text."""
    tagged = network.read(text)
    for kind in (PERSON, ADDRESS):
        yield from spans_of(kind, text, tagged, surely=SURELY[kind], hardly=HARDLY[kind])
