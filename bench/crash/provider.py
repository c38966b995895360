"""The fake provider as the referee: it notes which exchange asked, how many tokens it gave, and whether it finished."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bench.crash import marks
from tests.fake_provider import Exchange, FakeProvider

WORDS: Final = ("Copper ", "and ", "granite ", "are ", "on ", "the ", "shelf.")
SECONDS_BETWEEN: Final = 0.02


@dataclass
class Served:
    """One request as the provider saw it: `output_tokens` were given, and counted to the end only if it is whole."""

    mark: str
    input_tokens: int
    output_tokens: int = 0
    is_whole: bool = False


class Referee(FakeProvider):
    """Answers every request alike, and keeps the log that everything else is compared with."""

    def __init__(self) -> None:
        super().__init__()
        self.served: list[Served] = []
        self._noting = threading.Lock()
        self._always = self._answer

    def log(self) -> list[Served]:
        """Give what was served until now."""
        with self._noting:
            return list(self.served)

    async def _answer(self, exchange: Exchange) -> web.StreamResponse:
        asked = str(exchange.body["messages"][-1]["content"])
        one = Served(marks.found_in(asked), input_tokens=len(asked.split()))
        with self._noting:
            self.served.append(one)
        await exchange.open()
        for word in WORDS:
            one.output_tokens += 1
            await exchange.say([word], SECONDS_BETWEEN)
        one.is_whole = True
        return await exchange.close(finish="stop", usage=(one.input_tokens, one.output_tokens))
