-- One row a request; a key that is pending or running, or a slot that was taken, swallows it. A time of a schedule that rests goes by; asked for by hand it runs.
INSERT INTO healing.job_runs (key, job, target, arguments, requested_by, recurring_id, slot, created_at, due_at, trace_parent)
SELECT @Key, @Job, @Target::text, @Arguments::jsonb, @RequestedBy, @RecurringId::text, @Slot::timestamptz,
    clock_timestamp(), clock_timestamp() + @Delay, @TraceParent::text
WHERE @Slot::timestamptz IS NULL OR NOT EXISTS (SELECT 1 FROM healing.schedule_pauses p WHERE p.id = @RecurringId::text)
ON CONFLICT DO NOTHING
RETURNING id, key, job, target, arguments::text AS arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at,
    worker, executions, deferrals, token, note, error, log, trace_parent
