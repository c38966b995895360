"""
How a placeholder may be spelled: as issued, and what models make of it.

A spelling counts only if it leaves type and number beyond doubt. With brackets of any kind the case, the separator and
the language of the type are forgiven; without any bracket only ``PERSON_1`` and ``Person_1`` as words of their own
count, since ``person_1`` is more likely a variable. Numbers are digits, never guessed.
"""

# ruff: noqa: RUF001 - look-alike brackets are meant

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import quote

import regex

from apps.privacy import translations

BRACKETS: Final = (
    ("<", r"\\?>"),
    ("&lt;", "&gt;"),
    ("&#60;", "&#62;"),
    ("&#[xX]3[Cc];", "&#[xX]3[Ee];"),
    ("%3[Cc]", "%3[Ee]"),
    (r"(?<!\\)\\u003[Cc]", r"\\u003[Ee]"),
    (r"(?<!\\)\\\\u003[Cc]", r"\\\\u003[Ee]"),
    (r"(?<!\\)\\x3[Cc]", r"\\x3[Ee]"),
    ("＜", "＞"),
    ("〈", "〉"),
    ("《", "》"),
    ("‹", "›"),
    ("«", "»"),
    ("⟨", "⟩"),
    ("⟦", "⟧"),
)
LONGEST_FRAME: Final = 40
"""Most characters around a placeholder's type and number: brackets in their longest spelling, escapes, emphasis."""
MOST_DIGITS: Final = 9
SHORTEST_TITLED: Final = 4
CONTEXT: Final = 2
"""Characters before a placeholder that decide whether it is one."""

_JOINT: Final = r"(?:\\?_|[ -])"
_SEPARATOR: Final = r"(?: ?\\?[_:#.＿-] ?|%5[Ff]| )"
_EMPHASIS: Final = "[*_`~]{0,3}"
_POSSESSIVE: Final = "(?P<possessive>(?:['’]?[sS]|['’])?)"
_NOT_IN_A_PATH: Final = r"(?<![\w\\/:.])"
_NOT_IN_A_WORD: Final = "(?<![A-Za-z0-9_$])"
_NOT_IN_CODE: Final = r"(?<!\$\{)(?<!</)"
_WORD_ENDS: Final = "(?![A-Za-z0-9_])"


@dataclass(frozen=True, slots=True)
class Grammar:
    """
    The spellings of placeholders of some types.

    `whole` matches one. `begun` gives, by its first character, patterns whose partial match at the end of a text means
    "wait for more". `may_begin` matches wherever one may begin, so a text without a match needs no further look.
    """

    whole: regex.Pattern[str]
    begun: dict[str, tuple[regex.Pattern[str], ...]]
    may_begin: re.Pattern[str]

    def find(self, text: str, first: int = 0) -> Iterator[regex.Match[str]]:
        """Find the placeholders in `text`, from `first` on."""
        for candidate in self.may_begin.finditer(text, first):
            if candidate.start() >= first:
                match = self.whole.match(text, candidate.start())
                if match is not None:
                    first = match.end()
                    yield match

    def held_from(self, text: str, first: int) -> int:
        """Find, from `first` on, where the suffix begins that may still become a placeholder."""
        for candidate in self.may_begin.finditer(text, first):
            start = candidate.start()
            for pattern in self.begun[text[start]]:
                match = pattern.fullmatch(text, start, partial=True)
                if match is not None and match.partial:
                    return start
        return len(text)


