"""OpenAI's Embeddings format, read and written."""

from __future__ import annotations

import base64
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from sys import byteorder
from typing import Any, Final

from django.conf import settings

from apps.api.fields import Fields, wrong
from apps.api.neutral import ApiError, ErrorKind, JsonObject

MOST_TEXTS: Final = 512
MOST_DIMENSIONS: Final = 65_536


@dataclass(frozen=True, slots=True)
class Ask:
    """What a program asks: the vectors of some texts by one model; `is_base64` says in which form."""

    model: str
    texts: tuple[str, ...] = field(repr=False)
    dimensions: int | None = None
    is_base64: bool = False


def read(body: JsonObject) -> Ask:
    """
    Read a request.

    :raises ApiError: of kind BAD_REQUEST, naming the parameter.
    """
    fields = Fields(body)
    fields.ignore("user")
    dimensions = fields.whole("dimensions", least=1)
    if dimensions is not None and dimensions > MOST_DIMENSIONS:
        raise wrong(f"dimensions is at most {MOST_DIMENSIONS}.", parameter="dimensions")
    ask = Ask(
        model=fields.text("model", is_needed=True),
        texts=_texts(fields),
        dimensions=dimensions,
        is_base64=fields.choice("encoding_format", "float", "base64") == "base64",
    )
    fields.end()
    return ask


def written(vectors: Sequence[Sequence[float]], *, ask: Ask, model: str, input_tokens: int) -> dict[str, Any]:
    """Write the answer: numbers, or 32-bit numbers with the lowest byte first in base64."""
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if ask.is_base64 else list(vector)}
            for index, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": input_tokens, "total_tokens": input_tokens},
    }


def _texts(fields: Fields) -> tuple[str, ...]:
    value = fields.need("input")
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or len(texts) > MOST_TEXTS:
        raise wrong(f"input must be a text or a list of 1 to {MOST_TEXTS} texts.", parameter="input")
    if any(isinstance(text, int | list) for text in texts):
        raise wrong(
            "Numbers of tokens cannot be sent here: nothing looks for personal data in them. Send the texts; "
            "in LangChain set check_embedding_ctx_length=False.",
            parameter="input",
            code="unsupported_input",
        )
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise wrong("Each text of input needs at least one visible character.", parameter="input")
    if sum(map(len, texts)) > settings.MESSAGE_LIMIT_CHARACTERS:
        raise ApiError(
            ErrorKind.TOO_LARGE,
            f"The texts are longer than {settings.MESSAGE_LIMIT_CHARACTERS:,} characters together. Send them in "
            "several calls.",
            code="input_too_long",
            parameter="input",
        )
    return tuple(texts)


def _packed(vector: Sequence[float]) -> str:
    numbers = array("f", vector)
    if byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode("ascii")
