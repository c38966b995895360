"""Officers with cases, and a ledger that signs whenever an export waits for it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Role, User
from apps.audit.cases import building, exporting, tasks, work
from apps.audit.cases.models import Case, Export
from tests.audit.conftest import sign_in
from tests.ledger.conftest import as_forger, as_sequencer, evidence, sequencer  # noqa: F401

OFFLINE = Path(__file__).resolve().parents[3] / "offline" / "portcullis_verify.py"


@pytest.fixture
def colleague(make_person: Callable[..., User]) -> User:
    return make_person("omar", roles=(Role.COMPLIANCE_OFFICER,))


@pytest.fixture
def auditor(make_person: Callable[..., User]) -> User:
    return make_person("ruth", roles=(Role.AUDITOR,))


@pytest.fixture
def make_case(officer: User) -> Callable[..., Case]:
    """Open a case in the officer's hands."""

    def make(*, title: str = "Odd questions", is_confidential: bool = False, by: User = officer) -> Case:
        return work.open_case(
            title=title, why="A customer complained about it.", is_confidential=is_confidential, by=by,
            now=timezone.now(),
        )  # fmt: skip

    return make


@pytest.fixture
def nothing_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the broker: what would be queued is done by hand."""
    monkeypatch.setattr(tasks.build_export, "delay", lambda _: None)
    monkeypatch.setattr(tasks.add_search, "delay", lambda _: None)


@pytest.fixture
def build(monkeypatch, sequencer, nothing_queued):  # noqa: F811
    """Build an export as a worker does; the ledger signs whenever it is waited for."""
    monkeypatch.setattr(building, "_rest", lambda: sequencer.round(now=timezone.now()))

    def run(export: Export) -> Export:
        exporting.work(export.pk)
        export.refresh_from_db()
        return export

    return run


@pytest.fixture
def verified(tmp_path: Path, evidence):  # noqa: F811
    """Let the offline verifier look at a bundle; give its exit code and what it says."""

    def check(bundle: bytes) -> tuple[int, str]:
        file = tmp_path / "handed-out.zip"
        file.write_bytes(bundle)
        key = evidence.folder / "verifier.key"
        command = [sys.executable, "-I", OFFLINE, "bundle", file, "--key", key]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    return check


def downloaded(browser: Client, export: Export) -> bytes:
    """Download a bundle."""
    response = browser.get(f"/audit/cases/exports/{export.pk}/download")
    assert response.status_code == 200, response
    return b"".join(response.streaming_content)


def unzipped(bundle: bytes) -> dict[str, bytes]:
    """Read the files of a bundle."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as files:
        return {name: files.read(name) for name in files.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    """Write files as a bundle."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)
    return out.getvalue()


__all__ = ["downloaded", "sign_in", "unzipped", "zipped"]
