"""Migrate as the owner of the tables, then give the runtime role exactly what it needs."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections

APPEND_ONLY_MARK = "is_append_only"
SEQUENCERS_MARK = "is_the_sequencers"
SEQUENCER_ROLE = "portcullis_sequencer"
# What the sequencer may do: read records, add its own, order them into the tree. Nothing else in the database.
SEQUENCER_RIGHTS = """
    GRANT USAGE ON SCHEMA public TO {role};
    GRANT SELECT, INSERT ON ledger_event, ledger_entry, ledger_node, ledger_checkpoint, ledger_cosignature,
        ledger_timestamp TO {role};
    GRANT SELECT ON ledger_intent, ledger_outcome TO {role};
    GRANT SELECT, DELETE ON ledger_pending TO {role};
    GRANT SELECT, INSERT, UPDATE ON ledger_leader TO {role};
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role};
"""


class Command(BaseCommand):
    help = (
        "Migrate as the owner and grant the runtime role its rights. Idempotent; needs PORTCULLIS_DATABASE_OWNER_URL."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in connections.databases:
            raise CommandError(
                "PORTCULLIS_DATABASE_OWNER_URL is not set. Set it to the address of the role that owns the tables."
            )
        call_command("migrate", database="owner", interactive=False, verbosity=options["verbosity"])
        self._grant()

    def _grant(self) -> None:
        runtime = connections["default"].settings_dict["USER"]
        with connections["owner"].cursor() as cursor:
            quote = connections["owner"].ops.quote_name
            role = quote(runtime)
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            for model in apps.get_models():
                if getattr(model, APPEND_ONLY_MARK, False):
                    table = quote(model._meta.db_table)
                    cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}")
                if getattr(model, SEQUENCERS_MARK, False):
                    cursor.execute(f"REVOKE INSERT, UPDATE, DELETE ON {quote(model._meta.db_table)} FROM {role}")
            cursor.execute("SELECT true FROM pg_roles WHERE rolname = %s", [SEQUENCER_ROLE])
            if cursor.fetchone() is None:
                raise CommandError(
                    f"The database has no role {SEQUENCER_ROLE}, which signs the ledger. Create it as "
                    "deploy/create-roles.sh does, then run this again."
                )
            cursor.execute(SEQUENCER_RIGHTS.format(role=SEQUENCER_ROLE))
