"""Restored values are shown as the text they were: no Markdown, no markup, no other address comes out of them."""

from __future__ import annotations

import html
import re

import pytest

from apps.chat.rendering import BlockRenderer
from apps.chat.verbatim import Verbatim

HOSTILE = [
    "pa*ss*wo_rd_1", "<b>bold</b>", "[x](javascript:alert(1))", "[x](https://evil.example)", "![x](//evil.example/?q)",
    "</p><script>alert(1)</script>", "`code` ~~gone~~", "a | b", "&amp;&lt;", "12. Mai 1970", "- item", "# Title",
    "12 Main St\nSpringfield", "-----BEGIN KEY-----\nabc\n\n=====\n-----END KEY-----", "\\*x\\*", "[1]", "  two  ",
]  # fmt: skip
PLACES = ["{}", "Dear {}, hi", "**{}**", "- {}\n- x", "# {}", "> {}", "| one | two |\n|---|---|\n| {} | x |", "`{}`",
          "```\n{}\n```", "```python\nx = '{}'\n```"]  # fmt: skip


def shown(markdown: str, values: list[str]) -> str:
    return "".join(BlockRenderer({1: "/passage"}, Verbatim(values)).render(markdown))


def words(rendered: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", rendered))


def shape(rendered: str) -> list[str]:
    return [tag for tag in re.findall(r"<[^>]*>", rendered) if "span" not in tag]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_shown_as_text_wherever_it_stands(value):
    for place in PLACES:
        rendered = shown(place.format(value), [value, "other*"])

        assert value in words(rendered), place
        assert shape(rendered) == shape(shown(place.format("name"), [])), place


def test_without_protection_the_same_values_would_change():
    changed = [value for value in HOSTILE if value not in words(shown(f"Dear {value}, hi", []))]

    assert len(changed) > 5


def test_what_the_model_writes_around_a_value_keeps_its_markdown():
    assert shown("**a*b** and *c* [1]", ["a*b"]) == (
        '<p><strong>a*b</strong> and <em>c</em> <a class="citation" href="/passage" title="Open the passage" '
        'rel="noopener noreferrer nofollow">1</a></p>\n'
    )


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("a_b*c@example.com", "mailto:a_b*c@example.com"),
        ('x"y<z>_', "mailto:x%22y%3Cz%3E_"),
    ],
)
def test_a_value_in_an_address_stays_inside_it(value, address):
    rendered = shown(f"[write](mailto:{value})", [value])

    assert f'href="{html.escape(address)}"' in rendered


def test_a_value_cannot_become_a_dangerous_address():
    for value in ("javascript:alert(1)//_", "data:text/html,<script>_", "JAVASCRIPT:alert_(1)"):
        assert "href" not in shown(f"[x]({value})", [value])


def test_a_growing_answer_ends_as_the_whole_one_does():
    text = "Dear pa*ss*1,\n\n- 12. Mai 1970\n- pa*ss*1\n\n```\npa*ss*1\n```\n\nBye *now* \U000f0001 %F3%B0%80%80"
    values = ["pa*ss*1", "12. Mai 1970"]
    growing = BlockRenderer({}, Verbatim(values))

    for end in range(len(text)):
        growing.render(text[:end])

    assert growing.render(text) == BlockRenderer({}, Verbatim(values)).render(text)
    assert words("".join(growing.render(text))).endswith("Bye now \N{REPLACEMENT CHARACTER} %f3%b0%80%80\n")
