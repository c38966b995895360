"""A new edition begins with every change of what models are, cost and may be called by; see `apps.accounts.editions`."""

from django.db import migrations

from apps.accounts import edition_triggers

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

    operations = edition_triggers.on(TABLES)
