-- What a database is made of, one line an object: `file` lines name its files, `def` lines say what it is.
WITH mine AS (
    SELECT c.oid, c.relkind, format('%I.%I', n.nspname, c.relname) AS name, n.nspname,
           coalesce(i.indrelid, s.refobjid, c.oid) AS owner
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_depend s ON c.relkind = 'S' AND s.classid = 'pg_class'::regclass AND s.objid = c.oid
         AND s.refclassid = 'pg_class'::regclass AND s.deptype IN ('a', 'i')
    WHERE n.nspname NOT LIKE 'pg\_%' AND n.nspname NOT IN ('information_schema', 'healing_quarantine', 'operators')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
)
SELECT 'file' AS kind, m.name, format('%I.%I', n.nspname, t.relname) AS "table", pg_relation_filenode(m.oid)::text || coalesce('/' || pg_relation_filenode(nullif(c.reltoastrelid, 0)), '') AS value
FROM mine m JOIN pg_class c ON c.oid = m.oid JOIN pg_class t ON t.oid = m.owner JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE c.relkind IN ('r', 'i', 'S')
UNION ALL
SELECT 'def', m.name, m.name,
       concat_ws(' | ', m.relkind, c.relacl::text, c.reloptions::text, c.relowner::regrole, c.relpersistence,
           (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE a.attrelid = m.oid AND a.attnum > 0 AND NOT a.attisdropped AND m.relkind IN ('r', 'p')),
           (SELECT string_agg(concat_ws(' ', k.conname, pg_get_constraintdef(k.oid), k.convalidated), ', ' ORDER BY k.conname)
            FROM pg_constraint k WHERE k.conrelid = m.oid),
           (SELECT string_agg(concat_ws(' ', g.tgname, g.tgenabled), ', ' ORDER BY g.tgname) FROM pg_trigger g WHERE g.tgrelid = m.oid AND NOT g.tgisinternal),
           (SELECT string_agg(g.tgenabled::text, '' ORDER BY g.tgenabled) FROM pg_trigger g WHERE g.tgrelid = m.oid AND g.tgisinternal),
           (SELECT pg_get_indexdef(i.indexrelid) || ' ' || i.indisvalid || i.indisready || i.indisclustered || i.indisreplident FROM pg_index i WHERE i.indexrelid = m.oid),
           (SELECT concat_ws(' ', q.seqstart, q.seqincrement, q.seqmax, q.seqmin, q.seqcache, q.seqcycle, q.seqtypid::regtype) FROM pg_sequence q WHERE q.seqrelid = m.oid),
           (SELECT p.refobjid::regclass || '.' || p.refobjsubid FROM pg_depend p WHERE m.relkind = 'S' AND p.objid = m.oid AND p.classid = 'pg_class'::regclass AND p.refclassid = 'pg_class'::regclass AND p.deptype IN ('a', 'i')))
FROM mine m JOIN pg_class c ON c.oid = m.oid
ORDER BY 1, 2
