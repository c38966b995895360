"""From Markdown to HTML that is safe to show: parsed, highlighted, and sanitised last."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import mdurl
import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from apps.chat.verbatim import STAND_IN, Verbatim

ALLOWED_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "a": {"href", "class", "title"},
    "code": {"class"},
    "div": {"class"},
    "ol": {"start"},
    "pre": {"class", "tabindex"},
    "span": {"class"},
    "td": {"class"},
    "th": {"class"},
}
LONGEST_HIGHLIGHTED = 20_000
CITATION = re.compile(r"\[(\d{1,2})\]")
_ALIGNMENT = re.compile(r"text-align:(left|right|center)")


@dataclass(slots=True)
class BlockRenderer:
    """
    Renders a growing Markdown text block by block.

    ``render(text)`` gives the HTML of every top-level block of the text so far. Blocks that were complete at the last
    call are not parsed again, so a whole answer costs about one parse of it, not one for each frame.

    :ivar citations: number the model was given for a passage -> address that opens the passage.
    :ivar verbatim: restored values, shown as the text they were.
    """

    citations: Mapping[int, str] = field(default_factory=dict)
    verbatim: Verbatim = field(default_factory=Verbatim)
    _text: str = ""
    _done: list[str] = field(default_factory=list)
    _done_lines: int = 0

    def render(self, text: str) -> list[str]:
        """
        Return the HTML of each block; the last blocks may still change when more text comes.

        Everything but the last top-level block is kept, since appended text can only change the last one.
        """
        text = self.verbatim.protected(text.replace("\r\n", "\n").replace("\r", "\n"))
        if not text.startswith(self._text):
            self._done, self._done_lines = [], 0
        self._text = text
        tail = "\n".join(text.split("\n")[self._done_lines :])
        blocks = _top_level_blocks(tail)
        rendered = [_html(block.tokens, self.citations, self.verbatim) for block in blocks]
        if len(blocks) > 1:
            self._done += rendered[:-1]
            self._done_lines += blocks[-1].first_line
            return [*self._done, rendered[-1]]
        return [*self._done, *rendered]


def render_blocks(text: str, citations: Mapping[int, str] | None = None) -> list[str]:
    """Render a whole text; each item is the safe HTML of one top-level block."""
    return BlockRenderer(citations or {}).render(text)


@dataclass(frozen=True, slots=True)
class _Block:
    tokens: Sequence[Token]
    first_line: int


def _top_level_blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    current: list[Token] = []
    for token in _parser().parse(text):
        current.append(token)
        if token.level == 0 and token.nesting <= 0:
            lines = current[0].map or [0, 0]
            blocks.append(_Block(current, lines[0]))
            current = []
    return blocks


def _html(tokens: Sequence[Token], citations: Mapping[int, str], verbatim: Verbatim) -> str:
    parser = _parser()
    unsafe = parser.renderer.render(list(tokens), parser.options, {"citations": citations, "verbatim": verbatim})
    return nh3.clean(
        verbatim.as_html(unsafe),
        tags=ALLOWED_TAGS,
        attributes=ALLOWED_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


class _Parser(MarkdownIt):
    """Markdown whose addresses keep what stands in for a value, which as part of a host's name would be lost."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the parser calls it by this name
        """Encode an address."""
        return mdurl.encode(url) if STAND_IN.search(url) else super().normalizeLink(url)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.disable("reference")  # a block must not depend on an address defined in another one
    parser.core.ruler.push("nothing_from_elsewhere", _replace_images)
    parser.add_render_rule("fence", _render_code)
    parser.add_render_rule("code_block", _render_code)
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("th_open", _render_cell)
    parser.add_render_rule("td_open", _render_cell)
    return parser


def _replace_images(state: StateCore) -> None:
    """Show an image as a plain link: a page that loads it would tell its host who reads what."""
    for block in state.tokens:
        if block.children:
            block.children = [replacement for token in block.children for replacement in _without_image(token)]


def _without_image(token: Token) -> list[Token]:
    if token.type != "image":
        return [token]
    opening = Token("link_open", "a", 1, attrs={"href": token.attrGet("src") or ""})
    closing = Token("link_close", "a", -1)
    return [opening, Token("text", "", 0, content=f"Image: {token.content or 'untitled'}"), closing]


def _render_text(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, Mapping[int, str]]
) -> str:
    """Escape text; a number in brackets that was given to a passage becomes a link to it."""
    citations = env.get("citations", {})

    def link(match: re.Match[str]) -> str:
        address = citations.get(int(match[1]))
        if address is None:
            return match[0]
        return f'<a class="citation" href="{nh3.clean_text(address)}" title="Open the passage">{match[1]}</a>'

    escaped = tokens[index].content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return CITATION.sub(link, escaped.replace('"', "&quot;"))


def _render_cell(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, object]
) -> str:
    """Open a table cell; alignment becomes a class, since inline styles are forbidden."""
    token = tokens[index]
    aligned = _ALIGNMENT.search(str(token.attrGet("style") or ""))
    return f'<{token.tag} class="align-{aligned[1]}">' if aligned else f"<{token.tag}>"


def _render_code(
    self: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: dict[str, Verbatim]
) -> str:
    """Render a code block with highlighting by class names."""
    token = tokens[index]
    language = token.info.split()[0] if token.info.split() else ""
    label = nh3.clean_text(language) or "text"
    code = env["verbatim"].as_text(token.content)
    return (
        f'<div class="code-block"><div class="code-block-head"><span>{label}</span></div>'
        f'<pre class="highlight" tabindex="0"><code>{_highlighted(code, language)}</code></pre></div>\n'
    )


def _highlighted(code: str, language: str) -> str:
    if language and len(code) <= LONGEST_HIGHLIGHTED:
        try:
            return highlight(code, get_lexer_by_name(language, stripnl=False), HtmlFormatter(nowrap=True))
        except ClassNotFound:
            pass  # a language nobody can colour is shown plainly
    return code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
