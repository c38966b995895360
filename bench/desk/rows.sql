-- A month of exchanges as the database itself writes them, and the same month again and again, further back in time.
CREATE OR REPLACE FUNCTION bench_id(n bigint, at timestamptz, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(salt || n), 1, 3)
           || '8' || substr(md5(salt || n), 4, 15))::uuid $$;

CREATE OR REPLACE FUNCTION bench_pick(n bigint, salt text, of int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT abs(hashtextextended(salt || n, 0) % of)::int $$;

-- An id of the same record, made so many steps of 2^32 milliseconds (fifty days) before.
CREATE OR REPLACE FUNCTION bench_back(id uuid, steps int) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex(('x' || left(id::text, 4))::bit(16)::int - steps), 4, '0') || substr(id::text, 5))::uuid $$;

CREATE OR REPLACE PROCEDURE bench_first(amount bigint, now timestamptz, queue uuid, version uuid) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE numbered ON COMMIT DROP AS
    SELECT n, now - n * (interval '49 days' / amount) AS at, bench_pick(n, 'pick', 1000003) AS pick,
           bench_pick(n, 'end', 1000) AS ends
    FROM generate_series(0, amount - 1) AS n;

    INSERT INTO ledger_intent (id, form, started_at, recorded_at, door, purpose, person_id, person_label, team_id,
        team_label, conversation_id, turn_id, model_label, provider_label, egress_class, sealed_payload, masked,
        masked_types, masked_count, passages, policy_version, prompt_version)
    SELECT bench_id(n, at, 'i'), 1, at, at, (ARRAY['BROWSER', 'BROWSER', 'BROWSER', 'API'])[1 + pick % 4], 'CHAT',
        md5('person' || pick % 50000)::uuid, 'Person ' || pick % 50000, md5('team' || pick % 200)::uuid,
        'Team ' || pick % 200, bench_id(n / 4, at, 'c'), bench_id(n, at, 't'), 'Model ' || pick % 12, 'Provider',
        'OUTSIDE', decode(repeat(md5(n::text), 12), 'hex'), '[]',
        CASE WHEN pick % 500 = 0 THEN ARRAY['IBAN', 'PERSON'] WHEN pick % 3 = 0 THEN ARRAY['PERSON']
             WHEN pick % 50 = 1 THEN ARRAY['SECRET'] ELSE ARRAY[]::varchar[] END,
        pick % 3, '[]', 'policy-1', 'prompt-1'
    FROM numbered;

    INSERT INTO ledger_outcome (id, form, intent_id, started_at, concluded_at, recorded_at, kind, reason, sealed_answer,
        input_tokens, output_tokens, cost, currency)
    SELECT bench_id(n, at, 'o'), 1, bench_id(n, at, 'i'), at, at + interval '2 s', at,
        CASE WHEN ends < 30 THEN 'REFUSED' WHEN ends < 33 THEN 'FAILED' ELSE 'ANSWERED' END, '',
        decode(repeat(md5(n::text), 8), 'hex'), CASE WHEN ends < 30 THEN 0 ELSE 120 END,
        CASE WHEN ends < 30 THEN 0 ELSE 80 END, CASE WHEN ends < 30 THEN 0 ELSE ends / 1e7 END,
        CASE WHEN ends < 30 THEN '' ELSE 'EUR' END
    FROM numbered;

    INSERT INTO ledger_searchrow (intent_id, conversation_id, left_text, answer_text)
    SELECT bench_id(n, at, 'i'), bench_id(n / 4, at, 'c'),
        concat_ws(' ', 'Please', (ARRAY['summarise', 'translate', 'check', 'rewrite'])[1 + pick % 4], 'the',
            CASE WHEN pick % 3 = 0 THEN 'invoice' ELSE 'report' END, 'about', left(md5('w' || n % 5000), 8), 'and',
            left(md5('v' || n % 777), 8), CASE WHEN n % 100003 = 7 THEN 'quicksilver' END,
            CASE WHEN n % 250007 = 9 THEN 'Project Halcyon merger' END, 'for <PERSON_1> by Friday'),
        'Done, <PERSON_1>.'
    FROM numbered;

    INSERT INTO ledger_event (id, form, happened_at, recorded_at, action, actor_id, actor_label, team_label,
        subject_kind, subject_id, subject_label, details)
    SELECT bench_id(n, at, 'e'), 1, at, at,
        (ARRAY['SIGNED_IN', 'SIGNED_OUT', 'CONVERSATION_STARTED', 'DOCUMENT_OPENED', 'AUDIT_OPENED', 'GRANT_GIVEN'])
            [1 + ends % 6],
        md5('person' || pick % 50000)::uuid, 'Person', '', 'exchange', bench_id(n, at, 'i')::text, 'an exchange', '{}'
    FROM numbered WHERE n % 10 = 0;

    -- A twentieth of the exchanges lies in a queue; the newest 5,000 of these are open, the others were closed.
    INSERT INTO review_item (id, queue_id, version_id, exchange_id, person_id, team_label, model_label, outcome, why,
        ended_at, placed_at, due_at, severity, level, second_level, state, tag, closed_at)
    SELECT bench_id(n, at, 'q'), queue, version, bench_id(n, at, 'i'), md5('person' || pick % 50000)::uuid,
        'Team ' || pick % 200, 'Model ' || pick % 12, 'ANSWERED', '["Every exchange"]', at, at, at + interval '1 day',
        'MEDIUM', 1, '{}', CASE WHEN n < 100000 THEN 'OPEN' ELSE 'CLOSED' END,
        CASE WHEN n < 100000 THEN '' WHEN pick % 5 = 0 THEN 'FALSE_POSITIVE' ELSE 'COMPLIANT' END,
        CASE WHEN n < 100000 THEN NULL ELSE at + interval '1 day' END
    FROM numbered WHERE n % 20 = 0;

    INSERT INTO review_decision (id, item_id, queue_id, step, tag, own_tags, level, is_read, seconds, is_one_of_many,
        officer_id, officer_label, second_officer_label, event_id, decided_at)
    SELECT bench_id(n, at, 'd'), bench_id(n, at, 'q'), queue, 'CLOSED',
        CASE WHEN pick % 5 = 0 THEN 'FALSE_POSITIVE' ELSE 'COMPLIANT' END, '{}', 1, true, 60, false,
        md5('officer')::uuid, 'Officer', '', bench_id(n, at, 'v'), at + interval '1 day'
    FROM numbered WHERE n % 20 = 0 AND n >= 100000;
