"""What operators do about retention: destroy again after a restore, and clear the disk of what was deleted."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections
from django.utils import timezone

from apps.audit.retention import reapplying
from apps.privacy.certificates import CopyBroken

TABLES = (
    "ledger_searchrow", "rag_passage", "rag_document", "privacy_vaultentry", "privacy_datakey", "chat_message",
    "chat_frame", "chat_conversation", "batch_line", "batch_batch", "accounts_user",
)  # fmt: skip


class Command(BaseCommand):
    help = "`reapply` destroys again, after a restore, what was destroyed since; `scour` rewrites tables."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-commands."""
        what = parser.add_subparsers(dest="what", required=True)
        what.add_parser("reapply", help="Run this after every restore, before anybody signs in.")
        what.add_parser("scour", help="Rewrite the tables in which deleted text lingers. Locks each while it does.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the sub-command."""
        {"reapply": self._reapply, "scour": self._scour}[options["what"]]()

    def _reapply(self) -> None:
        try:
            done = reapplying.reapply(now=timezone.now())
        except CopyBroken as error:
            raise CommandError(error.sentence) from error
        self.stdout.write(
            f"{done.certificates:,} certificates read; {done.keys:,} keys destroyed again; {done.people:,} people "
            f"forgotten again; {done.held:,} keys are under a legal hold of the restored database and were left."
        )

    def _scour(self) -> None:
        if "owner" not in connections.databases:
            raise CommandError("PORTCULLIS_DATABASE_OWNER_URL is not set: only the tables' owner may rewrite them.")
        with connections["owner"].cursor() as cursor:
            for table in TABLES:
                try:
                    cursor.execute(f"VACUUM (FULL) {table}")
                except DatabaseError as error:
                    raise CommandError(f"{table} could not be rewritten: {type(error).__name__}.") from None
                self.stdout.write(f"{table} rewritten")
