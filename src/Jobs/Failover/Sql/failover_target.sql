-- What a target was when it was last seen, and how far its primary was then.
SELECT t.id, t.system_identifier, t.database_oid, l.at AS looked_at, l.look::text AS look,
       (SELECT max(r.last_success_at) FROM healing.check_runs r WHERE r.target_id = t.id AND r.check_name = 'standby_rows') AS rows_looked_at
FROM healing.targets t LEFT JOIN healing.target_looks l ON l.target_id = t.id
WHERE t.name = @Name ORDER BY t.last_seen_at DESC LIMIT 1
