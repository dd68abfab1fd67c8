-- A ledger as it is after half a year of a busy fleet: eight targets, runs of ninety days, incidents of half a year, and all that hangs on them.
-- {runs} and {incidents} say how many. Every figure follows from the number of its row, so that two fills are alike.
ALTER TABLE healing.incidents DISABLE TRIGGER USER;

INSERT INTO healing.targets (system_identifier, database_oid, name, database_name, server_version, first_seen_at, last_seen_at)
SELECT (7000000000000000000 + n)::text, 16384, (ARRAY['movies', 'orders', 'people', 'stock', 'billing', 'search', 'events', 'archive'])[n],
    (ARRAY['movies', 'orders', 'people', 'stock', 'billing', 'search', 'events', 'archive'])[n], 150000 + n, now() - interval '200 days', now()
FROM generate_series(1, 8) n;

INSERT INTO healing.target_looks (target_id, look)
SELECT id, '{"size_bytes": 123456789, "data_checksums": true, "is_standby": false, "standbys": [], "lacking": [], "watched": []}' FROM healing.targets;
INSERT INTO healing.quarantines (target_id, rows) SELECT id, id * 1000 FROM healing.targets;

INSERT INTO healing.workers (id, host, pid, version, engine, started_at, heartbeat_at, stopped_at)
SELECT format('host%s:%s', n % 5, n), format('host%s', n % 5), n, '1.0.0', 'quartz', now() - n * interval '6 hours',
    CASE WHEN n <= 5 THEN now() + interval '1 day' ELSE now() - (n - 5) * interval '5 hours' END, CASE WHEN n > 5 THEN now() - (n - 5) * interval '5 hours' END
FROM generate_series(1, 300) n;

INSERT INTO healing.incidents (target_id, fingerprint, kind, severity, check_name, object_oid, object, detail, evidence, repair, risk, state, state_since, reason,
    attempts, attempts_allowed, seen_count, opened_at, last_seen_at, closed_at)
SELECT 1 + g % 8, md5(g::text), k.kind, k.severity, k.check_name, 16384 + g % 700, format('public.%s_%s', (ARRAY['ratings', 'movies', 'people', 'orders', 'lines'])[1 + g % 5], g % 700),
    format('item order invariant violated: block %s points at %s of table number %s, which has %s', g % 9973, g % 313, g % 700, g % 77),
    jsonb_build_object('block', g % 9973, 'count', g % 200, 'said', repeat(md5(g::text), 12), 'page', repeat(md5((g + 1)::text), 16)),
    k.repair, k.risk, s.state, a.at + interval '4 minutes', CASE WHEN s.state = 'Escalated' THEN 'it cannot be decided without a person' END,
    CASE WHEN s.state IN ('Resolved', 'Undone') THEN 1 + (g % 10 = 3)::int WHEN s.state = 'Escalated' THEN 3 ELSE 0 END, 3, 1 + g % 4, a.at, a.at + interval '1 minute',
    CASE WHEN s.state IN ('Resolved', 'Closed', 'Undone') THEN a.at + interval '4 minutes' END
FROM generate_series(1, {incidents}) g
CROSS JOIN LATERAL (SELECT now() - interval '180 days' * (1 - g::float8 / {incidents}) - interval '10 minutes' AS at) a
JOIN (VALUES (0, 'btree_corrupt', 'critical', 'btree', 'rebuild_index', 'lossless-online'), (1, 'orphan_rows', 'warning', 'foreign_keys', 'quarantine_orphans', 'quarantining'),
    (2, 'index_incomplete', 'critical', 'btree', 'rebuild_index', 'lossless-online'), (3, 'duplicate_keys', 'critical', 'unique', 'resolve_duplicates', 'quarantining'),
    (4, 'visibility_map_wrong', 'critical', 'visibility', 'truncate_visibility_map', 'lossless-online'), (5, 'heap_page_invalid', 'critical', 'heap', NULL, NULL),
    (6, 'index_file_missing', 'critical', 'btree', 'rebuild_index', 'lossless-online')) k (n, kind, severity, check_name, repair, risk) ON k.n = (g / 8) % 7
CROSS JOIN LATERAL (SELECT CASE WHEN g % 100 = 7 THEN 'Escalated' WHEN g % 200 = 9 THEN 'AwaitingApproval' WHEN g % 200 = 11 THEN 'Suppressed' WHEN g % 500 = 13 THEN 'AwaitingWindow'
    WHEN g % 1000 = 15 THEN 'Detected' WHEN g % 20 = 16 THEN 'Closed' WHEN g % 50 = 18 THEN 'Undone' ELSE 'Resolved' END AS state) s;
