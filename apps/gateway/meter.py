"""Cut a stream that goes on past what money was held for: count its tokens as they come, never too many."""

from __future__ import annotations

import re
from typing import Final

from apps.gateway.upstream import Fault, FaultKind, Piece

CHARACTERS_OF_A_LONG_TOKEN: Final = 12
"""Prose and code come at 3 to 6 characters a token; whole answers of longer tokens are blanks or rules."""
CHARACTERS_OF_A_TOKEN_IN_ASIA: Final = 2
"""Whole answers in Chinese, Japanese or Korean come at 1.3 to 1.8 characters a token; single tokens may have four."""
CHARACTERS_THAT_MAY_BE_ONE: Final = 6
"""A piece with more characters than so many for each of its parts may hold several tokens, so its words are counted."""
WORD: Final = re.compile(r"[\w'\u2019]+")
IN_ASIA: Final = re.compile(r"[\u2e80-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]")


class Meter:
    """
    Tokens of one answer, counted from below: by the pieces in which they come, by words, and by characters.

    A provider sends at least one token with each piece of text, and no tokenizer in use makes one token of two words.
    One that keeps to `max_output_tokens` is never cut: since some split a token over two pieces now and then, a
    twentieth and eight more are let through before a count by pieces or characters cuts. A count by words, and one that
    the provider itself states, cuts at once. So nobody is passed more than was held for, but for what the count cannot
    see (a fifth of English prose, a third of code or Chinese that come in large pieces) and the last piece.
    """

    def __init__(self, max_output_tokens: int) -> None:
        self._most = max_output_tokens
        self._most_by_pieces = max_output_tokens + max_output_tokens // 20 + 8
        self._pieces = 0
        self._characters = 0
        self._words = 0
        self._in_asia = 0
        self._is_in_a_word = False
        self.tokens = 0

    def take(self, piece: Piece) -> None:
        """
        Count a piece before it is passed on.

        :raises Fault: if the answer is longer than what was held for it.
        """
        texts = [piece.text, *(part.name + part.arguments for part in piece.calls)]
        characters = sum(map(len, texts))
        if characters:
            self._pieces += piece.parts
            self._characters += characters
            self._count_words(piece, texts)
            by_words = self._words
            by_characters = self._in_asia // CHARACTERS_OF_A_TOKEN_IN_ASIA
            by_pieces = max(self._pieces, self._characters // CHARACTERS_OF_A_LONG_TOKEN, by_characters)
            self.tokens = max(self.tokens, by_words, by_pieces)
            if by_words > self._most or by_pieces > self._most_by_pieces:
                raise Fault(FaultKind.CUT_AT_LIMIT)
        if piece.usage and not piece.finish_reason and characters and piece.usage.output_tokens > self._most:
            self.tokens = max(self.tokens, piece.usage.output_tokens)
            raise Fault(FaultKind.CUT_AT_LIMIT)

    def _count_words(self, piece: Piece, texts: list[str]) -> None:
        """Count the words of large pieces from below; one that goes on over two pieces counts once."""
        for text in filter(None, texts):
            if len(text) > CHARACTERS_THAT_MAY_BE_ONE * piece.parts:
                goes_on = self._is_in_a_word and WORD.match(text) is not None
                self._words += len(WORD.findall(text)) - goes_on
                self._in_asia += len(IN_ASIA.findall(text))
            self._is_in_a_word = WORD.match(text[-1]) is not None
