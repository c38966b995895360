"""
What keeps the tree whole: records announce themselves to the sequencer, their time is the database's, and the tree's
own tables are append-only like the records.
"""

from django.db import migrations

RECORDS = {"ledger_intent": 1, "ledger_outcome": 2, "ledger_event": 3}
TREE = ("ledger_entry", "ledger_node", "ledger_checkpoint", "ledger_cosignature")

# The function runs as its owner: whoever writes a record needs no right on the list, and so cannot take it off again.
ANNOUNCE = """
CREATE FUNCTION ledger_announce() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO public.ledger_pending (kind, row_id) SELECT TG_ARGV[0]::smallint, added.id FROM added;
    RETURN NULL;
END
$$;
"""

STAMP = """
CREATE FUNCTION ledger_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := statement_timestamp();
    RETURN NEW;
END
$$;
"""

ON_RECORD = """
CREATE TRIGGER {table}_is_announced AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_announce({kind});
CREATE TRIGGER {table}_is_stamped BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION ledger_stamp();
"""
OFF_RECORD = "DROP TRIGGER {table}_is_announced ON {table}; DROP TRIGGER {table}_is_stamped ON {table};"

GUARD = """
CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_change();
"""

# Records from before the tree get their place in it in the order of their ids, which is the order of their making.
EARLIER = """
INSERT INTO ledger_pending (kind, row_id) SELECT kind, id FROM (
    SELECT 1 AS kind, id FROM ledger_intent UNION ALL SELECT 2, id FROM ledger_outcome
    UNION ALL SELECT 3, id FROM ledger_event) AS earlier ORDER BY id;
"""

SETTINGS = """
ALTER TABLE ledger_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_tree")]

    operations = [
        migrations.RunSQL(ANNOUNCE, "DROP FUNCTION ledger_announce()"),
        migrations.RunSQL(STAMP, "DROP FUNCTION ledger_stamp()"),
        *(
            migrations.RunSQL(ON_RECORD.format(table=table, kind=kind), OFF_RECORD.format(table=table))
            for table, kind in RECORDS.items()
        ),
        *(
            migrations.RunSQL(GUARD.format(table=table), f"DROP TRIGGER {table}_is_append_only ON {table}")
            for table in TREE
        ),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        migrations.RunSQL(SETTINGS, migrations.RunSQL.noop),
    ]
