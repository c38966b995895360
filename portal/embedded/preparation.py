"""
The step between the database and the product: schema, rights, static files and, once, the demo company.

A process of its own, because it alone may act as the owner of the tables.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import django
from django.core.management import call_command

from portal.embedded.console import step
from portal.embedded.state import write_private


def main() -> None:
    """Prepare everything; prints one line a step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo-mark", type=Path, required=True)
    parser.add_argument("--people-file", type=Path, required=True)
    wanted = parser.parse_args()
    demo_mark: Path = wanted.demo_mark
    with step("loading the product"):
        django.setup()
    with step("database schema and rights"):
        call_command("prepare_database", verbosity=0)
    with step("static files"):
        call_command("collectstatic", interactive=False, verbosity=0)
    if not demo_mark.exists():
        with step("the demo company, once"):
            call_command("seed_demo", verbosity=0)
        demo_mark.touch()
    write_private(wanted.people_file, json.dumps(people()))


def people() -> list[tuple[str, str, str]]:
    """List whom one can sign in as with one click: name, roles with team, what they may do. One query."""
    from apps.accounts.demo import cards

    return [(card.name, ", ".join(filter(None, (card.roles, card.team))), card.may) for card in cards()]


if __name__ == "__main__":
    main()