ALTER TABLE healing.incidents ENABLE TRIGGER USER;

INSERT INTO healing.attempts (incident_id, number, worker, token, started_at, ended_at, outcome, repair, plan, statements, rows_quarantined, verification, error)
SELECT i.id, n, format('host%s:%s', i.id % 5, 1 + i.id % 300), i.id, i.opened_at + n * interval '1 minute', i.opened_at + n * interval '1 minute' + interval '40 seconds',
    CASE WHEN n = i.attempts AND i.state <> 'Escalated' THEN 'succeeded' WHEN i.id % 7 = 0 THEN 'crashed' ELSE 'failed' END, i.repair, NULL,
    jsonb_build_array(format('REINDEX INDEX CONCURRENTLY %s', i.object), format('SELECT bt_index_check(%L)', i.object), repeat('-- said ', 60)),
    CASE WHEN i.risk = 'quarantining' AND n = i.attempts AND i.state <> 'Escalated' THEN 1 + i.id % 40 ELSE 0 END, 'looked again and found nothing', CASE WHEN n < i.attempts THEN 'the server went away' END
FROM healing.incidents i CROSS JOIN LATERAL generate_series(1, i.attempts) n WHERE i.attempts > 0;

INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, taken_at, expires_at, removed_at)
SELECT incident_id, number, 'relation_files', format('/var/lib/healing/snapshots/%s/%s', incident_id, number), 'host1', 8192 * (1 + incident_id % 5000), md5(incident_id::text) || md5(number::text),
    jsonb_build_object('kind', 'relation_files', 'incident', incident_id, 'attempt', number, 'target', 'movies', 'system_identifier', '7', 'object', 'public.orders', 'way', 'by reading its files', 'lsn', NULL, 'taken_at', started_at, 'note', NULL,
        'relations', jsonb_build_array(jsonb_build_object('oid', incident_id, 'name', 'public.orders', 'path', format('base/16384/%s', incident_id), 'file_node', incident_id, 'blocks', 100, 'missing', false)),
        'files', jsonb_build_array(jsonb_build_object('name', format('base_16384_%s', incident_id), 'source', format('base/16384/%s', incident_id), 'bytes', 819200, 'sha256', md5('x')))), started_at, started_at + interval '14 days', CASE WHEN started_at < now() - interval '14 days' THEN started_at + interval '14 days' END
FROM healing.attempts;

INSERT INTO healing.incident_samples (incident_id, moment, at, body)
SELECT id, m, opened_at, jsonb_build_object('pool', jsonb_build_object('places', 100), 'activity', jsonb_build_object('sessions', id % 50, 'active', 3), 'waits', '[]'::jsonb, 'note', repeat('x', 300))
FROM healing.incidents CROSS JOIN (VALUES ('start'), ('end')) v (m) WHERE m = 'start' OR closed_at IS NOT NULL;

ALTER TABLE healing.audit_log DISABLE TRIGGER chained;
-- what a person sees of an incident: found, kept, repaired, proven, in their order
INSERT INTO healing.audit_log (at, event_type, severity, message, metadata, actor, target_id, incident_id)
SELECT i.opened_at + n * interval '20 seconds', (ARRAY['incident.opened', 'incident.snapshotting', 'incident.repairing', 'incident.verifying', 'incident.resolved', 'snapshot.taken', 'repair.statement'])[n], i.severity,
    format('%s on %s: step %s of what was done', i.kind, i.object, n), jsonb_build_object('from', 'Detected', 'to', (ARRAY['Detected', 'Snapshotting', 'Repairing', 'Verifying', 'Resolved', 'Resolved', 'Resolved'])[n], 'attempts', 1),
    CASE WHEN i.id % 50 = 0 THEN (ARRAY['anna', 'bert', 'carla'])[1 + i.id % 3] ELSE format('host%s:%s', i.id % 5, 1 + i.id % 300) END, i.target_id, i.id
FROM healing.incidents i CROSS JOIN LATERAL generate_series(1, CASE WHEN i.attempts > 0 THEN 7 ELSE 2 END) n WHERE i.state <> 'Escalated' ORDER BY i.id, n;
INSERT INTO healing.audit_log (at, event_type, severity, message, metadata, actor, target_id, incident_id)
SELECT i.opened_at + n * interval '20 seconds', CASE WHEN n = 1 THEN 'incident.opened' ELSE 'incident.escalated' END, i.severity, format('%s on %s: %s', i.kind, i.object, n), '{"to": "Escalated"}', 'host1:1', i.target_id, i.id
FROM healing.incidents i CROSS JOIN generate_series(1, 2) n WHERE i.state = 'Escalated' ORDER BY i.id, n;

