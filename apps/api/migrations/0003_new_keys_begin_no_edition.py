"""
A new key begins no edition (`apps.accounts.editions`): nobody is remembered by it, and everybody may make some.
"""

import importlib

from django.db import migrations

from apps.accounts import edition_triggers

_editions = importlib.import_module("apps.api.migrations.0002_editions")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_newcomers_begin_no_edition"), ("api", "0002_editions")]

    operations = edition_triggers.but_for_new_rows(_editions.TABLES)
