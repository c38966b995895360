from django.db import migrations

REFUSE = """
CREATE FUNCTION cases_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Notes of cases are append-only: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'Write another note.';
END
$$;
"""

GUARD = """
CREATE TRIGGER cases_casenote_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_casenote
    FOR EACH STATEMENT EXECUTE FUNCTION cases_refuse_change();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0001_cases'),
    ]

    operations = [
        migrations.RunSQL(REFUSE, "DROP FUNCTION cases_refuse_change()"),
        migrations.RunSQL(GUARD, "DROP TRIGGER cases_casenote_is_append_only ON cases_casenote"),
    ]
