"""
A function that settles a call if nothing about it has to be told to anybody, for the one statement that closes an
exchange.

What has to be told (a soft limit that was passed, a call that cost more than was held, a reservation that is not held
any more) is put on the record by a longer way, in one transaction with the settlement. Here such a call is left as it
was found.
"""

from django.db import migrations

SETTLE_PLAINLY = """
CREATE FUNCTION gateway_settle_plainly(p_id uuid, p_input int, p_output int, p_now timestamptz,
                                       OUT is_plain boolean, OUT cost numeric, OUT currency text)
LANGUAGE plpgsql AS $$
DECLARE
    settled record;
BEGIN
    SELECT * INTO settled FROM gateway_close(p_id, 'SETTLED', p_input, p_output, p_now);
    IF settled.was IS DISTINCT FROM 'HELD' OR settled.cost > settled.amount OR cardinality(settled.passed) > 0 THEN
        RAISE EXCEPTION 'This settlement has to be told.' USING ERRCODE = 'PC001';
    END IF;
    is_plain := true; cost := settled.cost; currency := settled.currency;
EXCEPTION WHEN SQLSTATE 'PC001' THEN
    is_plain := false;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("gateway", "0006_pay_what_was_held")]

    operations = [migrations.RunSQL(SETTLE_PLAINLY, "DROP FUNCTION gateway_settle_plainly")]
