import apps.ledger.ids
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name='Intent',
            fields=[
                ('id', models.UUIDField(default=apps.ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('form', models.PositiveSmallIntegerField(default=1)),
                ('started_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('door', models.CharField(choices=[('BROWSER', 'Browser'), ('API', 'API'), ('TASK', 'Background task')], max_length=16)),
                ('purpose', models.CharField(choices=[('CHAT', 'Chat'), ('TITLE', 'Conversation title'), ('CONNECTION_TEST', 'Connection test')], max_length=32)),
                ('person_id', models.UUIDField()),
                ('person_label', models.CharField(max_length=300)),
                ('team_id', models.UUIDField(null=True)),
                ('team_label', models.CharField(blank=True, max_length=300)),
                ('conversation_id', models.UUIDField(null=True)),
                ('turn_id', models.UUIDField(null=True)),
                ('model_label', models.CharField(blank=True, max_length=300)),
                ('provider_label', models.CharField(blank=True, max_length=300)),
                ('egress_class', models.CharField(blank=True, choices=[('INSIDE', 'Inside the network'), ('OUTSIDE', 'Outside the network')], max_length=16)),
                ('sealed_payload', models.BinaryField(default=b'')),
                ('masked', models.JSONField(default=list)),
                ('masked_types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=300), default=list, size=None)),
                ('masked_count', models.PositiveIntegerField(default=0)),
                ('passages', models.JSONField(default=list)),
                ('policy_version', models.CharField(blank=True, max_length=300)),
                ('prompt_version', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.UUIDField(default=apps.ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('form', models.PositiveSmallIntegerField(default=1)),
                ('started_at', models.DateTimeField()),
                ('concluded_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('kind', models.CharField(choices=[('ANSWERED', 'Answered'), ('REFUSED', 'Refused, nothing was sent'), ('STOPPED', 'Stopped by the person'), ('FAILED', 'The model did not finish'), ('UNKNOWN', 'Sent, result not recorded')], max_length=16)),
                ('reason', models.TextField(blank=True)),
                ('sealed_answer', models.BinaryField(default=b'')),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('cost', models.DecimalField(decimal_places=10, default=0, max_digits=20)),
                ('currency', models.CharField(blank=True, max_length=3)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=apps.ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('form', models.PositiveSmallIntegerField(default=1)),
                ('happened_at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('action', models.CharField(max_length=64)),
                ('actor_id', models.UUIDField(null=True)),
                ('actor_label', models.CharField(blank=True, max_length=300)),
                ('team_id', models.UUIDField(null=True)),
                ('team_label', models.CharField(blank=True, max_length=300)),
                ('subject_kind', models.CharField(blank=True, max_length=300)),
                ('subject_id', models.CharField(blank=True, max_length=300)),
                ('subject_label', models.CharField(blank=True, max_length=300)),
                ('details', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['-happened_at', '-id'], name='ledger_event_time'), models.Index(fields=['action', '-happened_at', '-id'], name='ledger_event_action'), models.Index(fields=['actor_id', '-happened_at', '-id'], name='ledger_event_actor'), models.Index(fields=['subject_kind', 'subject_id', '-happened_at'], name='ledger_event_subject')],
                'constraints': [models.CheckConstraint(condition=models.Q(('action__regex', '^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$')), name='ledger_event_action_is_a_code'), models.CheckConstraint(condition=models.Q(models.Q(('actor_id__isnull', True), ('actor_label', '')), models.Q(('actor_id__isnull', False), models.Q(('actor_label', ''), _negated=True)), _connector='OR'), name='ledger_event_actor_is_whole')],
            },
        ),
        migrations.CreateModel(
            name='OpenIntent',
            fields=[
                ('intent', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='open_row', serialize=False, to='ledger.intent')),
                ('started_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SearchRow',
            fields=[
                ('intent', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='search', serialize=False, to='ledger.intent')),
                ('conversation_id', models.UUIDField(null=True)),
                ('left_text', models.TextField(blank=True)),
                ('answer_text', models.TextField(blank=True)),
            ],
        ),
        migrations.AddIndex(
            model_name='intent',
            index=models.Index(fields=['-started_at', '-id'], include=('masked_count',), name='ledger_intent_time'),
        ),
        migrations.AddIndex(
            model_name='intent',
            index=models.Index(fields=['person_id', '-started_at', '-id'], name='ledger_intent_person'),
        ),
        migrations.AddIndex(
            model_name='intent',
            index=models.Index(fields=['team_id', '-started_at', '-id'], name='ledger_intent_team'),
        ),
        migrations.AddIndex(
            model_name='intent',
            index=models.Index(fields=['model_label', '-started_at', '-id'], name='ledger_intent_model'),
        ),
        migrations.AddIndex(
            model_name='intent',
            index=models.Index(fields=['conversation_id', 'started_at'], name='ledger_intent_conversation'),
        ),
        migrations.AddIndex(
            model_name='intent',
            index=django.contrib.postgres.indexes.GinIndex(fields=['masked_types'], name='ledger_intent_masked'),
        ),
        migrations.AddConstraint(
            model_name='intent',
            constraint=models.CheckConstraint(condition=models.Q(('door__in', ['BROWSER', 'API', 'TASK'])), name='ledger_intent_door_is_known'),
        ),
        migrations.AddConstraint(
            model_name='intent',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['CHAT', 'TITLE', 'CONNECTION_TEST'])), name='ledger_intent_purpose_is_known'),
        ),
        migrations.AddConstraint(
            model_name='intent',
            constraint=models.CheckConstraint(condition=models.Q(('egress_class__in', ['', 'INSIDE', 'OUTSIDE'])), name='ledger_intent_egress_is_known'),
        ),
        migrations.AddConstraint(
            model_name='intent',
            constraint=models.CheckConstraint(condition=models.Q(('person_label', ''), _negated=True), name='ledger_intent_has_a_person'),
        ),
        migrations.AddField(
            model_name='outcome',
            name='intent',
            field=models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, related_name='outcome', to='ledger.intent'),
        ),
        migrations.AddIndex(
            model_name='openintent',
            index=models.Index(fields=['started_at'], name='ledger_open_time'),
        ),
        migrations.AddIndex(
            model_name='searchrow',
            index=models.Index(fields=['conversation_id'], name='ledger_search_conversation'),
        ),
        migrations.AddIndex(
            model_name='searchrow',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('left_text'), name='gin_trgm_ops'), name='ledger_search_left_text'),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(fields=['kind', '-started_at', '-intent'], name='ledger_outcome_kind'),
        ),
        migrations.AddIndex(
            model_name='outcome',
            index=models.Index(fields=['started_at'], include=('kind', 'cost', 'currency'), name='ledger_outcome_time'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['ANSWERED', 'REFUSED', 'STOPPED', 'FAILED', 'UNKNOWN'])), name='ledger_outcome_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('cost__gte', 0)), name='ledger_outcome_cost_is_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$'), models.Q(('cost', 0), ('currency', '')), _connector='OR'), name='ledger_outcome_cost_has_a_currency'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'REFUSED'), _negated=True), models.Q(('cost', 0), ('input_tokens', 0), ('output_tokens', 0)), _connector='OR'), name='ledger_outcome_refused_means_nothing_was_sent'),
        ),
    ]
