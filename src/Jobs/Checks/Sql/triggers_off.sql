-- Foreign keys, deferrable keys and exclusion constraints, triggers and event triggers that are switched off, and settings that switch all of them off.
SELECT t.oid::bigint, pg_catalog.format('%I.%I', n.nspname, t.relname), k.conname::text,
       CASE k.contype WHEN 'f' THEN 'foreign_key_disabled' ELSE 'key_disabled' END, false,
       CASE k.contype
           WHEN 'f' THEN pg_catalog.format('the foreign key %I is off: its triggers on %s do not fire', k.conname,
               pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', gn.nspname, g.relname), ' and '))
           ELSE pg_catalog.format('the deferrable %s %I is off: the trigger that looks at new rows again does not fire, and rows that it forbids stay',
               CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique constraint' ELSE 'exclusion constraint' END, k.conname)
       END
FROM pg_catalog.pg_trigger r
JOIN pg_catalog.pg_constraint k ON k.oid = r.tgconstraint AND k.contype IN ('f', 'p', 'u', 'x')
JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
JOIN pg_catalog.pg_class g ON g.oid = r.tgrelid
JOIN pg_catalog.pg_namespace gn ON gn.oid = g.relnamespace
WHERE r.tgisinternal AND r.tgenabled IN ('D', 'R') AND t.relpersistence <> 't'
  -- whoever loads rows without triggers switches them on again
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_copy p WHERE p.relid IN (k.conrelid, k.confrelid))
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity s WHERE s.datname = pg_catalog.current_database() AND s.application_name = 'pg_restore')
GROUP BY t.oid, n.nspname, t.relname, k.oid, k.conname, k.contype
UNION ALL
SELECT t.oid::bigint, pg_catalog.format('%I.%I', n.nspname, t.relname), r.tgname::text, 'trigger_disabled', false,
       pg_catalog.format('the trigger %I is %s', r.tgname, CASE r.tgenabled WHEN 'D' THEN 'switched off' ELSE 'on in replica sessions only' END)
FROM pg_catalog.pg_trigger r
JOIN pg_catalog.pg_class t ON t.oid = r.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
WHERE NOT r.tgisinternal AND r.tgenabled IN ('D', 'R') AND t.relpersistence <> 't'
UNION ALL
SELECT d.oid::bigint, pg_catalog.quote_ident(d.datname), e.evtname::text, 'trigger_disabled', false, pg_catalog.format('the event trigger %I is switched off', e.evtname)
FROM pg_catalog.pg_event_trigger e
JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
WHERE e.evtenabled = 'D'
UNION ALL
SELECT d.oid::bigint, pg_catalog.quote_ident(d.datname), pg_catalog.format('role %s', s.setrole), 'replica_role', s.setrole <> 0,
       pg_catalog.format('sessions of %s start with %s: foreign keys and triggers do not work in them',
           CASE WHEN s.setrole = 0 THEN 'everybody' ELSE pg_catalog.format('the role %I', r.rolname) END, c)
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c
WHERE s.setdatabase IN (0, d.oid) AND c LIKE 'session\_replication\_role=replica'
UNION ALL
SELECT d.oid::bigint, pg_catalog.quote_ident(d.datname), 'server', 'replica_role', false,
       pg_catalog.format('the whole server starts its sessions with session_replication_role = replica (%s)', g.source)
FROM pg_catalog.pg_settings g
JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
WHERE g.name = 'session_replication_role' AND g.setting = 'replica' AND g.source IN ('configuration file', 'command line', 'environment variable')
ORDER BY 1, 4, 3