ALTER TABLE healing.audit_log ENABLE TRIGGER chained;
-- chained in one go, as the migration does with what is there already
DO $$
DECLARE
    entry healing.audit_log;
    n     bigint := 0;
    last  text := repeat('0', 64);
    link  text;
BEGIN
    FOR entry IN SELECT * FROM healing.audit_log ORDER BY id LOOP
        n := n + 1;
        link := healing.audit_hash(last, n, entry);
        INSERT INTO healing.audit_chain (seq, audit_id, previous_hash, hash) VALUES (n, entry.id, last, link);
        last := link;
    END LOOP;
    UPDATE healing.audit_head SET seq = n, hash = last;
END $$;

INSERT INTO healing.alerts (key, sink, incident_id, event, severity, payload, created_at, due_at, tries, delivered_at)
SELECT format('%s:%s', e, i.id), 'log', i.id, e, i.severity, jsonb_build_object('object', i.object, 'detail', i.detail), i.opened_at, i.opened_at, 1, i.opened_at + interval '1 second'
FROM healing.incidents i CROSS JOIN (VALUES ('opened'), ('ended')) v (e) WHERE i.opened_at > now() - interval '90 days';
INSERT INTO healing.alert_sinks (sink, last_sent_at) VALUES ('log', now());

-- a real chain: each link hashed over the one before
DO $$
DECLARE
    previous text := repeat('0', 64);
    seq bigint := 0;
    written timestamptz;
    body text;
    hash text;
    i record;
BEGIN
    FOR i IN SELECT id, attempts, opened_at, object FROM healing.incidents WHERE state IN ('Resolved', 'Undone') ORDER BY id LOOP
        seq := seq + 1;
        written := i.opened_at + interval '4 minutes';
        body := format('{"outcome":"resolved","object":%s,"rows":%s}', to_json(i.object), to_json(repeat(md5(i.id::text), 40)));
        hash := encode(sha256(convert_to(format(E'%s\n%s\n%s\n%s\n%s\n', previous, seq, i.id, i.attempts, (extract(epoch FROM written) * 1000000)::bigint) || body, 'UTF8')), 'hex');
        INSERT INTO healing.receipts (seq, incident_id, attempt, body, previous_hash, hash, at) VALUES (seq, i.id, i.attempts, body, previous, hash, written);
        previous := hash;
    END LOOP;
END $$;

INSERT INTO healing.job_runs (key, job, target, arguments, state, requested_by, recurring_id, slot, created_at, due_at, started_at, ended_at, worker, executions, token, note, error, log)
SELECT CASE WHEN j.job = 'repair' THEN format('repair:%s:%s', 1 + g % {incidents}, g) ELSE format('%s:%s:%s', j.job, j.target, g) END, j.job, j.target,
    CASE WHEN j.job = 'repair' THEN jsonb_build_object('incident', 1 + g % {incidents}) WHEN j.job = 'db.index_check.table' THEN jsonb_build_object('table', format('public.lines_%s', g % 700)) ELSE '{}' END,
    s.state, CASE WHEN g % 997 = 0 THEN 'anna' ELSE 'schedule' END, CASE WHEN j.recurring THEN format('%s:%s', j.job, j.target) END, CASE WHEN j.recurring THEN a.at END, a.at, a.at,
    CASE WHEN s.state <> 'pending' THEN a.at + interval '1 second' END, CASE WHEN s.state NOT IN ('pending', 'running') THEN a.at + interval '1 second' * (2 + g % 20) END,
    CASE WHEN s.state <> 'pending' THEN format('host%s:%s/1', (1 + g % 300) % 5, 1 + g % 300) END, 1, 1, CASE WHEN g % 3 = 0 THEN 'nothing is wrong' END,
    CASE WHEN s.state = 'failed' THEN 'the server closed the connection unexpectedly; it may have been shut down' END, repeat('12:00:00 looked at a relation and found nothing wrong with it ', 4)
FROM generate_series(1, {runs}) g
CROSS JOIN LATERAL (SELECT now() - interval '90 days' * (1 - g::float8 / {runs}) - interval '30 seconds' AS at) a
CROSS JOIN LATERAL (SELECT CASE WHEN g % 10 = 0 THEN 'db.health_check' WHEN g % 1000 = 1 THEN 'db.backup' WHEN g % 2000 = 3 THEN 'db.restore_test' WHEN g % 200 = 7 THEN 'db.orphan_cleanup' WHEN g % 2000 = 5 THEN 'db.index_check'
    WHEN g % 16 = 9 THEN 'repair' WHEN g % 20011 = 4 THEN 'undo' ELSE 'db.index_check.table' END AS job, (ARRAY['movies', 'orders', 'people', 'stock', 'billing', 'search', 'events', 'archive'])[1 + (g / 10) % 8] AS target) n
