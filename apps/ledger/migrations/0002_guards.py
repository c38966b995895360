"""Triggers that refuse UPDATE, DELETE and TRUNCATE on the ledger's records to everybody, the owner included."""

from django.db import migrations

TABLES = ("ledger_intent", "ledger_outcome", "ledger_event")

REFUSE = """
CREATE FUNCTION ledger_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The ledger is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Append a new record that corrects the old one.';
END
$$;
"""

# A statement trigger fires even where no row matches, and for INSERT ... ON CONFLICT DO UPDATE and foreign keys' actions.
GUARD = """
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

# Sealed bytes do not compress: store them out of line as they are. A search row keeps room on its page for its answer.
STORAGE = """
ALTER TABLE ledger_intent ALTER COLUMN sealed_payload SET STORAGE EXTERNAL;
ALTER TABLE ledger_outcome ALTER COLUMN sealed_answer SET STORAGE EXTERNAL;
ALTER TABLE ledger_searchrow SET (fillfactor = 60);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION ledger_refuse_change()"),
        *(
            migrations.RunSQL(GUARD.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}")
            for table in TABLES
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
