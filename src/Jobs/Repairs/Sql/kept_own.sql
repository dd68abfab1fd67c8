-- A ledger that came back from its backup gives numbers of incidents again: when the incident was opened tells whose a batch is.
AND (@opened::timestamptz IS NULL OR coalesce((b.settings->>'incident_opened')::timestamptz = @opened::timestamptz, b.taken_at > @opened::timestamptz - interval '1 day'))
