"""Review's own commands: follow, recompute, check."""

from __future__ import annotations

import signal
import threading
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone

from apps.audit.review import evidence, following, reproducing
from apps.audit.review.models import Queue
from apps.ledger.agreement import at_one_moment
from apps.ledger.records import record_event
from apps.ledger.vocabulary import Action


class Command(BaseCommand):
    help = "Review: `follow` feeds the queues, `recompute` says who belonged in one on a day, `check` compares rows."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        what = parser.add_subparsers(dest="what", required=True)
        follow = what.add_parser("follow", help="Put exchanges into queues until stopped. Several may run.")
        follow.add_argument("--beat", type=Path, help="a file that is touched after each good round")
        day = what.add_parser("recompute", help="Decide a day of a queue again. Exit code 1 if it is not equal.")
        day.add_argument("queue", help="the queue's name")
        day.add_argument("day", type=date.fromisoformat, help="YYYY-MM-DD, in the portal's time zone")
        what.add_parser("check", help="Compare decisions, notes and definitions with their events. Exit code 1 if not.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sub-command."""
        {"follow": self._follow, "recompute": self._recompute, "check": self._check}[options["what"]](options)

    def _follow(self, options: dict[str, Any]) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        following.follow(stop, beat=options["beat"].touch if options["beat"] else _unwatched)

    def _recompute(self, options: dict[str, Any]) -> None:
        queue = Queue.objects.filter(name=options["queue"]).first()
        if queue is None:
            raise CommandError("There is no queue of this name.")
        compared = reproducing.recompute_on_record(queue, options["day"], by=None, now=timezone.now())
        self.stdout.write(
            f"{compared.exchanges:,} exchanges, {compared.expected:,} belonged in the queue, "
            f"{compared.unreadable:,} could not be read again."
        )
        for kind, ids in (("missing", compared.missing), ("too much", compared.extra)):
            for exchange_id in ids:
                self.stdout.write(f"  {kind}: {exchange_id}")
        if not compared.is_equal:
            raise CommandError("The queue does not hold what its definition asks for.")
        self.stdout.write("Equal.")

    def _check(self, options: dict[str, Any]) -> None:
        findings = 0
        with connection.cursor() as cursor, at_one_moment(cursor):
            for finding in evidence.review_agrees(cursor):
                findings += 1
                self.stdout.write(f"  {finding.code}: {finding.sentence}")
        record_event(Action.REVIEW_CHECKED, who=None, details={"findings": findings}, now=timezone.now())
        if findings:
            raise CommandError(f"{findings} rows do not fit their events. Keep the database as it is.")
        self.stdout.write(
            "Every decision, note and definition is as its event says. Now check the events: ledger verify."
        )


def _unwatched() -> None:
    """Nobody watches this process by a file."""
