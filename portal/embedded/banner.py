"""What a person sees when everything runs."""

from __future__ import annotations

from collections.abc import Sequence

from portal.embedded.state import State
from portal.embedded.supervision import Process

RULE = "─" * 78


def banner(
    address: str,
    people: Sequence[tuple[str, str, str]],
    processes: Sequence[Process],
    state: State,
    *,
    seconds: float,
) -> str:
    """Write the banner: address, people (name, roles, what they may do), processes, logs, how to stop."""
    lines = ["", RULE, f"  Portcullis is ready after {seconds:.1f} s:  {address}", RULE]
    if people:
        width = max(len(roles) for _, roles, _ in people)
        lines += ["", "  Sign in with one click as", ""]
        lines += [f"    {name:<16} {roles:<{width}}  {may}" for name, roles, may in people]
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
