"""Folders for Unix sockets, whose paths may be neither long nor unusual."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

LONGEST_FOLDER = 80
USUAL = re.compile(r"[A-Za-z0-9._/-]+")


class UnsafeFolder(RuntimeError):
    """A folder that must be ours belongs to another account: start as that account, or remove the folder."""


def socket_folder(inside: Path) -> Path:
    """
    Return `inside`, or a short folder under the temporary folder where that path is too long for a socket or has a
    character (a space, a comma) that PostgreSQL or a database address would read as something else.
    """
    if len(str(inside)) <= LONGEST_FOLDER and USUAL.fullmatch(str(inside)):
        return inside
    digest = hashlib.sha256(str(inside).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"portcullis-{digest}"


def make_private(path: Path, *, mode: int = 0o700, owners: tuple[int, ...] = ()) -> None:
    """
    Create a folder of our own, or make sure that the one there is ours.

    :raises UnsafeFolder: if it is a link or belongs to an account that is neither ours nor in `owners`.
    """
    path.mkdir(parents=True, exist_ok=True, mode=mode)
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in {os.geteuid(), *owners}:
        raise UnsafeFolder(
            f"{path} belongs to another account. Start as that account, or remove the folder (it may hold data)."
        )
    if found.st_uid == os.geteuid():
        path.chmod(mode)
