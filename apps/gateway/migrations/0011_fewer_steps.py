"""
The two functions of a plain exchange in fewer steps: each statement within a function costs as much as several rows.

`gateway_reserve` asks for sums where it stands, not by a function of its own, and writes the day, the hour and the
reservation in one statement; what it asks, in which order, and what it locks is as in 0004. `gateway_settle_plainly` asks
before it writes whether there is something to tell, so that it never has to take anything back. What was paid is counted
as what it will be; where a sum would only just pass a limit, or lies outside of the window by now, it says that there may
be something, and the longer way decides.
"""

import importlib

from django.db import migrations

RESERVE = """
CREATE OR REPLACE FUNCTION gateway_reserve(
    p_id uuid, p_team uuid, p_person uuid, p_model uuid, p_key uuid, p_currency text, p_amount numeric,
    p_input_price numeric, p_output_price numeric, p_tokens int, p_shape bytea, p_step bytea,
    p_now timestamptz, p_hour timestamptz, p_day date,
    OUT verdict text, OUT limit_id bigint, OUT figure numeric, OUT purses bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    r record;
    b record;
    wallet bigint;
    used numeric;
    waiting record;
    scope_before text := '';
    pays boolean := false;
BEGIN
    purses := '{}';
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('gateway budgets', 0));
    FOR r IN
        SELECT DISTINCT ON (gateway_rank(l.scope)) l.* FROM gateway_ratelimit l
         WHERE l.scope = 'ORGANISATION'
            OR (l.scope = 'TEAM' AND (l.team_id = p_team OR l.team_id IS NULL))
            OR (l.scope = 'PERSON' AND (l.person_id = p_person OR l.person_id IS NULL))
            OR (l.scope = 'MODEL' AND (l.model_id = p_model OR l.model_id IS NULL))
            OR (l.scope = 'TEAM_MODEL' AND l.team_id = p_team AND l.model_id = p_model)
            OR (l.scope = 'KEY' AND p_key IS NOT NULL AND (l.key_id = p_key OR l.key_id IS NULL))
         ORDER BY gateway_rank(l.scope), num_nonnulls(l.team_id, l.person_id, l.model_id, l.key_id) DESC
    LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('gateway pace ' || r.scope || CASE r.scope
            WHEN 'TEAM' THEN p_team::text WHEN 'PERSON' THEN p_person::text WHEN 'MODEL' THEN p_model::text
            WHEN 'TEAM_MODEL' THEN p_team::text || p_model::text WHEN 'KEY' THEN p_key::text ELSE '' END, 0));
        SELECT * INTO waiting FROM gateway_wait(
            r.scope, p_team, p_person, p_model, p_key, r.requests, r.tokens, r.streams, p_tokens, p_now);
        IF waiting.limited IS NOT NULL THEN
            verdict := waiting.limited; limit_id := r.id; figure := waiting.seconds; RETURN;
        END IF;
    END LOOP;

    IF p_amount > 0 OR p_input_price > 0 OR p_output_price > 0 THEN
        FOR b IN SELECT * FROM gateway_budgets_of(p_team, p_person, p_model, p_key) AS o
                  ORDER BY gateway_rank(o.scope), o.currency <> p_currency, o.id
        LOOP
            IF b.currency <> p_currency THEN
                IF b.scope NOT IN ('TEAM', scope_before) AND b.hard IS NOT NULL THEN
                    verdict := 'CURRENCY'; limit_id := b.id; RETURN;
                END IF;
                CONTINUE;
            END IF;
            IF b.scope <> scope_before THEN
                LOOP
                    SELECT p.id INTO wallet FROM gateway_purse p
                     WHERE p.scope = b.scope AND p.subject_id = b.subject_id AND p.other_id = b.other_id
                       AND p.currency = p_currency
                       FOR UPDATE;
                    EXIT WHEN FOUND;
                    INSERT INTO gateway_purse (scope, subject_id, other_id, currency)
                    VALUES (b.scope, b.subject_id, b.other_id, p_currency) ON CONFLICT DO NOTHING;
                END LOOP;
                purses := purses || wallet;
                scope_before := b.scope;
                pays := pays OR b.scope = 'TEAM';
            END IF;
            IF b.hard IS NOT NULL THEN
                IF b.span = 'MONTH' THEN
                    SELECT coalesce(sum(d.spent), 0) + coalesce(sum(d.reserved), 0) INTO used FROM gateway_spentday d
                     WHERE d.purse_id = wallet AND d.day >= date_trunc('month', p_day)::date
                       AND d.day < (date_trunc('month', p_day) + interval '1 month')::date;
                ELSE
                    SELECT sums.spent + sums.held INTO used
                      FROM gateway_sums(wallet, b.span, b.hours, p_day, p_now) AS sums;
                END IF;
                IF used + p_amount > b.hard THEN
                    verdict := 'OVER'; limit_id := b.id; figure := used; RETURN;
                END IF;
            END IF;
        END LOOP;
        IF NOT pays THEN
            verdict := 'NO_BUDGET'; RETURN;
        END IF;
    END IF;

    WITH held_in_day AS (
        INSERT INTO gateway_spentday AS kept (purse_id, day, reserved, spent)
        SELECT each.purse, p_day, p_amount, 0 FROM unnest(purses) WITH ORDINALITY AS each(purse, place)
         ORDER BY each.place
            ON CONFLICT (purse_id, day) DO UPDATE SET reserved = kept.reserved + excluded.reserved
    ), held_in_hour AS (
        INSERT INTO gateway_spenthour AS kept (purse_id, hour, reserved, spent)
        SELECT each.purse, p_hour, p_amount, 0 FROM unnest(purses) WITH ORDINALITY AS each(purse, place)
         ORDER BY each.place
            ON CONFLICT (purse_id, hour) DO UPDATE SET reserved = kept.reserved + excluded.reserved
    )
    INSERT INTO gateway_reservation (
        id, team_id, person_id, model_id, key_id, purses, day, hour, amount, input_price, output_price, currency, state,
        tokens_at_most, shape, step, created_at, heard_at)
    VALUES (
        p_id, p_team, p_person, p_model, p_key, purses, p_day, p_hour, p_amount, p_input_price, p_output_price,
        p_currency, 'HELD', p_tokens, p_shape, p_step, p_now, p_now);
    verdict := 'HELD';
END
$$;
"""

