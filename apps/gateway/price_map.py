"""The price list that LiteLLM ships, read as data: nothing is imported and nothing is fetched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import distribution
from pathlib import Path
from typing import Any, cast

FILE = "litellm/model_prices_and_context_window_backup.json"
MILLION = 1_000_000


class PriceListUnreadable(Exception):
    """The file is not the list of prices that it should be; nothing of it is used."""

    sentence = (
        "The list of prices that came with LiteLLM cannot be read, so no provider is offered. Install the portal's "
        "requirements again, or enter models and prices by hand."
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """One model of the list: prices per million tokens in US dollars, None where the list has none."""

    model_id: str
    context_window: int
    max_output_tokens: int
    input_price: Decimal | None
    output_price: Decimal | None
    deprecated_on: date | None


@lru_cache(maxsize=1)
def _rows() -> dict[str, dict[str, Any]]:
    """
    Read the whole list (3 MB) once; numbers stay exact.

    :raises PriceListUnreadable: if it is not a list of models.
    """
    return checked(Path(str(distribution("litellm").locate_file(FILE))).read_bytes())


def checked(text: bytes) -> dict[str, dict[str, Any]]:
    """
    Read a list of prices: an object of objects, of which at least one is a chat model with a price.

    :raises PriceListUnreadable: if it is anything else. Single rows that make no sense are left out by `find`.
    """
    try:
        rows = json.loads(text, parse_float=Decimal)
    except ValueError:
        raise PriceListUnreadable from None
    is_list = isinstance(rows, dict) and all(isinstance(row, dict) for row in rows.values())
    if not is_list or not any(row.get("mode") == "chat" and "input_cost_per_token" in row for row in rows.values()):
        raise PriceListUnreadable
    return cast("dict[str, dict[str, Any]]", rows)


def find(model_id: str) -> Listed | None:
    """Look a model up by LiteLLM's name for it; None if the list lacks it or its window."""
    row = _rows().get(model_id)
    if row is None or row.get("mode") != "chat":
        return None
    window, output = _whole(row.get("max_input_tokens")), _whole(row.get("max_output_tokens"))
    if not window or not output:
        return None
    window = min([window, *_dearer_above(row)])
    return Listed(
        model_id=model_id,
        context_window=window,
        max_output_tokens=min(output, window),
        input_price=_per_million(row.get("input_cost_per_token")),
        output_price=_per_million(row.get("output_cost_per_token")),
        deprecated_on=_day(row.get("deprecation_date")),
    )


def _dearer_above(row: dict[str, Any]) -> list[int]:
    """
    List the prompt lengths above which the model costs more (``input_cost_per_token_above_200k_tokens``).

    The window is cut there, so that the one price we keep is true for every call.
    """
    ends = [name.removesuffix("_tokens").rpartition("_above_")[2] for name in row if "_cost_per_token_above_" in name]
    return [int(end.removesuffix("k")) * 1000 for end in ends if end.removesuffix("k").isdigit() and end.endswith("k")]


def _per_million(price: Any) -> Decimal | None:
    """Take a price only if it is a number, not negative, and exact in six decimals."""
    if not isinstance(price, Decimal | int) or isinstance(price, bool) or price < 0:
        return None
    per_million = Decimal(price) * MILLION
    return per_million if per_million == round(per_million, 6) else None


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
