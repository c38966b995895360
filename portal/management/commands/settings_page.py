"""Write docs/settings.md from what the settings file declares."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from portal.environment import Declared, declared

PAGE = Path("docs") / "settings.md"
HEAD = """# Settings

Every environment variable the product reads, in the order of `portal/settings.py`. An empty variable counts as absent.
This page is written by `manage.py settings_page`; a test keeps it current.

`make run` sets what the embedded shape needs; in production set those marked **required**, then run
`manage.py check --deploy --database default`, which names what is wrong and the cure.
"""
REQUIRED = frozenset(
    {
        "PORTCULLIS_SECRET_KEY",
        "PORTCULLIS_BASE_URL",
        "PORTCULLIS_ALLOWED_HOSTS",
        "PORTCULLIS_DATABASE_URL",
        "PORTCULLIS_BROKER_URL",
        "PORTCULLIS_MASTER_KEY_FILE",
    }
)


class Command(BaseCommand):
    help = "Write docs/settings.md from the settings file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Only say whether the page is current.")

    def handle(self, *args: Any, **options: Any) -> str | None:
        path = Path(settings.BASE_DIR) / PAGE
        page = render(declared)
        if options["check"]:
            if not path.exists() or path.read_text() != page:
                raise CommandError(f"{PAGE} is old. Write it again with `manage.py settings_page`.")
            return None
        path.write_text(page)
        return f"{PAGE}: {len(declared)} settings"


def render(settings_read: list[Declared]) -> str:
    """Write the page: one heading a setting, so that each can be linked to."""
    parts = [HEAD]
    for each in settings_read:
        default = f"default `{each.default}`" if each.default else "no default"
        required = ", **required** in production" if each.name in REQUIRED else ""
        parts.append(f"## `{each.name}`\n\n{each.purpose}\n\n*{each.kind}, {default}{required}*\n")
    return "\n".join(parts)
