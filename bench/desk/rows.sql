-- Exchanges as the database itself writes them by the million; the newest is number 0, "whole" of them reach back a year.
CREATE OR REPLACE FUNCTION bench_at(n bigint, whole bigint, now timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT now - n * (interval '365 days' / whole) $$;

CREATE OR REPLACE FUNCTION bench_id(n bigint, at timestamptz, salt text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(salt || n), 1, 3)
           || '8' || substr(md5(salt || n), 4, 15))::uuid $$;

CREATE OR REPLACE FUNCTION bench_pick(n bigint, salt text, of int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$ SELECT abs(hashtextextended(salt || n, 0) % of)::int $$;

CREATE OR REPLACE PROCEDURE bench_exchanges(first bigint, last bigint, whole bigint, now timestamptz) LANGUAGE sql AS $$
    INSERT INTO ledger_intent (id, form, started_at, recorded_at, door, purpose, person_id, person_label, team_id,
        team_label, conversation_id, turn_id, model_label, provider_label, egress_class, sealed_payload, masked,
        masked_types, masked_count, passages, policy_version, prompt_version)
    SELECT bench_id(n, at, 'i'), 1, at, at, (ARRAY['BROWSER', 'BROWSER', 'BROWSER', 'API'])[1 + pick % 4], 'CHAT',
        md5('person' || pick % 50000)::uuid, 'Person ' || pick % 50000, md5('team' || pick % 200)::uuid,
        'Team ' || pick % 200, bench_id(n / 4, bench_at(n - n % 4, whole, now), 'c'), bench_id(n, at, 't'),
        'Model ' || pick % 12, 'Provider', 'OUTSIDE', decode(repeat(md5(n::text), 12), 'hex'), '[]',
        CASE WHEN pick % 500 = 0 THEN ARRAY['IBAN', 'PERSON'] WHEN pick % 3 = 0 THEN ARRAY['PERSON']
             WHEN pick % 50 = 1 THEN ARRAY['SECRET'] ELSE ARRAY[]::varchar[] END,
        pick % 3, '[]', 'policy-1', 'prompt-1'
    FROM (SELECT n, bench_at(n, whole, now) AS at, bench_pick(n, 'pick', 1000003) AS pick
          FROM generate_series(first, last) AS n) AS numbered;

    INSERT INTO ledger_outcome (id, form, intent_id, started_at, concluded_at, recorded_at, kind, reason, sealed_answer,
        input_tokens, output_tokens, cost, currency)
    SELECT bench_id(n, at, 'o'), 1, bench_id(n, at, 'i'), at, at + interval '2 s', at,
        CASE WHEN pick < 30 THEN 'REFUSED' WHEN pick < 33 THEN 'FAILED' ELSE 'ANSWERED' END, '',
        decode(repeat(md5(n::text), 8), 'hex'), CASE WHEN pick < 30 THEN 0 ELSE 120 END,
        CASE WHEN pick < 30 THEN 0 ELSE 80 END, CASE WHEN pick < 30 THEN 0 ELSE pick / 1e7 END,
        CASE WHEN pick < 30 THEN '' ELSE 'EUR' END
    FROM (SELECT n, bench_at(n, whole, now) AS at, bench_pick(n, 'end', 1000) AS pick
          FROM generate_series(first, last) AS n) AS numbered;

    INSERT INTO ledger_searchrow (intent_id, conversation_id, left_text, answer_text)
    SELECT bench_id(n, at, 'i'), bench_id(n / 4, bench_at(n - n % 4, whole, now), 'c'),
        concat_ws(' ', 'Please', (ARRAY['summarise', 'translate', 'check', 'rewrite'])[1 + bench_pick(n, 'verb', 4)],
            'the', CASE WHEN bench_pick(n, 'noun', 3) = 0 THEN 'invoice' ELSE 'report' END, 'about',
            md5('w' || n % 5000), 'and', md5('v' || n % 777), CASE WHEN n % 100003 = 7 THEN 'quicksilver' END,
            CASE WHEN n % 250007 = 9 THEN 'Project Halcyon merger' END, 'for <PERSON_1> by Friday'),
        'Done, <PERSON_1>.'
    FROM (SELECT n, bench_at(n, whole, now) AS at FROM generate_series(first, last) AS n) AS numbered;

    INSERT INTO ledger_event (id, form, happened_at, recorded_at, action, actor_id, actor_label, team_label,
        subject_kind, subject_id, subject_label, details)
    SELECT bench_id(n, at, 'e'), 1, at, at,
        (ARRAY['SIGNED_IN', 'SIGNED_OUT', 'CONVERSATION_STARTED', 'DOCUMENT_OPENED', 'AUDIT_OPENED', 'GRANT_GIVEN'])
            [1 + bench_pick(n, 'act', 6)],
        md5('person' || bench_pick(n, 'who', 50000))::uuid, 'Person', '', 'exchange', bench_id(n, at, 'i')::text,
        'an exchange', '{}'
    FROM (SELECT n, bench_at(n, whole, now) AS at FROM generate_series(first, last) AS n WHERE n % 10 = 0) AS numbered;
$$;
