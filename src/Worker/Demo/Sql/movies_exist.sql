-- Whether an earlier run has filled the database: its last statement makes this index.
SELECT pg_catalog.to_regclass('public.casts_person_id_idx') IS NOT NULL;
