"""What the documents say is so: commands exist, settings are listed, links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command

from portal.environment import declared
from tests.platform.processes import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE)) - {"install", "install-dev"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    named = set(re.findall(r"`(?:[A-Z]+=\S+ )?make ([a-z-]+)", text))
    for block in re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL):
        named |= set(re.findall(r"^(?:\$ )?make ([a-z-]+)", block, re.MULTILINE))

    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), target


def test_make_help_lists_every_command() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert set(re.findall(r"^  make ([a-z-]+) ", listed, re.MULTILINE)) == TARGETS


def test_the_readme_shows_every_command_that_make_help_lists() -> None:
    shown = set(re.findall(r"^\| `make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))

    assert shown == TARGETS


def test_the_settings_page_is_what_the_settings_declare() -> None:
    call_command("settings_page", check=True)


def test_every_setting_is_read_in_the_settings_file_alone() -> None:
    known = {each.name for each in declared}
    reads = re.compile(r"os\.environ(?:\.get\(|\[)\s*\"(PORTCULLIS_[A-Z_]+)\"(?!\]\s*=)")

    for path in [*(ROOT / "apps").rglob("*.py"), *(ROOT / "portal").glob("*.py")]:
        if path.name != "healthcheck.py":
            assert not reads.search(path.read_text()), path
    assert "PORTCULLIS_SECRET_KEY" in known


def test_every_page_under_docs_is_listed_in_their_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}

    assert pages <= set(re.findall(r"\]\(([^)/]+\.md)\)", index))


def test_every_decision_has_a_number_of_its_own_and_a_title() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [page.name[:4] for page in pages]

    assert len(set(numbers)) == len(numbers)
    for page in pages:
        assert page.read_text().startswith(f"# {page.name[:4]}"), page
