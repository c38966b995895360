"""Budgets of every scope and window, with purses that count against them; limits of pace; the guard against loops."""

import apps.ledger.ids
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

# Every call says in which day and hour it is booked, so that the purses can be counted from the calls (0004 does).
FILL = f"""
UPDATE gateway_reservation
   SET day = (created_at AT TIME ZONE '{settings.TIME_ZONE}')::date, hour = date_trunc('hour', created_at, 'UTC'),
       heard_at = created_at
"""
COPY = """
INSERT INTO gateway_budget (scope, team_id, key_label, "window", soft_limit, hard_limit, currency)
SELECT 'TEAM', team_id, '', 'MONTH', CASE WHEN NOT is_hard THEN monthly_limit END,
       CASE WHEN is_hard THEN monthly_limit END, currency
  FROM gateway_oldbudget
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('gateway', '0002_catalogue_and_routes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("Budget", "OldBudget"),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('ORGANISATION', 'The organisation'), ('TEAM', 'A team'), ('PERSON', 'A person'), ('MODEL', 'A model'), ('TEAM_MODEL', "A team's use of a model"), ('KEY', 'An API key')], default='TEAM', max_length=12)),
                ('key_id', models.UUIDField(blank=True, null=True)),
                ('key_label', models.CharField(blank=True, max_length=80)),
                ('window', models.CharField(choices=[('DAY', 'A day'), ('MONTH', 'A calendar month'), ('ROLLING', 'The last hours')], default='MONTH', max_length=8)),
                ('hours', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('soft_limit', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('hard_limit', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ('currency', models.CharField(default='USD', max_length=3)),
                ('model', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='gateway.languagemodel')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='accounts.team')),
            ],
            options={
                'ordering': ['scope', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='BatchMark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('ORGANISATION', 'The organisation'), ('TEAM', 'A team'), ('PERSON', 'A person'), ('MODEL', 'A model'), ('TEAM_MODEL', "A team's use of a model"), ('KEY', 'An API key')], default='TEAM', max_length=12)),
                ('key_id', models.UUIDField(blank=True, null=True)),
                ('key_label', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['scope', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='LoopStop',
            fields=[
                ('id', models.UUIDField(default=apps.ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key_id', models.UUIDField(null=True)),
                ('reason', models.CharField(choices=[('REPEATS', 'the same request again and again'), ('FAILURES', 'the same request again after each failure'), ('GROWTH', 'a conversation with itself that repeats its last step'), ('LENGTH', 'one run of more calls than allowed, without a pause'), ('CEILING', 'one run that cost as much as a run may cost')], max_length=8)),
                ('calls', models.PositiveIntegerField()),
                ('cost', models.DecimalField(decimal_places=12, max_digits=24)),
                ('began_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-began_at'],
            },
        ),
        migrations.CreateModel(
            name='Purse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('ORGANISATION', 'The organisation'), ('TEAM', 'A team'), ('PERSON', 'A person'), ('MODEL', 'A model'), ('TEAM_MODEL', "A team's use of a model"), ('KEY', 'An API key')], max_length=12)),
                ('subject_id', models.UUIDField()),
                ('other_id', models.UUIDField(default=uuid.UUID('00000000-0000-0000-0000-000000000000'))),
                ('currency', models.CharField(max_length=3)),
            ],
        ),
        migrations.CreateModel(
            name='RateLimit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('ORGANISATION', 'The organisation'), ('TEAM', 'A team'), ('PERSON', 'A person'), ('MODEL', 'A model'), ('TEAM_MODEL', "A team's use of a model"), ('KEY', 'An API key')], default='TEAM', max_length=12)),
                ('key_id', models.UUIDField(blank=True, null=True)),
                ('key_label', models.CharField(blank=True, max_length=80)),
                ('requests', models.PositiveIntegerField(blank=True, null=True)),
                ('tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('streams', models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['scope', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RunawayRules',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('slow_after', models.PositiveSmallIntegerField(default=8)),
                ('stop_after', models.PositiveSmallIntegerField(default=20)),
                ('longest_run', models.PositiveSmallIntegerField(default=200)),
                ('run_ceiling', models.DecimalField(decimal_places=2, default=Decimal('20'), max_digits=14)),
                ('stop_minutes', models.PositiveSmallIntegerField(default=10)),
            ],
        ),
        migrations.CreateModel(
            name='SpentDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reserved', models.DecimalField(decimal_places=12, default=Decimal('0'), max_digits=24)),
                ('spent', models.DecimalField(decimal_places=12, default=Decimal('0'), max_digits=24)),
                ('day', models.DateField()),
            ],
        ),
        migrations.CreateModel(
            name='SpentHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reserved', models.DecimalField(decimal_places=12, default=Decimal('0'), max_digits=24)),
                ('spent', models.DecimalField(decimal_places=12, default=Decimal('0'), max_digits=24)),
                ('hour', models.DateTimeField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='reservation',
            name='gateway_held_reservations',
        ),
        migrations.AddField(
            model_name='reservation',
            name='day',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='hour',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='key_id',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='purses',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None),
        ),
        migrations.AddField(
            model_name='reservation',
            name='shape',
            field=models.BinaryField(max_length=16, null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='step',
            field=models.BinaryField(max_length=16, null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='tokens_at_most',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='model',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='gateway.languagemodel'),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='person',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='team',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='accounts.team'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='reservation',
            name='day',
            field=models.DateField(),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='hour',
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='heard_at',
            field=models.DateTimeField(),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(condition=models.Q(('state', 'HELD')), fields=['heard_at'], name='gateway_held_reservations'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['team', 'created_at'], name='gateway_calls_of_a_team'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['person', 'created_at'], name='gateway_calls_of_a_person'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['model', 'created_at'], name='gateway_calls_of_a_model'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(condition=models.Q(('key_id__isnull', False)), fields=['key_id', 'created_at'], name='gateway_calls_of_a_key'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('key_id', None), ('model', None), ('person', None), ('scope', 'ORGANISATION'), ('team', None)), models.Q(('key_id', None), ('model', None), ('person', None), ('scope', 'TEAM')), models.Q(('key_id', None), ('model', None), ('scope', 'PERSON'), ('team', None)), models.Q(('key_id', None), ('person', None), ('scope', 'MODEL'), ('team', None)), models.Q(('key_id', None), ('model__isnull', False), ('person', None), ('scope', 'TEAM_MODEL'), ('team__isnull', False)), models.Q(('model', None), ('person', None), ('scope', 'KEY'), ('team', None)), _connector='OR'), name='gateway_budget_names_its_subject'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.UniqueConstraint(fields=('scope', 'team', 'person', 'model', 'key_id', 'window', 'hours', 'currency'), name='gateway_one_budget_each_window', nulls_distinct=False, violation_error_message='There is such a budget already. Change that one.'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hours__gte', 1), ('hours__lte', 720), ('window', 'ROLLING')), models.Q(models.Q(('window', 'ROLLING'), _negated=True), ('hours', None)), _connector='OR'), name='gateway_hours_iff_rolling'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(('soft_limit__isnull', False), ('hard_limit__isnull', False), _connector='OR'), name='gateway_budget_has_a_limit'),
        ),
        migrations.AddConstraint(
            model_name='budget',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('soft_limit', None), ('soft_limit__gte', 0), _connector='OR'), models.Q(('hard_limit', None), ('hard_limit__gte', 0), _connector='OR')), name='gateway_limit_is_not_negative'),
        ),
        migrations.AddField(
            model_name='batchmark',
            name='model',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='gateway.languagemodel'),
        ),
        migrations.AddField(
            model_name='batchmark',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='batchmark',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='accounts.team'),
        ),
        migrations.AddField(
            model_name='loopstop',
            name='lifted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='loopstop',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='loop_stops', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='purse',
            constraint=models.UniqueConstraint(fields=('scope', 'subject_id', 'other_id', 'currency'), name='gateway_one_purse_each_subject'),
        ),
        migrations.AddField(
            model_name='ratelimit',
            name='model',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='gateway.languagemodel'),
        ),
        migrations.AddField(
            model_name='ratelimit',
            name='person',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='ratelimit',
            name='team',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='%(class)ss', to='accounts.team'),
        ),
        migrations.AddConstraint(
            model_name='runawayrules',
            constraint=models.CheckConstraint(condition=models.Q(('id', 1)), name='gateway_one_row_of_rules'),
        ),
        migrations.AddConstraint(
            model_name='runawayrules',
            constraint=models.CheckConstraint(condition=models.Q(('slow_after__gte', 3), ('stop_after__gt', models.F('slow_after')), ('longest_run__gte', 20), ('longest_run__lte', 500), ('run_ceiling__gt', 0), ('stop_minutes__gte', 1)), name='gateway_rules_make_sense'),
        ),
        migrations.AddField(
            model_name='spentday',
            name='purse',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='gateway.purse'),
        ),
        migrations.AddField(
            model_name='spenthour',
            name='purse',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='gateway.purse'),
        ),
        migrations.AddConstraint(
            model_name='batchmark',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('key_id', None), ('model', None), ('person__isnull', False), ('scope', 'PERSON'), ('team', None)), models.Q(('key_id__isnull', False), ('model', None), ('person', None), ('scope', 'KEY'), ('team', None)), _connector='OR'), name='gateway_mark_names_its_subject'),
        ),
        migrations.AddConstraint(
            model_name='batchmark',
            constraint=models.UniqueConstraint(fields=('person', 'key_id'), name='gateway_marked_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='loopstop',
            index=models.Index(condition=models.Q(('lifted_at', None)), fields=['person', 'until'], name='gateway_stops_in_force'),
        ),
        migrations.AddConstraint(
            model_name='ratelimit',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('key_id', None), ('model', None), ('person', None), ('scope', 'ORGANISATION'), ('team', None)), models.Q(('key_id', None), ('model', None), ('person', None), ('scope', 'TEAM')), models.Q(('key_id', None), ('model', None), ('scope', 'PERSON'), ('team', None)), models.Q(('key_id', None), ('person', None), ('scope', 'MODEL'), ('team', None)), models.Q(('key_id', None), ('model__isnull', False), ('person', None), ('scope', 'TEAM_MODEL'), ('team__isnull', False)), models.Q(('model', None), ('person', None), ('scope', 'KEY'), ('team', None)), _connector='OR'), name='gateway_rate_names_its_subject'),
        ),
        migrations.AddConstraint(
            model_name='ratelimit',
            constraint=models.UniqueConstraint(fields=('scope', 'team', 'person', 'model', 'key_id'), name='gateway_one_rate_each_subject', nulls_distinct=False, violation_error_message='There is such a limit already. Change that one.'),
        ),
        migrations.AddConstraint(
            model_name='ratelimit',
            constraint=models.CheckConstraint(condition=models.Q(('requests__gte', 1), ('tokens__gte', 1), ('streams__gte', 1), _connector='OR'), name='gateway_rate_has_a_limit'),
        ),
        migrations.AddConstraint(
            model_name='spentday',
            constraint=models.UniqueConstraint(fields=('purse', 'day'), name='gateway_one_row_each_day'),
        ),
        migrations.AddConstraint(
            model_name='spentday',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('spent__gte', 0)), name='gateway_day_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='spenthour',
            constraint=models.UniqueConstraint(fields=('purse', 'hour'), name='gateway_one_row_each_hour'),
        ),
        migrations.AddConstraint(
            model_name='spenthour',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0), ('spent__gte', 0)), name='gateway_hour_is_not_negative'),
        ),
        migrations.RemoveField(
            model_name='reservation',
            name='budget_month',
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
    ]
