"""
From Markdown to HTML that can do nothing: links and images are described, nothing of the text's own is markup.

Before the Markdown is read, one character of a private plane stands in for everything that must come out as it is: a
placeholder, a value that was put back, a character that nobody would see, the beginning of an entity. The finished HTML
gets them back and is sanitised last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

import nh3
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict

from apps.audit.sealed import Opened, Said
from apps.audit.seen import parts, put_back
from apps.privacy.restore import Piece

LONGEST = 20_000
"""How many characters of one card are formatted at most; they are taken from its end, where the question stands."""

DEEPEST = 20
_FIRST = 0xF0000
_STAND_IN = re.compile("[\U000f0000-\U0010ffff]")
_TAKEN_OUT = re.compile("[\U000f0000-\U0010ffff]|&(?=[#A-Za-z])")
_TAGS = {
    "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "mark", "ol", "p", "pre", "s",
    "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {"ol": {"start"}, "p": {"class"}, "span": {"class", "title"}, "mark": {"class", "title"}}


@dataclass(frozen=True, slots=True)
class Formatted:
    """One message as HTML, who spoke, and how many characters at its beginning were too many to format."""

    role: str
    html: SafeString = field(repr=False)
    left_out: int = 0


def formatted(opened: Opened, placeholders: frozenset[str] | None) -> list[Formatted]:
    """
    Format the messages of a readable text, the last `LONGEST` characters of all of them together.

    Costs 10 ms for ordinary text; brackets that never close cost the square of their number, 0.7 s at `LONGEST`.
    """
    room, done = LONGEST, []
    for said in reversed(opened.messages):
        pieces = said.pieces or (Piece(said.text),)
        length = sum(len(piece.text) for piece in pieces)
        kept = min(length, room)
        room -= kept
        done.append(Formatted(said.role, _html(_last(pieces, kept), said, placeholders), length - kept))
    return done[::-1]


def _last(pieces: Sequence[Piece], count: int) -> list[Piece]:
    """Keep the last `count` characters."""
    kept: list[Piece] = []
    for piece in reversed(pieces):
        if count <= 0:
            break
        kept.append(piece._replace(text=piece.text[-count:]))
        count -= len(piece.text)
    return kept[::-1]


def _html(pieces: Sequence[Piece], said: Said, placeholders: frozenset[str] | None) -> SafeString:
    stand_ins = _StandIns()
    known = frozenset() if said.pieces else placeholders
    source = "".join(stand_ins.in_place_of(piece, known) for piece in pieces)
    unsafe = stand_ins.back(_rendered(source))
    clean = nh3.clean(unsafe, tags=_TAGS, attributes=_ATTRIBUTES, strip_comments=True)
    return mark_safe(clean)  # noqa: S308  sanitised in the line above


def _rendered(source: str) -> str:
    """Render Markdown; what is nested so deep that the parser would leave words out stays as it was written."""
    parser = _parser()
    tokens = parser.parse(source)
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return f"<pre>{escape(source)}</pre>"
    return str(parser.renderer.render(tokens, parser.options, {}))


class _StandIns:
    """Safe HTML under characters of a private plane, each as long as its text is being formatted."""

    def __init__(self) -> None:
        self._characters: dict[str, str] = {}

    def in_place_of(self, piece: Piece, placeholders: frozenset[str] | None) -> str:
        """Give the Markdown of a piece; a value that was put back is no Markdown at all."""
        if piece.placeholder:
            words = mark_safe("".join(map(conditional_escape, parts(piece.text))))  # noqa: S308  escaped here
            return self._character(put_back(piece, words))
        return "".join(self._taken_out(part) for part in parts(piece.text, placeholders))

    def back(self, html: str) -> str:
        """Put the HTML in the place of its characters."""
        known = list(self._characters)
        return _STAND_IN.sub(lambda found: known[ord(found[0]) - _FIRST], html)

    def _taken_out(self, part: str | SafeString) -> str:
        if isinstance(part, SafeString):
            return self._character(part)
        return _TAKEN_OUT.sub(lambda found: self._character(escape(found[0])), part)

    def _character(self, html: str) -> str:
        return self._characters.setdefault(html, chr(_FIRST + len(self._characters)))


class _Parser(MarkdownIt):
    """Markdown whose addresses keep what stands in for something."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the parser calls it by this name
        """Encode an address, so that letters of other scripts in the name of a host show; from a stand-in on, as is."""
        head = _STAND_IN.split(url, maxsplit=1)[0]
        return super().normalizeLink(head) + url[len(head) :]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"maxNesting": DEEPEST, "html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.disable("reference")  # it would take the definition of an address out of sight
    parser.core.ruler.push("nothing_leads_anywhere", _describe)
    parser.add_render_rule("fence", _render_code)
    parser.add_render_rule("code_block", _render_code)
    return parser


def _describe(state: StateCore) -> None:
    """Put words in the place of links and images: what they are called, and where they would lead."""
    for block in state.tokens:
        if block.children:
            block.children = list(_described(block.children))


def _described(tokens: Sequence[Token]) -> Iterator[Token]:
    ends: list[str] = []
    for token in tokens:
        if token.type == "image":
            yield from _span(f"Image: {token.content or 'untitled'}{_where(token, 'src')}", "described")
        elif token.type == "link_open":
            ends.append("" if token.markup == "autolink" else _where(token, "href"))
            yield Token("described_open", "span", 1, attrs={"class": "described"})
        elif token.type == "link_close":
            if where := ends.pop():
                yield from _span(where, "address")
            yield Token("described_close", "span", -1)
        else:
            yield token


def _span(words: str, name: str) -> Iterator[Token]:
    yield Token(f"{name}_open", "span", 1, attrs={"class": name})
    yield Token("text", "", 0, content=words)
    yield Token(f"{name}_close", "span", -1)


def _where(token: Token, attribute: str) -> str:
    title = token.attrGet("title")
    return f" ({token.attrGet(attribute) or 'no address'}{f', “{title}”' if title else ''})"


def _render_code(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, object]
) -> str:
    """Render a block of code as text, under all that stands beside its fence."""
    token = tokens[index]
    label = f'<p class="code-label">{escape(token.info.strip())}</p>' if token.info.strip() else ""
    return f"{label}<pre><code>{escape(token.content)}</code></pre>\n"
