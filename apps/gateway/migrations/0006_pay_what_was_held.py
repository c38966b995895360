"""
Settling without a count of tokens pays what was held: nobody knows what the call cost, and it cannot have cost more.
"""

from django.db import migrations

CLOSE = """
CREATE OR REPLACE FUNCTION gateway_close(p_id uuid, p_state text, p_input int, p_output int, p_now timestamptz,
                              OUT was text, OUT cost numeric, OUT currency text, OUT amount numeric, OUT passed bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    r gateway_reservation;
    given_back numeric;
    paid numeric;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('gateway budgets', 0));
    SELECT * INTO r FROM gateway_reservation WHERE id = p_id FOR UPDATE;
    was := r.state; cost := r.cost; currency := r.currency; amount := r.amount; passed := '{}';
    IF was IS NULL OR was = 'SETTLED' OR was = p_state THEN
        RETURN;
    END IF;
    IF p_state = 'SETTLED' THEN
        cost := CASE WHEN p_input IS NULL THEN r.amount
                     ELSE (r.input_price * p_input + r.output_price * p_output) * 0.000001 END;
    END IF;
    paid := coalesce(cost, 0);
    given_back := CASE was WHEN 'HELD' THEN r.amount ELSE 0 END;
    UPDATE gateway_reservation AS one
       SET state = p_state, cost = gateway_close.cost, closed_at = p_now,
           input_tokens = CASE p_state WHEN 'SETTLED' THEN p_input END,
           output_tokens = CASE p_state WHEN 'SETTLED' THEN p_output END
     WHERE one.id = p_id;
    IF cardinality(r.purses) = 0 OR (paid = 0 AND given_back = 0) THEN
        RETURN;
    END IF;
    PERFORM 1 FROM unnest(r.purses) WITH ORDINALITY AS each(purse, place) JOIN gateway_purse p ON p.id = each.purse
      ORDER BY each.place FOR UPDATE OF p;
    UPDATE gateway_spentday AS kept SET reserved = kept.reserved - given_back, spent = kept.spent + paid
     WHERE kept.purse_id = ANY (r.purses) AND kept.day = r.day;
    UPDATE gateway_spenthour AS kept SET reserved = kept.reserved - given_back, spent = kept.spent + paid
     WHERE kept.purse_id = ANY (r.purses) AND kept.hour = r.hour;
    IF paid > 0 THEN
        passed := ARRAY(
            SELECT b.id FROM gateway_budgets_of(r.team_id, r.person_id, r.model_id, r.key_id) AS b
              JOIN gateway_purse p ON p.scope = b.scope AND p.subject_id = b.subject_id AND p.other_id = b.other_id
                                  AND p.currency = b.currency AND p.id = ANY (r.purses)
              CROSS JOIN LATERAL gateway_sums(p.id, b.span, b.hours, r.day, p_now) AS sums
             WHERE b.soft IS NOT NULL AND sums.spent >= b.soft AND sums.spent - paid < b.soft);
    END IF;
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0005_first_word'),
    ]

    operations = [
        migrations.RunSQL(CLOSE, migrations.RunSQL.noop),
    ]
