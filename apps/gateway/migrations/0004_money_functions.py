"""
Functions that hold, pay and give back money: each is one statement of the caller's, all or nothing.

They are VOLATILE, so every statement inside them sees what was committed before it began: what is read after a lock was
taken is what the lock protects. See docs/decisions/0100.
"""

from django.db import migrations

NOBODY = "'00000000-0000-0000-0000-000000000000'::uuid"

RANK = """
CREATE FUNCTION gateway_rank(p_scope text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_position(ARRAY['ORGANISATION', 'TEAM', 'PERSON', 'MODEL', 'TEAM_MODEL', 'KEY'], p_scope)
$$;
"""

# Budgets that a call must fit: of each scope those of the subject itself, else those for each; in the order of locking.
BUDGETS_OF = f"""
CREATE FUNCTION gateway_budgets_of(p_team uuid, p_person uuid, p_model uuid, p_key uuid)
RETURNS TABLE (id bigint, scope text, subject_id uuid, other_id uuid, span text, hours int, soft numeric, hard numeric,
               currency text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (gateway_rank(b.scope), b.currency, b."window", b.hours)
           b.id, b.scope::text,
           CASE b.scope WHEN 'TEAM' THEN p_team WHEN 'TEAM_MODEL' THEN p_team WHEN 'PERSON' THEN p_person
                        WHEN 'MODEL' THEN p_model WHEN 'KEY' THEN p_key ELSE {NOBODY} END,
           CASE b.scope WHEN 'TEAM_MODEL' THEN p_model ELSE {NOBODY} END,
           b."window"::text, b.hours::int, b.soft_limit, b.hard_limit, b.currency::text
      FROM gateway_budget b
     WHERE b.scope = 'ORGANISATION'
        OR (b.scope = 'TEAM' AND (b.team_id = p_team OR b.team_id IS NULL))
        OR (b.scope = 'PERSON' AND (b.person_id = p_person OR b.person_id IS NULL))
        OR (b.scope = 'MODEL' AND (b.model_id = p_model OR b.model_id IS NULL))
        OR (b.scope = 'TEAM_MODEL' AND b.team_id = p_team AND b.model_id = p_model)
        OR (b.scope = 'KEY' AND p_key IS NOT NULL AND (b.key_id = p_key OR b.key_id IS NULL))
     ORDER BY gateway_rank(b.scope), b.currency, b."window", b.hours,
              num_nonnulls(b.team_id, b.person_id, b.model_id, b.key_id) DESC
$$;
"""

# What counts against a window: for a day and a month the days of the calendar, for the last hours every hour touched.
SUMS_OF = """
CREATE FUNCTION gateway_sums(p_purse bigint, p_span text, p_hours int, p_day date, p_now timestamptz,
                             OUT spent numeric, OUT held numeric)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF p_span = 'ROLLING' THEN
        SELECT coalesce(sum(h.spent), 0), coalesce(sum(h.reserved), 0) INTO spent, held FROM gateway_spenthour h
         WHERE h.purse_id = p_purse AND h.hour > p_now - make_interval(hours => p_hours + 1);
    ELSIF p_span = 'DAY' THEN
        SELECT coalesce(sum(d.spent), 0), coalesce(sum(d.reserved), 0) INTO spent, held FROM gateway_spentday d
         WHERE d.purse_id = p_purse AND d.day = p_day;
    ELSE
        SELECT coalesce(sum(d.spent), 0), coalesce(sum(d.reserved), 0) INTO spent, held FROM gateway_spentday d
         WHERE d.purse_id = p_purse AND d.day >= date_trunc('month', p_day)::date
           AND d.day < (date_trunc('month', p_day) + interval '1 month')::date;
    END IF;
END
$$;
"""

