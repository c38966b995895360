"""A trigger that refuses UPDATE, DELETE and TRUNCATE on what a template said, the owner included."""

from django.db import migrations

REFUSE = """
CREATE FUNCTION notices_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Versions of templates are append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Write a new version.';
END
$$;
"""

GUARD = """
CREATE TRIGGER notices_templateversion_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON notices_templateversion
    FOR EACH STATEMENT EXECUTE FUNCTION notices_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_rows")]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION notices_refuse_change()"),
        migrations.RunSQL(GUARD, "DROP TRIGGER notices_templateversion_is_append_only ON notices_templateversion"),
    ]
