-- What the ledger knows of each target by its present name; a rebuilt cluster comes under the same name again, the newest counts.
SELECT DISTINCT ON (t.name) t.id, t.name, t.database_name AS database, t.server_version, t.first_seen_at, t.last_seen_at,
    coalesce(i.open, 0)::int AS open_incidents,
    q.rows AS quarantined_rows, l.at AS look_at, l.look::text AS look
FROM healing.targets t
LEFT JOIN healing.quarantines q ON q.target_id = t.id
LEFT JOIN healing.target_looks l ON l.target_id = t.id
LEFT JOIN (SELECT target_id, count(*) AS open FROM healing.incidents WHERE state NOT IN ('Resolved', 'Closed', 'Undone') GROUP BY target_id) i ON i.target_id = t.id
ORDER BY t.name, t.last_seen_at DESC
