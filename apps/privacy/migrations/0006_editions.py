"""A new edition begins with every version of the policy; see `apps.accounts.editions`."""

from django.db import migrations

ON_CHANGE = """
CREATE TRIGGER {table}_begins_an_edition AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_begin_edition();
"""
TABLES = {"privacy_policyversion": ""}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions"), ("privacy", "0005_placeholders_by_the_database_s_clock")]

    operations = [
        migrations.RunSQL(ON_CHANGE.format(table=table, of=of), f"DROP TRIGGER {table}_begins_an_edition ON {table}")
        for table, of in TABLES.items()
    ]
