from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0008_circumstances'),
    ]

    operations = [
        migrations.AddField(
            model_name='openintent',
            name='reservation_id',
            field=models.UUIDField(null=True),
        ),
    ]
