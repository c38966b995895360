"""What a person sees when everything runs."""

from __future__ import annotations

from collections.abc import Sequence

from portal.embedded.state import State
from portal.embedded.supervision import Process

RULE = "─" * 78
# The people are described in apps/accounts/demo.py; this is the short list for somebody who has never been here.
PEOPLE = (
    ("Maya Lindqvist", "employee, Sales", "chats, and reads the documents of Sales"),
    ("Priya Raman", "employee, Engineering", "chats, and reads the documents of Engineering"),
    ("Elena Rossi", "employee, People & Finance", "chats, and reads the documents of her team"),
    ("Grace Oduya", "compliance officer", "reviews the record of every exchange"),
    ("Ruth Adler", "auditor", "reads the record and changes nothing"),
    ("David Kim", "admin, Engineering", "decides who may use which model, and budgets"),
)


def banner(address: str, processes: Sequence[Process], state: State, *, seconds: float, has_demo: bool) -> str:
    """Write the banner: address, people, processes, logs, how to stop."""
    lines = ["", RULE, f"  Portcullis is ready after {seconds:.1f} s:  {address}", RULE]
    if has_demo:
        lines += ["", "  Sign in with one click as", ""]
        lines += [f"    {name:<16} {role:<28} {may}" for name, role, may in PEOPLE]
    lines += ["", "  Running", ""]
    lines += [f"    {each.name:<16} process {each.pid}" for each in processes]
    lines += [
        "",
        f"  Logs     {state.logs}  (or: make logs)",
        f"  Data     {state.home}  (make reset empties it)",
        "  Stop     Ctrl-C here, or: make stop",
        RULE,
        "",
    ]
    return "\n".join(lines)
