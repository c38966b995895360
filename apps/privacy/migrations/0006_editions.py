"""A new edition begins with every version of the policy; see `apps.accounts.editions`."""

from django.db import migrations

from apps.accounts import edition_triggers

TABLES = {"privacy_policyversion": ""}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions"), ("privacy", "0005_placeholders_by_the_database_s_clock")]

    operations = edition_triggers.on(TABLES)
