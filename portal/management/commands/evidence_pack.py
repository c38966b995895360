"""Write what auditors ask for: controls, what answers them, and how the tests that show it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.evidence import controls, pack, results
from portal.evidence.results import NotReadable, Results


class Command(BaseCommand):
    help = "Write the control mapping with the results of its tests to a folder, as CSV, HTML and JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?", help="where to write; it is made if it is not there")
        parser.add_argument("--results", type=Path, help="a JUnit file, as `pytest --junitxml` writes it")
        parser.add_argument("--tests", action="store_true", help="only print the tests that are named, one a line")

    def handle(self, *args: Any, **options: Any) -> str:
        mapped = controls.read()
        if options["tests"]:
            return "\n".join(controls.tests_of(mapped))
        if options["folder"] is None:
            raise CommandError("Say which folder to write to: manage.py evidence_pack FOLDER")
        try:
            found = results.read(options["results"]) if options["results"] else Results()
        except NotReadable as error:
            raise CommandError(error.sentence) from None
        ended = pack.write(options["folder"], mapped, found, now=timezone.now())
        told = ", ".join(f"{count} {how}" for how, count in ended.items() if count)
        return f"{options['folder']}: {len(mapped)} controls; tests: {told}"
