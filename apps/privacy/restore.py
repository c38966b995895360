"""
Put the words back into an answer that arrives in pieces.

Only a suffix that may still become a placeholder is held back, so the words flow as they come, and the result does
not depend on where the pieces end. What models do to placeholders is forgiven: another case, one bracket lost,
brackets escaped or of another kind, a possessive inside. A number that was never issued stays as it stands.
"""

# ruff: noqa: RUF001 - look-alike brackets are meant

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import regex

BRACKETS: Final = (
    ("<", r"\\?>"),
    ("&lt;", "&gt;"),
    ("%3[Cc]", "%3[Ee]"),
    (r"\\u003[Cc]", r"\\u003[Ee]"),
    ("＜", "＞"),
    ("〈", "〉"),
    ("《", "》"),
    ("‹", "›"),
    ("«", "»"),
)
NOT_IN_A_PATH: Final = r"(?<![\w\\/:.])"
POSSESSIVE: Final = "(?P<possessive>(?:['’]?[sS]|['’])?)"
LONGEST_FRAME: Final = 20
"""Most characters around a placeholder's core: brackets in their longest spelling, escapes, a possessive."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """
    How placeholders of some types may be written.

    `whole` matches one; `begun` are patterns whose partial match at the end of a text means "wait for more".
    """

    whole: regex.Pattern[str]
    begun: tuple[regex.Pattern[str], ...]
    may_begin: regex.Pattern[str]

    @classmethod
    def of(cls, types: Iterable[str], *, digits: int) -> Grammar:
        """
        Build the grammar for placeholders of `types` with numbers of up to `digits` digits.

        Without any bracket a placeholder counts only in capitals and as a word of its own: ``person_1`` is more
        likely a variable.
        """
        names = sorted(types, key=lambda name: (-len(name), name))
        loose = "(?i:" + "|".join(name.replace("_", r"(?:\\?_|[ -])") for name in names) + ")"
        exact = "(?:" + "|".join(name.replace("_", r"\\?_") for name in names) + ")"
        number = rf"(?P<number>[0-9]{{1,{digits}}})"
        core = rf"(?P<type>{loose})(?:\\?_|[ -]){number}"
        bare = rf"(?<![A-Za-z0-9_])(?P<type>{exact})\\?_{number}"
        paired = [rf"{opener} ?{core}{POSSESSIVE} ?{closer}" for opener, closer in BRACKETS]
        escaped = rf"{NOT_IN_A_PATH}\\<{core}{POSSESSIVE}\\?>"
        square = rf"\[{core}{POSSESSIVE}\]"
        unclosed = rf"<{core}(?![A-Za-z0-9_])"
        unopened = rf"(?<!=){bare}{POSSESSIVE}>"
        alone = rf"{bare}(?=[sS]?(?![A-Za-z0-9_]))"
        whole = [escaped, *paired, rf"{square}(?![(\[])", unclosed, unopened, alone]
        begun = [escaped, "|".join(paired), rf"{square}.", unopened, rf"{bare}(?:[sS].|[^sS])"]
        initials = "".join(sorted({name[0] for name in names}))
        return cls(
            whole=regex.compile("|".join(whole), regex.DOTALL),
            begun=tuple(regex.compile(pattern, regex.DOTALL) for pattern in begun),
            may_begin=regex.compile(rf"[<&%\\\[＜〈《‹«{initials}]"),
        )

    def held_from(self, text: str, first: int) -> int:
        """Find, from `first` on, where the suffix begins that may still become a placeholder."""
        for candidate in self.may_begin.finditer(text, first):
            start = candidate.start()
            for pattern in self.begun:
                match = pattern.fullmatch(text, start, partial=True)
                if match is not None and match.partial:
                    return int(start)
        return len(text)


class Restorer:
    """
    Restores one answer. Feed the pieces in order, then finish once.

    Costs a few microseconds a piece; what is held back is never longer than the longest placeholder.
    """

    def __init__(self, placeholders: Mapping[str, str]) -> None:
        self._values = {placeholder.strip("<>"): value for placeholder, value in placeholders.items()}
        self._pending = ""
        self._before = ""
        if self._values:
            parts = [core.rpartition("_") for core in self._values]
            self._reach = max(map(len, self._values)) + LONGEST_FRAME
            self._grammar = Grammar.of({part[0] for part in parts}, digits=max(len(part[2]) for part in parts))

    def feed(self, chunk: str) -> str:
        """Take the next piece; give the text that no later piece can change."""
        if not self._values:
            return chunk
        self._pending += chunk
        return self._release(is_last=False)

    def finish(self) -> str:
        """Give what was held back. The answer is complete."""
        return self._release(is_last=True) if self._values else ""

    def _release(self, *, is_last: bool) -> str:
        text = self._before + self._pending
        position = len(self._before)
        hold = self._hold(text, position, is_last=is_last)
        parts: list[str] = []
        for match in self._grammar.whole.finditer(text, position):
            if match.start() >= hold:
                break
            parts += [text[position : match.start()], self._word_for(match)]
            position = match.end()
            if position > hold:
                hold = self._hold(text, position, is_last=is_last)
        if hold > position:
            parts.append(text[position:hold])
            position = hold
        self._pending = text[position:]
        self._before = text[:position][-1:]
        return "".join(parts)

    def _hold(self, text: str, position: int, *, is_last: bool) -> int:
        if is_last:
            return len(text)
        return self._grammar.held_from(text, max(position, len(text) - self._reach))

    def _word_for(self, match: regex.Match[str]) -> str:
        type_ = regex.sub(r"\\?_|[ -]", "_", match["type"]).upper()
        value = self._values.get(f"{type_}_{match['number']}")
        if value is None:
            return str(match[0])
        return value + (match["possessive"] or "")


def restored(text: str, placeholders: Mapping[str, str]) -> str:
    """Restore a whole text at once."""
    restorer = Restorer(placeholders)
    return restorer.feed(text) + restorer.finish()
