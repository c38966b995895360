"""Make the report of a month and write it to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.audit.cases.exporting import NotToBeHad
from apps.audit.reports import months, reporting
from apps.audit.reports.months import NotAMonth
from apps.audit.reports.reporting import UnderWay


class Command(BaseCommand):
    help = "Make the report of a month, sealed into the ledger, and write it to a ZIP. The sequencer has to run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("month", help="the month, as 2026-10")
        parser.add_argument("file", type=Path, help="where to write the ZIP; it must not exist yet")

    def handle(self, *args: Any, **options: Any) -> str:
        """Ask for the report, build it here, and write it."""
        if options["file"].exists():
            raise CommandError(f"{options['file']} exists already. Name another file.")
        path, today = options["file"], timezone.localdate()
        try:
            month = months.read(options["month"], today=today)
            report = reporting.ask(month, by=None, now=timezone.now())
        except (NotAMonth, UnderWay) as refused:
            raise CommandError(refused.sentence) from None
        reporting.work(report.pk)
        report.refresh_from_db()
        try:
            chunks = reporting.downloaded(report, by=None, now=timezone.now())
        except NotToBeHad:
            raise CommandError(report.sentence or "Another worker makes it; look at the list of reports.") from None
        with path.open("xb") as file:
            file.writelines(chunks)
        return f"{path}: the report of {month}, manifest {report.manifest}"
