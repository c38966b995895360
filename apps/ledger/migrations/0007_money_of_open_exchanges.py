from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0006_tree_guards'),
    ]

    operations = [
        migrations.AddField(
            model_name='openintent',
            name='reservation_id',
            field=models.UUIDField(null=True),
        ),
    ]
