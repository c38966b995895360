"""Cut a stream that goes on past what money was held for: count its tokens as they come, never too many."""

from __future__ import annotations

from apps.gateway.upstream import Fault, FaultKind, Piece

CHARACTERS_OF_A_LONG_TOKEN = 12
"""Prose and code come at 3 to 6 characters a token; whole answers of longer tokens are blanks or rules."""


class Meter:
    """
    Tokens of one answer, counted from below: a provider sends at least one token with each piece of text.

    A provider that keeps to `max_output_tokens` is never cut. Some split a token over two pieces now and then, so a
    twentieth and eight more are let through before a count by pieces or characters cuts; a count that the provider
    itself states cuts at once.
    """

    def __init__(self, max_output_tokens: int) -> None:
        self._most = max_output_tokens
        self._most_by_pieces = max_output_tokens + max_output_tokens // 20 + 8
        self._pieces = 0
        self._characters = 0
        self.tokens = 0

    def take(self, piece: Piece) -> None:
        """
        Count a piece before it is passed on.

        :raises Fault: if the answer is longer than what was held for it.
        """
        characters = len(piece.text) + sum(len(part.name) + len(part.arguments) for part in piece.calls)
        if characters:
            self._pieces += piece.parts
            self._characters += characters
            self.tokens = max(self.tokens, self._pieces, self._characters // CHARACTERS_OF_A_LONG_TOKEN)
            if self.tokens > self._most_by_pieces:
                raise Fault(FaultKind.CUT_AT_LIMIT)
        if piece.usage and not piece.finish_reason and characters and piece.usage.output_tokens > self._most:
            self.tokens = max(self.tokens, piece.usage.output_tokens)
            raise Fault(FaultKind.CUT_AT_LIMIT)
