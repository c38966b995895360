from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0002_held"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="checked_percent",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
