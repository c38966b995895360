"""
The step between the database and the product: schema, rights, static files and, once, the demo company.

A process of its own, because it alone may act as the owner of the tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import django
from django.core.management import call_command

from portal.embedded.console import step


def main() -> None:
    """Prepare everything; prints one line a step."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo-mark", type=Path, required=True)
    demo_mark: Path = parser.parse_args().demo_mark
    with step("loading the product"):
        django.setup()
    with step("database schema and rights"):
        call_command("prepare_database", verbosity=0)
    with step("static files"):
        call_command("collectstatic", interactive=False, verbosity=0)
    if not demo_mark.exists():
        with step("the demo company"):
            call_command("seed_demo", verbosity=0)
        demo_mark.touch()


if __name__ == "__main__":
    main()
