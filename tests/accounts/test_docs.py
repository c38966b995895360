"""docs/accounts.md says what is there."""

from __future__ import annotations

import ast
from pathlib import Path

from apps.accounts import checks
from apps.accounts.models import Role

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "accounts.md").read_text("utf-8")


def test_every_role_is_described():
    assert [role for role in Role.values if f"| `{role}` |" not in PAGE] == []


def test_every_check_is_listed():
    source = Path(checks.__file__).read_text("utf-8")
    ids = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)}

    assert [name for name in ids if str(name).startswith("accounts.E") and f"| `{name}` |" not in PAGE] == []


def test_every_event_of_this_room_is_listed():
    used = set()
    for path in (ROOT / "apps" / "accounts").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_action = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
            if is_action and node.value.id == "Action":
                used.add(node.attr)

    assert used
    assert [action for action in used if f"`{action}`" not in PAGE] == []
