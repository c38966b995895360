"""What every template, style sheet and script of the product keeps, whichever room it belongs to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from portal.context_processors import house

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
TEMPLATES = sorted(
    path for path in [*(ROOT / "templates").rglob("*"), *ROOT.glob("apps/*/templates/**/*")] if path.is_file()
)
PAGES = [path for path in TEMPLATES if path.suffix == ".html"]
SHEETS = sorted(STATIC.rglob("*.css"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
DRAWINGS = sorted(STATIC.rglob("*.svg"))

INLINE = {
    "an inline style": re.compile(r"\sstyle\s*=", re.I),
    "an inline handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "an inline script": re.compile(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}
REMOTE = re.compile(
    r"""(?:\b(?:src|href|srcset|action|formaction|poster|data|content)\s*=\s*["']?\s*|url\(\s*["']?|@import\s+["']?)"""
    r"""(?:(?:https?|wss?|ftp):)?//""",
    re.I,
)
UNSAFE_SCRIPT = re.compile(r"\beval\(|new Function\(|document\.write|insertAdjacentHTML|outerHTML\s*=|https?://|//cdn")


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def each_match(pattern: str, paths: list[Path]) -> Iterator[tuple[str, str]]:
    for path in paths:
        for found in re.findall(pattern, path.read_text("utf-8")):
            yield ids(path), found


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_a_template_has_no_inline_style_handler_or_script(page: Path) -> None:
    text = page.read_text("utf-8")

    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", [*TEMPLATES, *SHEETS, *DRAWINGS], ids=ids)
def test_nothing_loads_from_another_host(path: Path) -> None:
    assert REMOTE.findall(path.read_text("utf-8")) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=ids)
def test_a_script_stays_small_and_builds_no_markup_from_strings(script: Path) -> None:
    text = script.read_text("utf-8")

    assert UNSAFE_SCRIPT.findall(text) == []
    assert text.count("customElements.define(") <= 1, "one custom element a file"
    assert len(text.splitlines()) < 100, "a custom element has under 100 lines"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_a_template_compiles_and_so_does_what_it_includes(page: Path) -> None:
    name = re.split(r"templates/", ids(page), maxsplit=1)[1]
    text = page.read_text("utf-8")

    get_template(name)
    for included in re.findall(r"{%\s*(?:include|extends)\s+[\"']([^\"']+)[\"']", text):
        get_template(included)


def test_every_static_file_that_a_template_names_exists() -> None:
    named = each_match(r"{%\s*static\s+[\"']([^\"']+)[\"']", PAGES)

    assert [(page, name) for page, name in named if not finders.find(name)] == []


def test_every_file_that_a_style_sheet_or_a_script_names_exists() -> None:
    in_sheets = [(sheet, found) for sheet in SHEETS for found in re.findall(r"url\(\"([^\"]+)\"\)", sheet.read_text())]
    imports = re.compile(r"(?:\bfrom|\bimport)\s*\(?\s*\"([^\"]+)\"")
    in_scripts = [(script, found) for script in SCRIPTS for found in imports.findall(script.read_text())]

    missing = [(ids(path), found) for path, found in in_sheets + in_scripts if not (path.parent / found).is_file()]

    assert missing == []


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r"<symbol id=\"([^\"]+)\"", (STATIC / "img" / "icons.svg").read_text()))

    unknown = [
        (page, name) for page, name in each_match(r"{%\s*icon\s+[\"']([^\"']+)[\"']", PAGES) if name not in drawn
    ]

    assert unknown == []


def test_every_style_sheet_and_script_is_used_by_a_template() -> None:
    named = {name for _, name in each_match(r"{%\s*static\s+[\"']([^\"']+)[\"']", PAGES)}
    imported = {
        str((script.parent / found).resolve().relative_to(STATIC))
        for script in SCRIPTS
        for found in re.findall(r"(?:from|import)\s+\"(\.[^\"]+)\"", script.read_text())
    }

    unused = {str(path.relative_to(STATIC)) for path in [*SHEETS, *SCRIPTS]} - named - imported

    assert unused == set()


def test_every_address_that_a_template_names_exists() -> None:
    known = set(_names(get_resolver().url_patterns))

    named = each_match(r"{%\s*url\s+[\"']([^\"']+)[\"']", PAGES)

    assert [(page, name) for page, name in named if name not in known] == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_form_that_changes_something_carries_the_token(page: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", page.read_text("utf-8"), re.S | re.I):
        if re.search(r"method=[\"']?post", form, re.I):
            assert "{% csrf_token %}" in form


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_button_says_what_kind_it_is(page: Path) -> None:
    buttons = re.findall(r"<button\b[^>]*>", page.read_text("utf-8"))

    assert [button for button in buttons if not re.search(r"\btype=\"(?:submit|button|reset)\"", button)] == []


def _names(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from _names(pattern.url_patterns, inner)
        elif pattern.name:
            yield prefix + pattern.name


def keys_of_dicts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Dict):
            yield from (key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


@pytest.mark.thorough
def test_no_page_gives_its_own_meaning_to_a_name_that_the_frame_of_every_page_reads() -> None:
    names = {*house(RequestFactory().get("/")), "request", "user", "perms"}
    doors = [path for path in ROOT.glob("apps/**/*.py") if re.search(r"\brender\(request", path.read_text("utf-8"))]

    assert len(doors) > 20
    assert [(ids(path), key) for path in doors for key in keys_of_dicts(path) if key in names] == []
