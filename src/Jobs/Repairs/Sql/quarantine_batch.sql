-- A batch: what one transaction of one repair takes away or changes.
INSERT INTO healing_quarantine.batches (ledger, incident, attempt, repair, reason, settings)
VALUES (@ledger, @incident, @attempt, @repair, @reason,
        '{"datestyle": "ISO, MDY", "intervalstyle": "postgres", "timezone": "UTC", "extra_float_digits": "3", "bytea_output": "hex", "lc_monetary": "C", "xmloption": "content"}'::jsonb
        || pg_catalog.jsonb_build_object('incident_opened', @opened::timestamptz))
RETURNING id
