"""Folders for Unix sockets, whose paths may not be long."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path

LONGEST_FOLDER = 80


class UnsafeFolder(RuntimeError):
    """A folder that must be ours belongs to another account: start as that account, or remove the folder."""


def socket_folder(inside: Path) -> Path:
    """Return `inside`, or a short folder under the temporary folder where that path is too long for a socket."""
    if len(str(inside)) <= LONGEST_FOLDER:
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
