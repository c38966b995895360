"""
See through disguises: a plain view of a text for matching, with exact offsets back into the original.

Undone are: escapes (HTML entities, percent, quoted-printable and backslash codes); characters that look like others
(full-width, mathematical, circled, other scripts' digits, odd spaces, dots and dashes, Cyrillic or Greek letters in a
Latin word, accents laid over letters, syllables in parts, narrow kana, what cannot be seen); markup inside a name;
letters and digits spaced out. Where Chinese, Japanese, Korean or Thai meets a Latin word or a number, a blank is put
between them, as rules expect one.
"""

from __future__ import annotations

import html
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from apps.privacy import characters
from apps.privacy.layers import Edit, Layer, applied

Step: TypeAlias = Callable[[str], Iterator[Edit]]

ESCAPE: Final = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,10});"
    r"|(?:%[0-9A-Fa-f]{2})++"
    r"|\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\x[0-9a-fA-F]{2}|\\U[0-9a-fA-F]{8}"
    r"|(?<![\\:])\\[nrt](?=[A-Z\s\d\"])"
    r"|=[C-F][0-9A-F](?:=[89AB][0-9A-F]){1,3}"
)
MAIL_IN_QUOTED_PRINTABLE: Final = re.compile(
    r"(?<![\w.+=-])\w[\w.+-]{0,63}(?:=2E[\w+-]{1,63}){0,4}=40[\w-]{1,63}(?:(?:\.|=2E)[\w-]{1,63}){1,4}"
)
QUOTED: Final = re.compile(r"=(?:40|2E|2D|5F)")
LINES: Final = {"\\n": "\n", "\\r": "\n", "\\t": "\t"}
INLINE: Final = r"b|i|u|s|em|strong|span|a|mark|font|small|big|sub|sup|code|tt|kbd|del|ins|abbr|strike|wbr"
BLOCK: Final = (
    r"p|div|br|td|th|tr|li|ul|ol|dl|dt|dd|h[1-6]|table|tbody|thead|pre|blockquote|body|html|hr|title|label|option"
)
TAG: Final = re.compile(
    rf"</?(?:(?P<inline>{INLINE})|(?:{BLOCK}))(?:\s(?:class|style|align|color|size|lang|dir)=(?:\"[^\"@<>]{{0,80}}\"|'[^'@<>]{{0,80}}'))*\s*/?>",
    re.IGNORECASE,
)
EMPHASIS: Final = re.compile(
    r"(?P<mark>\*\*)(?=[^\s*])[^*\n]{1,80}?(?<=[^\s*])(?P<end>\*\*)|(?<![\w*])(?P<one>[*_])(?=[^\W\d_])[^*_\n]{1,60}?(?<=[^\W\d_])(?P<stop>(?P=one))(?![\w*])"
)
SPACED: Final = re.compile(r"(?<!\S)\S(?: \S(?!\S)){4,}+")
FEWEST_SPACED_DIGITS: Final = 6
DASH_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\u2013\u2014](?=\d)")


@dataclass(frozen=True, slots=True)
class View:
    """A text as recognisers read it. `layers` lead back to the original, the last one first."""

    text: str
    layers: tuple[Layer, ...]

    def to_original(self, start: int, end: int) -> tuple[int, int]:
        """Map a span, given in offsets of the view, to the original text."""
        for layer in reversed(self.layers):
            start, end = layer.to_old(start, end)
        return start, end


def view(text: str) -> View:
    """Make the view. Plain text comes back as it is; a disguise costs a pass or two over the text."""
    layers: list[Layer] = []
    for step in (_decoded, _decoded_again, _unveiled, _unmarked, _closed_up, _parted):
        if step is _decoded_again and not layers:
            continue
        if step is _unveiled and not text.isascii():
            text = characters.plain(DASH_BETWEEN_DIGITS.sub("-", text))
        text, layer = applied(text, step(text))
        if layer is not None:
            layers.append(layer)
    return View(text, tuple(layers))


def _decoded(text: str) -> Iterator[Edit]:
    """Undo escapes, each as far as it stands for something that can be read."""
    if "&" in text or "%" in text or "\\" in text or "=" in text:
        edits = [*_escapes(text), *_quoted_mails(text)]
        edits.sort()
        position = 0
        for edit in edits:
            if edit[0] >= position:
                yield edit
                position = edit[1]


def _decoded_again(text: str) -> Iterator[Edit]:
    """Undo what was escaped twice."""
    return _decoded(text)


def _escapes(text: str) -> Iterator[Edit]:
    for match in ESCAPE.finditer(text):
        plain = _meaning(match[0])
        if plain is not None and plain != match[0] and (plain.isprintable() or plain in LINES.values()):
            yield match.start(), match.end(), plain


def _meaning(escape: str) -> str | None:
    """Give what an escape stands for, or nothing if it stands for nothing that is text."""
    if escape[0] == "&":
        return html.unescape(escape)
    if escape in LINES:
        return LINES[escape]
    if escape[0] == "\\":
        code = int(escape[2:].strip("{}"), 16)
        return chr(code) if code < 0xD800 or 0xE000 <= code < 0x110000 else None
    try:
        return bytes.fromhex(escape.replace(escape[0], "")).decode()
    except UnicodeDecodeError:
        return None


def _quoted_mails(text: str) -> Iterator[Edit]:
    if "=40" in text:
        for mail in MAIL_IN_QUOTED_PRINTABLE.finditer(text):
            for match in QUOTED.finditer(text, mail.start(), mail.end()):
                yield match.start(), match.end(), chr(int(match[0][1:], 16))


def _unveiled(text: str) -> Iterator[Edit]:
    """Take out what cannot be seen, and characters that stand for several."""
    return iter(()) if text.isascii() else characters.edits(text)


def _unmarked(text: str) -> Iterator[Edit]:
    """Take out markup that stands between the words of a name. Tags whose attributes may say something stay."""
    if "<" in text:
        for match in TAG.finditer(text):
            yield match.start(), match.end(), "" if match["inline"] else "\n"
    elif "*" in text or "_" in text:
        for match in EMPHASIS.finditer(text):
            for group in ("mark", "end") if match["mark"] else ("one", "stop"):
                yield match.start(group), match.end(group), ""


def _says_something(run: str) -> bool:
    """Say whether signs that were spaced out make a word, an address or a number: the alphabet is none."""
    is_word = run.isalpha() and run.lower() not in string.ascii_lowercase
    return is_word or "@" in run or sum(map(str.isdigit, run)) >= FEWEST_SPACED_DIGITS


def _closed_up(text: str) -> Iterator[Edit]:
    """Close up letters and digits that were spaced out one by one."""
    position = 0
    for match in SPACED.finditer(text):
        run = match[0][::2]
        if not _says_something(run):
            continue
        if position and text[position : match.start()].isspace() and match.start() - position > 1:
            yield position, match.start(), " "
        for blank in range(match.start() + 1, match.end(), 2):
            yield blank, blank + 1, ""
        position = match.end()


def _parted(text: str) -> Iterator[Edit]:
    """Put blanks around Latin words and numbers where a script has none."""
    return iter(()) if text.isascii() else characters.parted(text)