CROSS JOIN LATERAL (SELECT n.job, n.target, n.job LIKE 'db.%' AND n.job <> 'db.index_check.table' AS recurring) j
CROSS JOIN LATERAL (SELECT CASE WHEN g > {runs} - 40 AND g % 3 = 0 THEN 'running' WHEN g > {runs} - 40 THEN 'pending' WHEN g % 50 = 2 THEN 'failed' WHEN g % 200 = 6 THEN 'cancelled' ELSE 'succeeded' END AS state) s;
UPDATE healing.job_runs SET lease_until = now() + interval '1 day' WHERE state = 'running';

INSERT INTO healing.check_runs (target_id, check_name, object, status, reason, seconds, last_success_at)
SELECT t.id, c, CASE WHEN n = 0 THEN '' ELSE format('public.lines_%s', n) END, CASE WHEN n % 200 = 7 THEN 'damaged' WHEN n % 200 = 9 THEN 'failed' ELSE 'clean' END, CASE WHEN n % 200 = 9 THEN 'the lock was not had' END, 0.1, now()
FROM healing.targets t CROSS JOIN unnest(ARRAY['btree', 'foreign_keys', 'heap', 'unique', 'visibility', 'json', 'toast', 'sequences', 'catalog', 'collations']) c CROSS JOIN generate_series(0, 700) n WHERE n = 0 OR c IN ('btree', 'heap');
INSERT INTO healing.check_memory (target_id, topic, key, value)
SELECT t.id, 'sample.counts', n::text, '{"rows": 12345}' FROM healing.targets t CROSS JOIN generate_series(1, 2000) n;
INSERT INTO healing.histograms (metric, labels, bucket, count, sum)
SELECT 'health_check_duration_seconds', jsonb_build_object('target', t.name), b, 1000 * b, 500 * b FROM healing.targets t CROSS JOIN generate_series(1, 12) b;
INSERT INTO healing.samples (slot, role, name, at, body)
SELECT now() - n * interval '1 minute', 'target', t.name, now() - n * interval '1 minute', jsonb_build_object('note', repeat('s', 500)) FROM healing.targets t CROSS JOIN generate_series(1, 1440) n;
INSERT INTO healing.reports_taken (id, at)
SELECT gen_random_uuid(), now() - n * interval '14 days' / (1 + {runs} / 8) FROM generate_series(1, {runs} / 8) n;
INSERT INTO healing.answers (visitor, key, request_sha256, at, status, content_type, body)
SELECT 'anna', n::text, md5(n::text), now() - n * interval '20 seconds', 200, 'application/json', '{}' FROM generate_series(1, 4000) n;

INSERT INTO healing.backups (target_id, system_identifier, provider, state, started_at, ended_at, host, place, label, bytes, server_bytes, server_version, timeline, wal_from, wal_to, counted)
SELECT t.id, t.system_identifier, 'pg_basebackup', CASE WHEN n > 20 THEN 'removed' WHEN n % 13 = 5 THEN 'failed' ELSE 'complete' END, now() - n * interval '1 day', now() - n * interval '1 day' + interval '10 minutes', 'host1', format('/backups/%s/%s', t.name, n), n::text,
    1000000000, 3000000000, 150000, 1, '0/1000000', '0/2000000', jsonb_build_object('exact', true, 'why', NULL, 'tables', (SELECT jsonb_agg(jsonb_build_object('database', t.name, 'table', format('public.lines_%s', x), 'rows', x, 'why', NULL)) FROM generate_series(1, 700) x))
FROM healing.targets t CROSS JOIN generate_series(1, 180) n;
INSERT INTO healing.restore_tests (backup_id, started_at, ended_at, host, outcome, phases, report, checksums, bytes)
SELECT id, started_at + interval '1 hour', started_at + interval '2 hours', 'host1', CASE WHEN id % 40 = 3 THEN 'failed' ELSE 'proven' END, '[{"phase": "restore", "seconds": 1.5}, {"phase": "count", "seconds": 0.5}]', '{"findings": []}', 'verified', 1000000000
FROM healing.backups WHERE state IN ('complete', 'removed') AND id % 7 = 0;
