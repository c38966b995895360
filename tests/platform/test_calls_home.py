"""Promise 6: nothing calls home. Measured at the network, not in the code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platform.journey import PROBE
from tests.platform.processes import ROOT, clean_environment, open_folder

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]


def why_not() -> str:
    """Say what is missing for a network of its own, or nothing."""
    if os.geteuid() != 0:
        return "a network of its own needs root"
    if not (shutil.which("unshare") and shutil.which("ip") and Path("/dev/net/tun").exists()):
        return "unshare, ip and /dev/net/tun are needed for a network of its own"
    tried = subprocess.run(
        ["unshare", "--net", "ip", "tuntap", "add", "dev", "try0", "mode", "tun"], capture_output=True
    )
    return "" if tried.returncode == 0 else "this machine does not allow a network of its own"


@pytest.mark.skipif(bool(why_not()), reason=why_not())
def test_a_full_journey_makes_no_connection_off_this_machine() -> None:
    with open_folder() as folder:
        done = subprocess.run(
            ["unshare", "--net", sys.executable, "-m", "tests.platform.journey", str(folder)],
            cwd=ROOT, env=clean_environment(), capture_output=True, text=True,
        )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["outcome"] == "ANSWERED"
    assert report["wanted"] == []
    assert report["after_probe"] == [f"{PROBE[0]} port {PROBE[1]}"], "the counting itself does not work"
