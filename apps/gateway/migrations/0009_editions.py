"""A new edition begins with every change of what models are, cost and may be called by; see `apps.accounts.editions`."""

from django.db import migrations

ON_CHANGE = """
CREATE TRIGGER {table}_begins_an_edition AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE{of} ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_begin_edition();
"""
TABLES = {
    "gateway_provider": "",
    "gateway_languagemodel": "",
    "gateway_grant": "",
    "gateway_priceversion": "",
    "gateway_batchmark": "",
    "gateway_runawayrules": "",
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions"), ("gateway", "0008_currency_of_stops")]

    operations = [
        migrations.RunSQL(ON_CHANGE.format(table=table, of=of), f"DROP TRIGGER {table}_begins_an_edition ON {table}")
        for table, of in TABLES.items()
    ]