# How long until this call keeps within a limit of pace; null where it does already.
WAIT_OF = """
CREATE FUNCTION gateway_wait(p_scope text, p_team uuid, p_person uuid, p_model uuid, p_key uuid,
                             p_requests int, p_tokens int, p_streams int, p_of_call int, p_now timestamptz,
                             OUT limited text, OUT seconds numeric)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    mine text := CASE p_scope WHEN 'TEAM' THEN 'team_id = $1' WHEN 'PERSON' THEN 'person_id = $2'
                              WHEN 'MODEL' THEN 'model_id = $3' WHEN 'TEAM_MODEL' THEN 'team_id = $1 AND model_id = $3'
                              WHEN 'KEY' THEN 'key_id = $4' ELSE 'true' END;
    answering bigint;
    leaves timestamptz;
BEGIN
    IF p_streams IS NOT NULL THEN
        EXECUTE 'SELECT count(*) FROM gateway_reservation WHERE state = ''HELD'' AND ' || mine
           INTO answering USING p_team, p_person, p_model, p_key;
        IF answering >= p_streams THEN
            limited := 'STREAMS'; seconds := 2; RETURN;
        END IF;
    END IF;
    IF p_requests IS NOT NULL THEN
        EXECUTE 'SELECT created_at FROM gateway_reservation WHERE created_at > $5 - interval ''1 minute'' AND ' || mine
             || ' ORDER BY created_at DESC OFFSET $6 - 1 LIMIT 1'
           INTO leaves USING p_team, p_person, p_model, p_key, p_now, p_requests;
        IF leaves IS NOT NULL THEN
            limited := 'REQUESTS'; seconds := extract(epoch FROM leaves + interval '1 minute' - p_now); RETURN;
        END IF;
    END IF;
    IF p_tokens IS NOT NULL THEN
        EXECUTE 'SELECT created_at FROM (SELECT created_at, sum(coalesce(input_tokens + output_tokens, tokens_at_most))'
             || ' OVER (ORDER BY created_at DESC, id) AS so_far FROM gateway_reservation WHERE state <> ''RELEASED'''
             || ' AND created_at > $5 - interval ''1 minute'' AND ' || mine || ') AS last'
             || ' WHERE so_far + least($6, $7) > $7 ORDER BY created_at DESC LIMIT 1'
           INTO leaves USING p_team, p_person, p_model, p_key, p_now, p_of_call, p_tokens;
        IF leaves IS NOT NULL THEN
            limited := 'TOKENS'; seconds := extract(epoch FROM leaves + interval '1 minute' - p_now); RETURN;
        END IF;
    END IF;
END
$$;
"""

