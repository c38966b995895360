"""Why an exchange was refused or broken off: a code, a colon, and the sentence that the person read."""

from __future__ import annotations


def verdict_in(reason: str) -> str:
    """Read the code that stands before the sentence of a reason, where there is one."""
    code, colon, _ = reason.partition(":")
    return code if colon and code.replace("_", "").isalnum() and code.isupper() else ""
