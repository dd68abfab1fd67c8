-- how many standbys a commit waits for, and how many of those that it would take are there; a role that may not see them knows no number
SELECT s.names AS "Names",
       CASE WHEN pg_catalog.btrim(s.names) = '' OR s.waits IN ('off', 'local') OR pg_catalog.pg_is_in_recovery() THEN 0
            ELSE coalesce((pg_catalog.regexp_match(s.names, '^\s*(?:first|any)?\s*(\d+)\s*\(', 'i'))[1]::int, 1) END AS "Needed",
       (SELECT CASE WHEN pg_catalog.count(*) = pg_catalog.count(r.sync_state)
                    THEN (pg_catalog.count(*) FILTER (WHERE r.state = 'streaming' AND r.sync_state IN ('sync', 'quorum', 'potential')))::int END
        FROM pg_catalog.pg_stat_replication r) AS "Answering"
FROM (SELECT pg_catalog.current_setting('synchronous_standby_names') AS names, pg_catalog.current_setting('synchronous_commit') AS waits) s
