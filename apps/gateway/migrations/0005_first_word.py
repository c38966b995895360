from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gateway", "0004_money_functions")]
    operations = [
        migrations.AddField(
            model_name="languagemodel",
            name="first_word_seconds",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
