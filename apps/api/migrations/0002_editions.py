"""A new edition begins with every change of a key; see `apps.accounts.editions`."""

from django.db import migrations

ON_CHANGE = """
CREATE TRIGGER {table}_begins_an_edition AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_begin_edition();
"""
TABLES = {
    # Not when it was last used or refused, which is noted once a minute or an hour.
    "api_apikey": " OF id, kind, name, person_id, team_id, digest, ending, scopes, model_ids, created_at, expires_at, "
    "revoked_at",
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions"), ("api", "0001_api_keys")]

    operations = [
        migrations.RunSQL(ON_CHANGE.format(table=table, of=of), f"DROP TRIGGER {table}_begins_an_edition ON {table}")
        for table, of in TABLES.items()
    ]
