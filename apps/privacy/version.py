"""The name of the engine's present state. Reads files, imports no library."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from apps.privacy import name_model


def current() -> str:
    """Name the state of recognisers, word lists and model by the model's name and a digest of their files."""
    return f"{name_model.chosen()[:40]}-{_digest()}"


@cache
def _digest() -> str:
    digest = hashlib.sha256()
    home = Path(__file__).parent
    for path in sorted([*home.glob("**/*.py"), *home.glob("data/*"), *home.glob("weights/*")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
