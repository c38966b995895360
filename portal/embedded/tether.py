"""
Run a command that does not outlive the process that started it.

Linux sends the command a signal when its parent dies, however it dies; so a killed launcher or process manager leaves
nothing behind. Elsewhere the command simply runs, and the next start clears what was left. Run as a plain file by
`python -I`; it must import nothing but the standard library.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import pwd
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Give up privileges where asked, tie this process to its parent, become the command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--signal", type=int, required=True)
    parser.add_argument("--account", default="")
    parser.add_argument("--environment", default="", help="a private JSON file with the command's whole environment")
    parser.add_argument("command", nargs="+")
    wanted = parser.parse_args()
    parent = os.getppid()
    environment = _environment(wanted.environment)
    if wanted.account:
        _become(wanted.account)
    if sys.platform == "linux":
        # After the change of account, which would clear it; it survives exec.
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, wanted.signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("The parent is gone already.")
    os.execve(wanted.command[0], wanted.command, environment)  # noqa: S606


def _environment(path: str) -> dict[str, str]:
    if not path:
        return dict(os.environ)
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  # pathlib would double the start-up time
        return {str(name): str(value) for name, value in json.load(file).items()}


def _become(name: str) -> None:
    account = pwd.getpwnam(name)
    os.initgroups(name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    os.chdir("/")


if __name__ == "__main__":
    main()
