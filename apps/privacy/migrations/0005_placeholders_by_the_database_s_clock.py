from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = [("privacy", "0004_holds")]

    operations = [
        migrations.AlterField(
            model_name="vaultentry",
            name="created_at",
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
