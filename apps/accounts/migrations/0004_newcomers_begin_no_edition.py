"""
Who comes for the first time begins no edition (`apps.accounts.editions`), nor does a role that is given.

On the day a company begins, people come by the second, and each would have every program that calls begin again.
Memberships stay: a model may be denied to a team, and so to whoever joins it.
"""

import importlib

from django.db import migrations

from apps.accounts import edition_triggers

_editions = importlib.import_module("apps.accounts.migrations.0003_editions")
TABLES = {table: _editions.TABLES[table] for table in ("accounts_user", "accounts_roleassignment")}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions")]

    operations = edition_triggers.but_for_new_rows(TABLES)
