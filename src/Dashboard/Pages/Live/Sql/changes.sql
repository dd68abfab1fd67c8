-- Numbers that change when something else does; a few index look-ups, asked once for all open pages.
SELECT (SELECT coalesce(max(id), 0) FROM healing.audit_log) AS incidents,
    (SELECT format('%s %s %s', coalesce(max(id), 0), (SELECT max(ended_at) FROM healing.job_runs WHERE ended_at IS NOT NULL),
        (SELECT format('%s %s %s', count(*), count(*) FILTER (WHERE state = 'running'), max(started_at)) FROM healing.job_runs WHERE state IN ('pending', 'running')))
        FROM healing.job_runs) AS jobs,
    (SELECT format('%s %s', count(*) FILTER (WHERE stopped_at IS NULL AND heartbeat_at > now() - interval '1 minute'), max(stopped_at)) FROM healing.workers) AS fleet
