"""A new edition begins with every change of a key; see `apps.accounts.editions`."""

from django.db import migrations

from apps.accounts import edition_triggers

TABLES = {
    # Not when it was last used or refused, which is noted once a minute or an hour.
    "api_apikey": " OF id, kind, name, person_id, team_id, digest, ending, scopes, model_ids, created_at, expires_at, "
    "revoked_at",
}


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_editions"), ("api", "0001_api_keys")]

    operations = edition_triggers.on(TABLES)
