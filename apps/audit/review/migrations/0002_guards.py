"""Triggers that refuse UPDATE, DELETE and TRUNCATE on what officers decided, noted and defined, the owner included."""

from django.db import migrations

TABLES = ("review_decision", "review_note", "review_queueversion", "review_lexiconversion")

REFUSE = """
CREATE FUNCTION review_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What officers decided is append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Decide again, or write a new version.';
END
$$;
"""

GUARD = """
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION review_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0001_rows")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION review_refuse_change()"),
        *(
            migrations.RunSQL(GUARD.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}")
            for table in TABLES
        ),
    ]
