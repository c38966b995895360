"""What tokens cost, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

MILLION = 1_000_000
CENT = Decimal("0.01")
FINEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Price:
    """Prices per million tokens (at most six decimals, so every cost is exact in twelve)."""

    input: Decimal
    output: Decimal
    currency: str

    def of(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """Price one call."""
        return (self.input * input_tokens + self.output * output_tokens) / MILLION

    @property
    def in_words(self) -> str:
        """Say it exactly, for the record: ``2 in, 8 out, USD per million tokens``."""
        return f"{self.input.normalize():f} in, {self.output.normalize():f} out, {self.currency} per million tokens"


def in_figures(amount: Decimal, *, rounding: str = ROUND_HALF_EVEN) -> str:
    """Write an amount for people: two decimals, and up to six where it is less than a cent."""
    if amount == 0 or abs(amount) >= CENT:
        return f"{amount.quantize(CENT, rounding=rounding):,.2f}"
    return f"{amount.quantize(FINEST, rounding=rounding):.6f}".rstrip("0").rstrip(".")
