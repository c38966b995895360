"""The name of the engine's present state. Reads files, imports no library."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path


@cache
def current() -> str:
    """Name the state of recognisers, word lists and model by a digest of their files."""
    digest = hashlib.sha256()
    home = Path(__file__).parent
    for path in sorted([*home.glob("*.py"), *home.glob("recognisers/**/*.py"), *home.glob("data/*")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"en-sm-{digest.hexdigest()[:12]}"
