"""
Count tokens without a tokenizer: one bound that is never too low, one estimate that is seldom low.

Every provider splits text its own way, and most of their tokenizers would have to be fetched from other hosts. Money is
reserved by the bound; the window is checked, and missing usage is filled in, by the estimate.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.privacy.scrub import Scrubbed

TOKENS_AROUND_A_MESSAGE = 8
"""Role markers and separators of the chat templates in use take 4 to 7."""
TOKENS_AROUND_A_PROMPT = 40
"""What templates add by themselves: the start of the answer, and a system message of their own (SmolLM2's takes 23)."""

_WORDS = re.compile(r"[A-Za-z]+")
_DIGITS_AND_SIGNS = re.compile(r"[0-9]|[^\w\s]|_|\n+")
_ELSE = re.compile(r"[^\x00-\x7f]+")


def at_most(text: str) -> int:
    """
    Bound the tokens of `text` from above: one for each byte of UTF-8.

    Tokenizers in use work on bytes or fall back to bytes, and no token is shorter than one byte.
    """
    return len(text.encode("utf-8", "surrogatepass"))


def about(text: str) -> int:
    """
    Estimate the tokens of `text`, rather too many than too few (1.1 to 1.4 times the count for prose).

    Digits and signs count one each, since some tokenizers never join them; a word one for every five letters begun, in
    capitals one for every three; other scripts one for every two bytes. Random letters and base64 make up to three
    times as many tokens as this says. Costs some 25 ms for 200,000 characters.
    """
    letters = sum(
        (len(word) + 4) // 5 if word[-1:].islower() else (len(word) + 2) // 3 for word in _WORDS.findall(text)
    )
    signs = len(_DIGITS_AND_SIGNS.findall(text))
    other = sum(len(run.encode("utf-8", "surrogatepass")) for run in _ELSE.findall(text))
    return math.ceil((letters + signs + other / 2) * 1.1)


def prompt_at_most(prompt: Scrubbed) -> int:
    """Bound the input tokens of a whole prompt from above."""
    return sum(at_most(text) + TOKENS_AROUND_A_MESSAGE for text in prompt.texts) + TOKENS_AROUND_A_PROMPT


def prompt_about(prompt: Scrubbed) -> int:
    """Estimate the input tokens of a whole prompt."""
    return texts_about(prompt.texts)


def texts_about(texts: Iterable[str]) -> int:
    """Estimate the input tokens of a prompt of these texts."""
    return sum(about(text) + TOKENS_AROUND_A_MESSAGE for text in texts) + TOKENS_AROUND_A_PROMPT
