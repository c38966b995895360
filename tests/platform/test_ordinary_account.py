"""`make run` by somebody who is not root: everything starts, answers and stops under that account alone."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.embedded.ports import free_port
from tests.platform.processes import ROOT, Embedded, family, identity, open_folder, status_of

pytestmark = [pytest.mark.journey, pytest.mark.timeout(400)]

ACCOUNT = "nobody"


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of the ordinary account's own."""
    if os.geteuid() != 0:
        pytest.skip("Every test of this run is made by an ordinary account already.")
    with open_folder() as folder:
        shutil.chown(folder, ACCOUNT)
        yield folder


@pytest.fixture
def python(home: Path) -> Path:
    """An environment of the account's own with the packages of this one, made with an interpreter that it may run."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for interpreter in (sys.base_prefix + f"/bin/{version}", f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        if may_run(interpreter):
            environment = home / "venv"
            by_account([interpreter, "-m", "venv", "--without-pip", str(environment)])
            packages = environment / "lib" / version / "site-packages" / "packages.pth"
            packages.write_text(sysconfig.get_path("purelib") + "\n")
            return environment / "bin" / "python"
    pytest.skip(f"No {version} on this machine can be run by the account {ACCOUNT!r}.")


def may_run(interpreter: str) -> bool:
    try:
        return by_account([interpreter, "-c", "import ensurepip, venv"]).returncode == 0
    except OSError:
        return False


def by_account(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, text=True, **identity(ACCOUNT))


def test_an_ordinary_account_starts_uses_and_stops_everything(home: Path, python: Path) -> None:
    embedded = Embedded(home / "state", free_port(), python=str(python), account=ACCOUNT)

    with embedded.started() as launcher:
        everything = family(launcher.pid)
        assert {process.username() for process in everything} == {ACCOUNT}
        assert status_of(f"{embedded.address}/readyz") == 200
        launcher.send_signal(signal.SIGINT)
        assert launcher.wait(60) == 0

    assert not psutil.wait_procs(everything, timeout=20)[1]
    assert {path.lstat().st_uid for path in embedded.state.rglob("*")} == {pwd.getpwnam(ACCOUNT).pw_uid}
