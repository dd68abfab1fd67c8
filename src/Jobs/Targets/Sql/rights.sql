-- what the role of this session may do of what checks and repairs need; where it lacks something, what, and what grants it
WITH me AS (
    SELECT r.oid, r.rolname, r.rolsuper, pg_catalog.current_setting('server_version_num')::int AS version FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
), tables AS (
    SELECT c.oid, c.relowner, pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND c.oid >= 16384 AND n.nspname <> 'healing_quarantine'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e')
), functions AS (
    SELECT e.extname, p.proname, pg_catalog.bool_or(pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE')) AS may
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    JOIN pg_catalog.pg_proc p ON p.oid = d.objid
    WHERE e.extname IN ('amcheck', 'pg_visibility', 'pg_surgery')
    GROUP BY e.extname, p.proname
), wanted (name, extension, functions, healing) AS (VALUES
    ('verify_indexes', 'amcheck', ARRAY['bt_index_check'], 'healing_detect'),
    ('verify_index_parents', 'amcheck', ARRAY['bt_index_parent_check'], 'healing_detect'),
    ('verify_gin', 'amcheck', ARRAY['gin_index_check'], 'healing_detect'),
    ('verify_heap', 'amcheck', ARRAY['verify_heapam'], 'healing_detect'),
    ('verify_visibility', 'pg_visibility', ARRAY['pg_check_visible', 'pg_check_frozen'], 'healing_detect'),
    ('truncate_visibility', 'pg_visibility', ARRAY['pg_truncate_visibility_map'], 'healing_repair'),
    ('surgery', 'pg_surgery', ARRAY['heap_force_freeze', 'heap_force_kill'], 'healing_surgery')
), unread AS (
    SELECT pg_catalog.count(*) AS many, (pg_catalog.array_agg(t.quoted ORDER BY t.quoted))[1:5] AS some
    FROM tables t WHERE NOT pg_catalog.has_table_privilege(t.oid, 'SELECT')
), unwritten AS (
    SELECT pg_catalog.count(*) AS many, (pg_catalog.array_agg(t.quoted ORDER BY t.quoted))[1:5] AS some
    FROM tables t WHERE NOT (pg_catalog.has_table_privilege(t.oid, 'SELECT') AND pg_catalog.has_table_privilege(t.oid, 'UPDATE') AND pg_catalog.has_table_privilege(t.oid, 'DELETE'))
), unowned AS (
    SELECT pg_catalog.count(*) AS many, (pg_catalog.array_agg(t.quoted ORDER BY t.quoted))[1:5] AS some,
        pg_catalog.string_agg(DISTINCT pg_catalog.format('GRANT %I TO %I;', o.rolname, (SELECT rolname FROM me)), ' ') FILTER (WHERE NOT o.rolsuper) AS grants
    FROM tables t JOIN pg_catalog.pg_roles o ON o.oid = t.relowner
    WHERE NOT pg_catalog.pg_has_role(current_user, t.relowner, 'USAGE')
)
SELECT w.name AS "Name", me.rolname::text AS "Role",
    me.rolsuper AND EXISTS (SELECT FROM functions f WHERE f.extname = w.extension)
        OR pg_catalog.cardinality(w.functions) = (SELECT pg_catalog.count(*) FROM functions f WHERE f.extname = w.extension AND f.proname = ANY (w.functions) AND f.may) AS "Has",
    CASE WHEN NOT EXISTS (SELECT FROM functions f WHERE f.extname = w.extension) THEN 'the extension ' || w.extension || ' is not in this database' END AS "Detail",
    pg_catalog.format('-- healing grant, then: GRANT %I TO %I;', w.healing, me.rolname) AS "GrantSql"
FROM wanted w CROSS JOIN me
UNION ALL
SELECT 'monitor', me.rolname, me.rolsuper OR pg_catalog.pg_has_role(current_user, 'pg_monitor', 'USAGE'), NULL, pg_catalog.format('GRANT pg_monitor TO %I;', me.rolname) FROM me
UNION ALL
SELECT 'read_rows', me.rolname, me.rolsuper OR u.many = 0, u.many || ' tables, as ' || pg_catalog.array_to_string(u.some, ', '), pg_catalog.format('GRANT pg_read_all_data TO %I;', me.rolname) FROM me, unread u
UNION ALL
SELECT 'read_files', me.rolname, me.rolsuper
    OR (pg_catalog.has_function_privilege('pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE') AND pg_catalog.has_function_privilege('pg_catalog.pg_stat_file(text, boolean)', 'EXECUTE')),
    'a data_directory in healing.yaml serves as well', pg_catalog.format('-- healing grant, then: GRANT healing_rest TO %I;', me.rolname) FROM me
UNION ALL
SELECT 'own_tables', me.rolname, me.rolsuper OR u.many = 0 OR (me.version >= 170000 AND EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname = 'pg_maintain' AND pg_catalog.pg_has_role(current_user, m.oid, 'USAGE'))),
    u.many || ' tables, as ' || pg_catalog.array_to_string(u.some, ', '), coalesce(u.grants, '-- their owner is a superuser: give them to another owner') FROM me, unowned u
UNION ALL
SELECT 'write_rows', me.rolname, me.rolsuper OR u.many = 0, u.many || ' tables, as ' || pg_catalog.array_to_string(u.some, ', '), pg_catalog.format('GRANT pg_read_all_data, pg_write_all_data TO %I;', me.rolname) FROM me, unwritten u
UNION ALL
SELECT 'make_quarantine', me.rolname, me.rolsuper
    OR CASE WHEN n.oid IS NULL THEN pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') ELSE pg_catalog.has_schema_privilege(n.oid, 'USAGE') END,
    NULL, pg_catalog.format('GRANT CREATE ON DATABASE %I TO %I;', pg_catalog.current_database(), me.rolname)
FROM me LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = 'healing_quarantine'
UNION ALL
SELECT 'checkpoint', me.rolname, me.rolsuper OR EXISTS (SELECT FROM pg_catalog.pg_roles m WHERE m.rolname = 'pg_checkpoint' AND pg_catalog.pg_has_role(current_user, m.oid, 'USAGE')), NULL,
    pg_catalog.format('GRANT pg_checkpoint TO %I;', me.rolname) FROM me
