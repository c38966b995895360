"""Cut texts into the pieces of words that a language model reads, and say which of them are which of our tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.privacy.tagger.tokens import cut as tokens_of


@dataclass(frozen=True, slots=True)
class Pieces:
    """
    Texts as a teacher reads them: `ids` of all pieces in a row, `starts` says where texts begin.

    For each of our tokens, `first` and `last` say which pieces of its text it begins and ends with, counted from 1 (at
    0 is the mark of the beginning); `token_starts` says where the tokens of each text begin.
    """

    ids: Any
    starts: Any
    first: Any
    last: Any
    token_starts: Any


def cut(texts: Sequence[str], tokenizer: Any) -> Pieces:
    """Cut texts into pieces. Each text holds a token."""
    ids, first, last, starts, token_starts = [], [], [], [0], [0]
    for text, encoding in zip(texts, tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True):
        own = np.array(tokens_of(text)[1], np.int64).reshape(-1, 2)
        offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
        ids.append(np.array(encoding.ids, np.uint16))
        end = max(0, len(offsets) - 1)
        first.append(1 + np.minimum(np.searchsorted(offsets[:, 1], own[:, 0], side="right"), end))
        last.append(1 + np.clip(np.searchsorted(offsets[:, 0], own[:, 1], side="left") - 1, 0, end))
        starts.append(starts[-1] + len(encoding.ids))
        token_starts.append(token_starts[-1] + len(own))
    return Pieces(
        np.concatenate(ids),
        np.array(starts),
        np.concatenate(first).astype(np.uint16),
        np.concatenate(last).astype(np.uint16),
        np.array(token_starts),
    )


def join(shares: Sequence[Pieces]) -> Pieces:
    """Put texts that were cut apart behind each other."""
    return Pieces(
        np.concatenate([share.ids for share in shares]),
        _joined([share.starts for share in shares]),
        np.concatenate([share.first for share in shares]),
        np.concatenate([share.last for share in shares]),
        _joined([share.token_starts for share in shares]),
    )


def _joined(starts: Sequence[Any]) -> Any:
    before = np.cumsum([0, *(own[-1] for own in starts)])
    return np.concatenate([[0], *(own[1:] + first for own, first in zip(starts, before, strict=False))])