RESERVE = f"""
CREATE FUNCTION gateway_reserve(
    p_id uuid, p_team uuid, p_person uuid, p_model uuid, p_key uuid, p_currency text, p_amount numeric,
    p_input_price numeric, p_output_price numeric, p_tokens int, p_shape bytea, p_step bytea,
    p_now timestamptz, p_hour timestamptz, p_day date,
    OUT verdict text, OUT limit_id bigint, OUT figure numeric, OUT purses bigint[])
LANGUAGE plpgsql AS $$
DECLARE
    r record;
    b record;
    wallet bigint;
    sums record;
    waiting record;
    scope_before text := '';
    pays boolean := false;
BEGIN
    purses := '{{}}';
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
                SELECT * INTO sums FROM gateway_sums(wallet, b.span, b.hours, p_day, p_now);
                IF sums.spent + sums.held + p_amount > b.hard THEN
                    verdict := 'OVER'; limit_id := b.id; figure := sums.spent + sums.held; RETURN;
                END IF;
            END IF;
        END LOOP;
        IF NOT pays THEN
            verdict := 'NO_BUDGET'; RETURN;
        END IF;
        INSERT INTO gateway_spentday AS kept (purse_id, day, reserved, spent)
        SELECT each.purse, p_day, p_amount, 0 FROM unnest(purses) WITH ORDINALITY AS each(purse, place)
         ORDER BY each.place
            ON CONFLICT (purse_id, day) DO UPDATE SET reserved = kept.reserved + excluded.reserved;
        INSERT INTO gateway_spenthour AS kept (purse_id, hour, reserved, spent)
        SELECT each.purse, p_hour, p_amount, 0 FROM unnest(purses) WITH ORDINALITY AS each(purse, place)
         ORDER BY each.place
            ON CONFLICT (purse_id, hour) DO UPDATE SET reserved = kept.reserved + excluded.reserved;
    END IF;

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

# Close a reservation as SETTLED or RELEASED. `was` is its state before, null where there is none such.
CLOSE = """
CREATE FUNCTION gateway_close(p_id uuid, p_state text, p_input int, p_output int, p_now timestamptz,
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
        cost := (r.input_price * p_input + r.output_price * p_output) * 0.000001;
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

# The calls that count for a budget of this scope and subject (null for each) since `p_since`.
CALLS_OF = f"""
CREATE FUNCTION gateway_calls(p_scope text, p_subject uuid, p_other uuid, p_currency text, p_since timestamptz)
RETURNS TABLE (id uuid, day date, hour timestamptz, state text, held numeric, paid numeric, subject_id uuid,
               other_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT r.id, r.day, r.hour, r.state::text, CASE r.state WHEN 'HELD' THEN r.amount ELSE 0 END, coalesce(r.cost, 0),
           CASE p_scope WHEN 'TEAM' THEN r.team_id WHEN 'TEAM_MODEL' THEN r.team_id WHEN 'PERSON' THEN r.person_id
                        WHEN 'MODEL' THEN r.model_id WHEN 'KEY' THEN r.key_id ELSE {NOBODY} END,
           CASE p_scope WHEN 'TEAM_MODEL' THEN r.model_id ELSE {NOBODY} END
      FROM gateway_reservation r
     WHERE r.created_at >= p_since AND r.currency = p_currency AND (r.amount > 0 OR r.cost > 0)
       AND (p_scope = 'ORGANISATION'
            OR (p_scope = 'TEAM' AND (p_subject IS NULL OR r.team_id = p_subject))
            OR (p_scope = 'PERSON' AND (p_subject IS NULL OR r.person_id = p_subject))
            OR (p_scope = 'MODEL' AND (p_subject IS NULL OR r.model_id = p_subject))
            OR (p_scope = 'TEAM_MODEL' AND r.team_id = p_subject AND r.model_id = p_other)
            OR (p_scope = 'KEY' AND r.key_id IS NOT NULL AND (p_subject IS NULL OR r.key_id = p_subject)))
$$;
"""

# Count anew what a budget's subjects have spent and hold since `p_since`, the start of a day. Waits for every call that
# is just being admitted or closed, and lets none begin meanwhile.
REBUILD = """
CREATE FUNCTION gateway_rebuild(p_scope text, p_subject uuid, p_other uuid, p_currency text, p_since timestamptz,
                                p_day date) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('gateway budgets', 0));
    DELETE FROM gateway_spentday d USING gateway_purse p
     WHERE d.purse_id = p.id AND d.day >= p_day AND p.scope = p_scope AND p.currency = p_currency
       AND (p_subject IS NULL OR p.subject_id = p_subject) AND (p_other IS NULL OR p.other_id = p_other);
    DELETE FROM gateway_spenthour h USING gateway_purse p
     WHERE h.purse_id = p.id AND h.hour >= p_since AND p.scope = p_scope AND p.currency = p_currency
       AND (p_subject IS NULL OR p.subject_id = p_subject) AND (p_other IS NULL OR p.other_id = p_other);
    INSERT INTO gateway_purse (scope, subject_id, other_id, currency)
    SELECT DISTINCT p_scope, c.subject_id, c.other_id, p_currency
      FROM gateway_calls(p_scope, p_subject, p_other, p_currency, p_since) c ON CONFLICT DO NOTHING;
    INSERT INTO gateway_spentday (purse_id, day, reserved, spent)
    SELECT p.id, c.day, sum(c.held), sum(c.paid)
      FROM gateway_calls(p_scope, p_subject, p_other, p_currency, p_since) c
      JOIN gateway_purse p ON p.scope = p_scope AND p.subject_id = c.subject_id AND p.other_id = c.other_id
                          AND p.currency = p_currency
     WHERE c.day >= p_day GROUP BY p.id, c.day;
    INSERT INTO gateway_spenthour (purse_id, hour, reserved, spent)
    SELECT p.id, c.hour, sum(c.held), sum(c.paid)
      FROM gateway_calls(p_scope, p_subject, p_other, p_currency, p_since) c
      JOIN gateway_purse p ON p.scope = p_scope AND p.subject_id = c.subject_id AND p.other_id = c.other_id
                          AND p.currency = p_currency
     WHERE c.hour >= p_since GROUP BY p.id, c.hour;
    UPDATE gateway_reservation r
       SET purses = ARRAY(SELECT w.id FROM gateway_purse w WHERE w.id = ANY (r.purses || p.id)
                           ORDER BY gateway_rank(w.scope))
      FROM gateway_calls(p_scope, p_subject, p_other, p_currency, p_since) c
      JOIN gateway_purse p ON p.scope = p_scope AND p.subject_id = c.subject_id AND p.other_id = c.other_id
                          AND p.currency = p_currency
     WHERE r.id = c.id AND c.state <> 'SETTLED' AND NOT p.id = ANY (r.purses);
END
$$;
"""

COUNT = f"""
SELECT gateway_rebuild('TEAM', NULL, {NOBODY}, known.currency, '1970-01-01', '1970-01-01')
  FROM (SELECT DISTINCT currency FROM gateway_budget) AS known
"""

NAMES = {
    "gateway_rank": RANK,
    "gateway_budgets_of": BUDGETS_OF,
    "gateway_sums": SUMS_OF,
    "gateway_wait": WAIT_OF,
    "gateway_reserve": RESERVE,
    "gateway_close": CLOSE,
    "gateway_calls": CALLS_OF,
    "gateway_rebuild": REBUILD,
}


class Migration(migrations.Migration):
    dependencies = [("gateway", "0003_money")]

    operations = [
        *(migrations.RunSQL(sql, f"DROP FUNCTION {name}") for name, sql in NAMES.items()),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        migrations.DeleteModel("OldBudget"),
        migrations.DeleteModel("BudgetMonth"),
    ]
