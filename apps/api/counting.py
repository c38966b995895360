"""
How many tokens a request would take, for programs that ask before they send: nothing leaves, is kept or is paid for.

It is the estimate that admission holds against the model's window, made of the words as they came. Placeholders are
about as long as what they stand for.
"""

from __future__ import annotations

import math
import time
from typing import Final

from apps.api.causes import as_api_error
from apps.api.neutral import ApiError, ErrorKind, JsonObject
from apps.chat.exchange_rows import Asking, Standing
from apps.chat.pace import Pace
from apps.gateway import tokens
from apps.gateway.admission import Refused
from apps.privacy.positions import Draft

AT_ONCE: Final = 30
A_SECOND: Final = 4
COUNTS: Final = Pace(at_once=AT_ONCE, a_second=A_SECOND)
"""Of each key in this process. Counting is free and takes the processor, so nothing else would bound it."""

CHARACTERS_OF_A_COUNT: Final = 100_000
"""Every so many, a request counts as one more: the longest takes most of a second of the processor."""


def counted(asking: Asking, prepared: Standing | Refused) -> JsonObject:
    """
    Estimate the input tokens of what a caller asks, of a model that they may call.

    :raises ApiError: if they may not call it, or ask too often.
    """
    if isinstance(prepared, Refused):
        raise as_api_error(prepared)
    texts = [*(_everything(draft) for draft in asking.drafts), *asking.surroundings.texts]
    price = 1 + sum(map(len, texts)) // CHARACTERS_OF_A_COUNT
    if asking.key_id is not None and not COUNTS.allows(asking.key_id, seconds=time.monotonic(), price=price):
        seconds = math.ceil(min(price, AT_ONCE) / A_SECOND)
        raise ApiError(
            ErrorKind.RATE_LIMITED,
            f"This key asks for counts of tokens too often. Try again in {seconds} s.",
            code="rate_limit_exceeded",
            retry_after=seconds,
        )
    return {"input_tokens": tokens.texts_about(texts)}


def _everything(draft: Draft) -> str:
    """Lay out a message with its calls as it would leave."""
    calls = (f"{call.name}({call.arguments})" for call in draft.calls)
    return "\n".join([*filter(None, [draft.text]), *calls])
