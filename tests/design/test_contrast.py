"""Words and controls can be told from what they stand on, in both themes."""

from __future__ import annotations

import re

import pytest

from tests.design.colours import TOKENS, contrast, read_tokens

GROUNDS = ("sunken", "ground", "surface", "raised", "hover", "selected")
STATES = ("success", "warning", "danger", "info", "brass")
CODE = ("code-keyword", "code-string", "code-number", "code-name", "code-comment")

WORDS = [
    *((ink, ground) for ink in ("ink", "ink-muted", "accent", "accent-strong") for ground in GROUNDS),
    *(("ink-faint", ground) for ground in ("sunken", "ground", "surface", "raised")),
    *((state, ground) for state in STATES for ground in (f"{state}-soft", "ground", "surface", "raised")),
    *(("ink", f"{state}-soft") for state in STATES),
    *(("accent", f"{state}-soft") for state in STATES),
    *((code, ground) for code in CODE for ground in ("sunken", "surface")),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
    ("accent-strong", "accent-soft"),
    ("ink-muted", "accent-soft"),
    ("ground", "ink"),
    *((ink, ground) for ink in ("rail-ink", "rail-ink-muted") for ground in ("rail", "rail-hover", "rail-selected")),
    ("rail-ink", "rail-badge"),
    *((ink, ground) for ink in ("rail-ink", "rail-ink-muted") for ground in ("rail-raised", "rail-sunken")),
]
CONTROLS = [
    *(("line-strong", ground) for ground in ("ground", "surface", "raised", "sunken")),
    *(("focus", ground) for ground in GROUNDS),
    *(("accent", ground) for ground in ("sunken", "ground", "surface")),
    *((state, "sunken") for state in STATES),
    ("brass-line", "brass-soft"),
]
THEMES = ("light", "dark")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("ink", "ground"), WORDS)
def test_words_stand_out_from_their_ground(ink: str, ground: str, theme: str) -> None:
    tokens = read_tokens()
    side = THEMES.index(theme)

    ratio = contrast(tokens[ink][side], tokens[ground][side])

    assert ratio >= 4.5, f"--{ink} on --{ground} is {ratio:.2f} in the {theme} theme; words need 4.5"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("line", "ground"), CONTROLS)
def test_controls_and_focus_rings_stand_out_from_their_ground(line: str, ground: str, theme: str) -> None:
    tokens = read_tokens()
    side = THEMES.index(theme)

    ratio = contrast(tokens[line][side], tokens[ground][side])

    assert ratio >= 3, f"--{line} on --{ground} is {ratio:.2f} in the {theme} theme; controls need 3"


@pytest.mark.parametrize("ground", ["rail", "rail-hover", "rail-selected"])
def test_the_rail_is_dark_in_both_themes_and_takes_the_dark_focus_ring(ground: str) -> None:
    tokens = read_tokens()

    for line in ("focus", "brass"):
        assert contrast(tokens[line][1], tokens[ground][1]) >= 3


def test_the_measure_of_contrast_agrees_with_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_colours_are_written_in_the_tokens_alone() -> None:
    """A colour beside the tokens escapes the measurement above. Paper and the drawings of the rail may differ."""
    strays = [
        f"{sheet.name}: {colour}"
        for sheet in TOKENS.parent.rglob("*.css")
        if sheet.name not in {"tokens.css", "print.css"}
        for colour in re.findall(
            r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*[;,)])|\brgba?\([^)]*\)|\bhsla?\([^)]*\)", sheet.read_text()
        )
    ]

    assert strays == []
