"""
A new edition begins with every change of people, teams and roles; see `apps.accounts.editions`.

A row that another transaction holds is passed over, and where all are held one more is made: who changes something
waits for nobody on account of the edition, and no two lock each other out. A value is drawn anew each time, so that none
ever comes again, whatever is rolled back, emptied or restored.
"""

from django.db import migrations, models

from apps.accounts import edition_triggers

BEGIN = """
CREATE FUNCTION accounts_begin_edition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE accounts_edition SET value = gen_random_uuid()
     WHERE id = (SELECT one.id FROM accounts_edition AS one ORDER BY one.id LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO accounts_edition (value) VALUES (gen_random_uuid());
    END IF;
    RETURN NULL;
END
$$;
"""
TABLES = {
    # Who signs in changes the other two columns.
    "accounts_user": " OF id, username, name, email, is_active, is_demo, date_joined",
    "accounts_team": "",
    "accounts_membership": "",
    "accounts_roleassignment": "",
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_roles_that_end")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(BEGIN, "DROP FUNCTION accounts_begin_edition"),
        migrations.RunSQL(
            "INSERT INTO accounts_edition (value) VALUES (gen_random_uuid())", migrations.RunSQL.noop
        ),
        *edition_triggers.on(TABLES),
    ]