@lru_cache(maxsize=256)
def grammar_of(types: frozenset[str]) -> Grammar:
    """Build the grammar for placeholders of `types`. Costs some milliseconds the first time."""
    framed, core = _cores(types)
    within = rf" ?(?P<before>{_EMPHASIS}){framed}{_POSSESSIVE}(?P<after>{_EMPHASIS}) ?/?"
    paired = f"(?:{'|'.join(opener for opener, _ in BRACKETS)}){within}(?:{'|'.join(closer for _, closer in BRACKETS)})"
    escaped = rf"{_NOT_IN_A_PATH}\\<{within}\\?>"
    unclosed = rf"<{framed}"
    square = rf"\[{framed}{_POSSESSIVE}\]"
    two_square = rf"\[\[{framed}{_POSSESSIVE}\]\]"
    curly = rf"(?<![\w$\\{{}}])\{{{core}{_POSSESSIVE}\}}"
    two_curly = rf"\{{\{{ ?{core}{_POSSESSIVE} ?\}}\}}"
    bare = rf"{_NOT_IN_A_WORD}{_NOT_IN_CODE}{core}"
    unopened = rf"(?<!=){bare}{_POSSESSIVE}>"
    emphasised = rf"{_NOT_IN_A_WORD}(?P<before>__?){core}(?P<after>__?)"
    whole = [
        escaped, paired, two_curly, rf"{curly}(?!\}})", two_square, rf"{square}(?![(\[])", f"{emphasised}{_WORD_ENDS}",
        f"{unclosed}{_WORD_ENDS}", unopened, f"{bare}(?=[sS]?{_WORD_ENDS})",
    ]  # fmt: skip
    begun = {
        "\\": (escaped, paired),
        "{": (two_curly, rf"{curly}."),
        "[": (two_square, rf"{square}."),
        "_": (f"{emphasised}.",),
    }
    for opener in "<&%＜〈《‹«⟨⟦":
        begun[opener] = (paired,)
    starts = {start for name in types for start in (name[:2], name[:2].title())}
    for initial in {start[0] for start in starts}:
        begun[initial] = (unopened, rf"{bare}(?:[sS].|[^sS])")
    initials = "".join(sorted({start[0] for start in starts}))
    may_begin = rf"[<&%\\\[{{＜〈《‹«⟨⟦]|{_NOT_IN_A_WORD}(?:_|{'|'.join(sorted(starts))}|[{initials}]\Z)"
    return Grammar(
        whole=regex.compile("|".join(whole), regex.DOTALL),
        begun={first: tuple(_compiled(pattern) for pattern in patterns) for first, patterns in begun.items()},
        may_begin=re.compile(may_begin),
    )


def _cores(types: frozenset[str]) -> tuple[str, str]:
    """Give the patterns of type and number inside brackets, and without: capital first, joined by an underscore."""
    names = sorted(types, key=lambda name: (-len(name), name))
    titled = {form for name in names if len(name) >= SHORTEST_TITLED for form in (name.title(), name.capitalize())}
    words = sorted((word for type_ in types for word in translations.WORDS.get(type_, ())), key=lambda word: -len(word))
    loose = "(?i:" + "|".join(name.replace("_", _JOINT) for name in names) + ")"
    exact = "(?:" + "|".join(name.replace("_", r"\\?_") for name in names) + ")"
    number = rf"(?P<number>[0-9]{{1,{MOST_DIGITS}}})"
    framed = rf"(?P<type>{loose}){_SEPARATOR}|(?P<type>{exact})"
    if words:
        translated = "(?i:" + "|".join(word.replace("_", _JOINT) for word in words) + ")"
        framed += rf"|(?P<type>{translated})\\?[_＿]"
    spelled = "|".join([exact, *sorted(name.replace("_", r"\\?_") for name in titled)])
    return f"(?:{framed}){number}", rf"(?P<type>{spelled})\\?_{number}"


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.DOTALL)


def name_of(match: regex.Match[str]) -> str:
    """Give the placeholder that a match of `Grammar.whole` means, in the form in which placeholders are issued."""
    type_ = regex.sub(_JOINT, "_", match["type"]).upper()
    return f"<{translations.TYPE_OF.get(type_, type_)}_{match['number']}>"


def spelled_like(spelling: str, value: str) -> str:
    """Write `value` as the brackets of `spelling` were written: percent-encoded, as entities, with JSON's escapes."""
    if spelling.startswith("%"):
        return quote(value.encode("utf-8", "surrogatepass"), safe="")
    if spelling.startswith("&"):
        return escape(value, quote=False).replace('"', "&quot;")
    if spelling.startswith(("\\u", "\\x")):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if spelling.startswith("\\\\u"):
        return json.dumps(json.dumps(value, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1]
    return value