SETTLE_PLAINLY = """
CREATE OR REPLACE FUNCTION gateway_settle_plainly(p_id uuid, p_input int, p_output int, p_now timestamptz,
                                                  OUT is_plain boolean, OUT cost numeric, OUT currency text)
LANGUAGE plpgsql AS $$
DECLARE
    r gateway_reservation;
    paid numeric;
BEGIN
    is_plain := false;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('gateway budgets', 0));
    SELECT * INTO r FROM gateway_reservation WHERE id = p_id FOR UPDATE;
    paid := (r.input_price * p_input + r.output_price * p_output) * 0.000001;
    IF r.state IS DISTINCT FROM 'HELD' OR paid > r.amount THEN
        RETURN;
    END IF;
    PERFORM 1 FROM unnest(r.purses) WITH ORDINALITY AS each(purse, place) JOIN gateway_purse p ON p.id = each.purse
      ORDER BY each.place FOR UPDATE OF p;
    IF paid > 0 AND EXISTS (
            SELECT FROM gateway_budgets_of(r.team_id, r.person_id, r.model_id, r.key_id) AS b
              JOIN gateway_purse p ON p.scope = b.scope AND p.subject_id = b.subject_id AND p.other_id = b.other_id
                                  AND p.currency = b.currency AND p.id = ANY (r.purses)
              CROSS JOIN LATERAL gateway_sums(p.id, b.span, b.hours, r.day, p_now) AS sums
             WHERE b.soft IS NOT NULL AND sums.spent + paid >= b.soft AND sums.spent - paid < b.soft) THEN
        RETURN;
    END IF;
    WITH paid_in_day AS (
        UPDATE gateway_spentday AS kept SET reserved = kept.reserved - r.amount, spent = kept.spent + paid
         WHERE kept.purse_id = ANY (r.purses) AND kept.day = r.day
    ), paid_in_hour AS (
        UPDATE gateway_spenthour AS kept SET reserved = kept.reserved - r.amount, spent = kept.spent + paid
         WHERE kept.purse_id = ANY (r.purses) AND kept.hour = r.hour
    )
    UPDATE gateway_reservation AS one
       SET state = 'SETTLED', cost = paid, closed_at = p_now, input_tokens = p_input, output_tokens = p_output
     WHERE one.id = p_id;
    is_plain := true; cost := paid; currency := r.currency;
END
$$;
"""

_money = importlib.import_module("apps.gateway.migrations.0004_money_functions")
_plainly = importlib.import_module("apps.gateway.migrations.0007_settle_plainly")


def _again(function: str) -> str:
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [("gateway", "0010_failed_calls")]

    operations = [
        migrations.RunSQL(RESERVE, _again(_money.RESERVE)),
        migrations.RunSQL(SETTLE_PLAINLY, _again(_plainly.SETTLE_PLAINLY)),
    ]
