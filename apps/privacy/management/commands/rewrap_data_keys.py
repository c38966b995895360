"""Wrap the data keys of conversations, exchanges and batches anew under the master key in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from apps.privacy import rewrapping
from apps.privacy.keys import KeyUnavailable
from apps.privacy.rewrapping import Rewrapped


class Command(BaseCommand):
    """
    Works in batches, each in a transaction and on the record. Stop it when you like: the next run goes on from there.

    Every process may go on working meanwhile if `PORTCULLIS_OLD_MASTER_KEY_FILE` names the old key for it.
    """

    help = "Wrap every data key under the master key in use (--from OLD_MASTER_KEY_FILE). May be stopped and run again."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file of the master key used until now."""
        parser.add_argument("--from", dest="old_file", required=True, metavar="OLD_MASTER_KEY_FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and say how far it is."""
        try:
            done = rewrapping.rewrap(Path(options["old_file"]), now=timezone.now(), on_progress=self._tell)
        except KeyUnavailable as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{done.wrapped:,} of {done.seen:,} data keys were wrapped anew; the others were already.")
        if done.broken:
            named = ", ".join(map(str, done.named))
            raise CommandError(
                f"{done.broken:,} data keys open under neither master key. Keep the old key's file, find the key that "
                f"wraps them and run this again with it. The first are of: {named}."
            )

    def _tell(self, done: Rewrapped) -> None:
        self.stdout.write(f"{done.seen:,} looked at, {done.wrapped:,} wrapped anew …")
