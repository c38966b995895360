"""Secrets: vendors' key formats, key blocks, tokens, connection strings, assignments, passwords in prose."""

from __future__ import annotations

from typing import Final

from apps.privacy.recognisers.credentials import (
    assignments,
    blocks,
    commands,
    connection,
    entropy,
    hashes,
    headers,
    prose,
    short_codes,
    vendors,
)

RULES: Final = (
    *vendors.RULES,
    *blocks.RULES,
    *hashes.RULES,
    *connection.RULES,
    *headers.RULES,
    *commands.RULES,
    *assignments.RULES,
    *prose.RULES,
    *short_codes.RULES,
    *entropy.RULES,
)
