"""How a call came about and what was typed, on its record; and the gateway's own count of what went out."""

import django.db.models.functions.datetime
from django.db import migrations, models

# Nobody takes a counted call back, and its second clock is the database's, as for every record.
GUARD = """
CREATE TRIGGER ledger_departure_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_departure
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER ledger_departure_is_stamped BEFORE INSERT ON ledger_departure
    FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
"""
UNGUARD = """
DROP TRIGGER ledger_departure_is_append_only ON ledger_departure;
DROP TRIGGER ledger_departure_is_stamped ON ledger_departure;
"""
STORAGE = "ALTER TABLE ledger_intent ALTER COLUMN sealed_typed SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_narrower_searches")]

    operations = [
        migrations.AddField(model_name="intent", name="circumstances", field=models.JSONField(null=True)),
        migrations.AddField(model_name="intent", name="sealed_typed", field=models.BinaryField(null=True)),
        migrations.AlterField(
            model_name="intent", name="form", field=models.PositiveSmallIntegerField(default=2)
        ),
        migrations.CreateModel(
            name="Departure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("call_id", models.UUIDField(null=True)),
                ("way", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "indexes": [models.Index(fields=["at"], include=("call_id",), name="ledger_departure_time")],
            },
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