END;
$$;

CREATE OR REPLACE PROCEDURE bench_again(steps int, since timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    back interval := steps * 4294967.296 * interval '1 second';
BEGIN
    INSERT INTO ledger_intent (id, form, started_at, recorded_at, door, purpose, person_id, person_label, team_id,
        team_label, conversation_id, turn_id, model_label, provider_label, egress_class, sealed_payload, masked,
        masked_types, masked_count, passages, policy_version, prompt_version)
    SELECT bench_back(id, steps), form, started_at - back, recorded_at - back, door, purpose, person_id, person_label,
        team_id, team_label, bench_back(conversation_id, steps), bench_back(turn_id, steps), model_label,
        provider_label, egress_class, sealed_payload, masked, masked_types, masked_count, passages, policy_version,
        prompt_version
    FROM ledger_intent WHERE started_at >= since AND provider_label = 'Provider';

    INSERT INTO ledger_outcome (id, form, intent_id, started_at, concluded_at, recorded_at, kind, reason, sealed_answer,
        input_tokens, output_tokens, cost, currency)
    SELECT bench_back(o.id, steps), o.form, bench_back(o.intent_id, steps), o.started_at - back, o.concluded_at - back,
        o.recorded_at - back, o.kind, o.reason, o.sealed_answer, o.input_tokens, o.output_tokens, o.cost, o.currency
    FROM ledger_outcome AS o WHERE o.started_at >= since AND length(o.sealed_answer) = 128;

    INSERT INTO ledger_searchrow (intent_id, conversation_id, left_text, answer_text)
    SELECT bench_back(s.intent_id, steps), bench_back(s.conversation_id, steps), s.left_text, s.answer_text
    FROM ledger_searchrow AS s JOIN ledger_intent AS i ON i.id = s.intent_id
    WHERE i.started_at >= since AND i.provider_label = 'Provider';

    INSERT INTO ledger_event (id, form, happened_at, recorded_at, action, actor_id, actor_label, team_label,
        subject_kind, subject_id, subject_label, details)
    SELECT bench_back(id, steps), form, happened_at - back, recorded_at - back, action, actor_id, actor_label, team_label,
        subject_kind, bench_back(subject_id::uuid, steps)::text, subject_label, details
    FROM ledger_event WHERE happened_at >= since AND subject_label = 'an exchange';

    INSERT INTO review_item (id, queue_id, version_id, exchange_id, person_id, team_label, model_label, outcome, why,
        ended_at, placed_at, due_at, severity, level, second_level, state, tag, closed_at)
    SELECT bench_back(id, steps), queue_id, version_id, bench_back(exchange_id, steps), person_id, team_label,
        model_label, outcome, why, ended_at - back, placed_at - back, due_at - back, severity, level, second_level,
        state, tag, closed_at - back
    FROM review_item WHERE ended_at >= since AND state = 'CLOSED';

    INSERT INTO review_decision (id, item_id, queue_id, step, tag, own_tags, level, is_read, seconds, is_one_of_many,
        officer_id, officer_label, second_officer_label, event_id, decided_at)
    SELECT bench_back(id, steps), bench_back(item_id, steps), queue_id, step, tag, own_tags, level, is_read, seconds,
        is_one_of_many, officer_id, officer_label, second_officer_label, bench_back(event_id, steps), decided_at - back
    FROM review_decision WHERE decided_at >= since;
END;
$$;
