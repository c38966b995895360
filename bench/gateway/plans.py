"""What the load is told, and what it heard."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Plan:
    """Who is asked how: `kind` is openai or browser; one connection for each exchange."""

    kind: str
    host: str
    port: int
    path: str
    model: str
    headers: dict[str, str]
    users: int
    each: int
    tokens: int
    question: str
    team: str = ""
    csrf: str = ""
    paste_characters: int = 0


@dataclass
class Heard:
    """What came back, in milliseconds."""

    first_words: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Clock:
    """Takes the time of each arrival of words in one exchange."""

    def __init__(self) -> None:
        self.began = self.last = time.perf_counter()
        self.words = 0
        self.first = 0.0
        self.gaps: list[float] = []

    def saw(self, words: int) -> None:
        """Note that `words` more words have come."""
        now = time.perf_counter()
        if self.words:
            self.gaps.append((now - self.last) * 1000)
        else:
            self.first = (now - self.began) * 1000
        self.last = now
        self.words += words

    def elapsed(self) -> float:
        """Milliseconds since the exchange began."""
        return (time.perf_counter() - self.began) * 1000
