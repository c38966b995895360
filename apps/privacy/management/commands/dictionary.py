"""Bring the company's dictionary in from a file, or write it out."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.privacy import dictionary_lines, dictionary_terms
from apps.privacy.dictionary_models import DictionaryEntry


class Command(BaseCommand):
    """``manage.py dictionary import FILE`` or ``manage.py dictionary export > FILE``."""

    help = "Import terms into the company's dictionary (a list, or a table with a heading), or export all of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ask for the direction, and for an import the file and the kind of terms that name none."""
        directions = parser.add_subparsers(dest="direction", required=True)
        importing = directions.add_parser(
            "import", help="Read terms; lines with problems are named and nothing is kept."
        )
        importing.add_argument("file", help="A text or CSV file in UTF-8; - reads standard input.")
        importing.add_argument("--kind", choices=DictionaryEntry.Kind.values, default=DictionaryEntry.Kind.CUSTOMER)
        directions.add_parser("export", help="Write all terms as CSV to standard output.")

    def handle(self, *args: Any, **options: Any) -> None:
        """
        Do one or the other.

        :raises CommandError: if a line of an import has a problem: its number is named, its text is not.
        """
        if options["direction"] == "export":
            self._export()
        else:
            self._import(options["file"], kind=options["kind"])

    def _export(self) -> None:
        entries = DictionaryEntry.objects.order_by("key").values_list("term", "kind", "is_exact", "note")
        dictionary_terms.record_export(entries.count(), by=None, now=timezone.now())
        for line in dictionary_lines.write(entries.iterator(chunk_size=5_000)):
            self.stdout.write(line, ending="")

    def _import(self, name: str, *, kind: str) -> None:
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
            lines = dictionary_lines.read(text, kind=kind)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The file cannot be read as UTF-8 text: {type(error).__name__}.") from None
        except dictionary_lines.TooManyLines as error:
            raise CommandError(error.sentence) from None
        if lines.problems:
            listed = "\n".join(f"Line {problem.number}: {problem.sentence}" for problem in lines.problems[:50])
            raise CommandError(f"Nothing was imported. {len(lines.problems)} lines have problems:\n{listed}")
        brought = dictionary_terms.bring(lines.terms, by=None, now=timezone.now())
        self.stdout.write(f"{brought.new} new, {brought.changed} changed, {brought.same} there already.")
