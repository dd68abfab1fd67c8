-- What stands between us and the rows of a table, each by name: for deleting (8), changing (16) or inserting (4), by the bits of a trigger's type.
WITH here AS (
    SELECT c.oid, c.relkind, c.relpersistence, c.relnamespace, c.relreplident, n.nspname, pg_catalog.format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = @oid::oid
), family AS (
    SELECT h.oid FROM here h UNION SELECT a.relid::oid FROM here h, pg_catalog.pg_partition_ancestors(h.oid) a
), identity AS (
    -- what a subscriber would know a row by; a partition's columns have the names of its parents' columns
    SELECT a.attname, a.attgenerated FROM here h JOIN pg_catalog.pg_attribute a ON a.attrelid = h.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE h.relreplident = 'f'
       OR EXISTS (SELECT FROM pg_catalog.pg_index i CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (attnum, turn)
                  WHERE i.indrelid = h.oid AND i.indisvalid AND i.indimmediate AND k.turn <= i.indnkeyatts AND k.attnum = a.attnum
                    AND CASE h.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)
), publisher AS MATERIALIZED (
    SELECT p.oid, p.pubname, p.pubviaroot, p.puballtables, coalesce(pg_catalog.to_jsonb(p) ->> 'pubgencols', 's') AS generated
    FROM pg_catalog.pg_publication p WHERE CASE @event WHEN 8 THEN p.pubdelete WHEN 16 THEN p.pubupdate ELSE false END
), entry AS MATERIALIZED (
    -- what a publication (from 15 on) says of its rows and columns: of the table itself, or of the topmost that it is a part of
    SELECT e.* FROM (
        SELECT p.oid AS publication, p.pubname, p.pubviaroot, f.oid, pg_catalog.to_jsonb(r) ->> 'prqual' AS filter, pg_catalog.to_jsonb(r) -> 'prattrs' AS columns
        FROM family f JOIN pg_catalog.pg_publication_rel r ON r.prrelid = f.oid JOIN publisher p ON p.oid = r.prpubid) AS e
    WHERE (e.filter IS NOT NULL OR pg_catalog.jsonb_typeof(e.columns) = 'array')
      AND CASE WHEN e.pubviaroot
          THEN EXISTS (SELECT FROM pg_catalog.pg_publication_tables v WHERE v.pubname = e.pubname AND (v.schemaname, v.tablename) =
                       (SELECT n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = e.oid))
          ELSE e.oid = @oid::oid END
)
SELECT said FROM (
    SELECT 1 AS turn, CASE h.relkind
               WHEN 'p' THEN h.name || ' is partitioned and holds no rows itself: its partitions are to be named'
               WHEN 'v' THEN h.name || ' is a view: its tables are to be repaired'
               WHEN 'm' THEN h.name || ' is a materialized view: refresh it'
               WHEN 'f' THEN h.name || ' is a foreign table: its rows belong to the foreign server ' ||
                   (SELECT pg_catalog.quote_ident(s.srvname) FROM pg_catalog.pg_foreign_table f JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = h.oid)
               ELSE h.name || ' is no table' END AS said
    FROM here h WHERE h.relkind <> 'r'
    UNION ALL
    SELECT 2, h.name || ' belongs to the system catalogue' FROM here h WHERE h.oid < 16384 OR h.nspname IN ('pg_catalog', 'pg_toast', 'information_schema')
    UNION ALL
    SELECT 3, h.name || ' is a temporary table of a session' FROM here h WHERE h.relpersistence = 't'
    UNION ALL
    SELECT 4, pg_catalog.format('%s belongs to the extension %I, which alone knows what its rows mean', h.name, e.extname)
    FROM here h JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = h.oid AND d.deptype = 'e'
    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
    UNION ALL
    SELECT 5, pg_catalog.format('the rule %I of %s rewrites what is sent', w.rulename, h.name)
    FROM here h JOIN pg_catalog.pg_rewrite w ON w.ev_class = h.oid
    WHERE w.ev_enabled IN ('O', 'A', @fires_in) AND w.ev_type = CASE @event WHEN 8 THEN '4' WHEN 16 THEN '2' ELSE '3' END AND h.relkind = 'r'
    UNION ALL
    SELECT 6, pg_catalog.format('the trigger %I of %s would fire and could change, swallow or add something: disable it for the time of the repair, or repair by hand', g.tgname, h.name)
    FROM here h JOIN pg_catalog.pg_trigger g ON g.tgrelid = h.oid
    WHERE g.tgenabled IN (@fires_in, 'A') AND g.tgtype & @event <> 0
      -- 14 calls the triggers that a partition has of its parent internal, as it does those of keys
      AND (NOT g.tgisinternal OR (g.tgparentid <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.oid = g.tgconstraint AND k.contype <> 't')))
    UNION ALL
    SELECT 7, pg_catalog.format('row security of %s applies to the role %I and could hide rows: GRANT it ownership, or BYPASSRLS', h.name, current_user)
    FROM here h WHERE pg_catalog.row_security_active(h.oid)
    UNION ALL
    SELECT 8, pg_catalog.format('the publication %I publishes this, and %s has no replica identity: give it one (ALTER TABLE ... REPLICA IDENTITY)', p.pubname, h.name)
    FROM here h CROSS JOIN pg_catalog.pg_publication p
    WHERE (CASE @event WHEN 8 THEN p.pubdelete WHEN 16 THEN p.pubupdate ELSE false END)
      AND (h.relreplident = 'n'
           OR (h.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = h.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate))
           OR (h.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = h.oid AND i.indisreplident AND i.indisvalid)))
      AND (p.puballtables AND h.relpersistence = 'p'
           OR EXISTS (SELECT FROM pg_catalog.pg_publication_tables v JOIN family f ON true JOIN pg_catalog.pg_class fc ON fc.oid = f.oid JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
                      WHERE v.pubname = p.pubname AND v.schemaname = fn.nspname AND v.tablename = fc.relname))
    UNION ALL
    SELECT 8, pg_catalog.format('the publication %I filters %s by %s, which its replica identity does not hold, so that the server refuses: give it one that does (ALTER TABLE ... REPLICA IDENTITY), or publish it without that filter',
               e.pubname, h.name, x.columns)
    FROM here h CROSS JOIN entry e
    CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(DISTINCT coalesce(pg_catalog.quote_ident(a.attname), 'the whole row'), ', ') AS columns
                        FROM pg_catalog.regexp_matches(e.filter, '[{]VAR :varno [0-9]+ :varattno ([0-9]+) ', 'g') AS m (found)
                        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = e.oid AND a.attnum = m.found[1]::smallint
                        WHERE NOT EXISTS (SELECT FROM identity i WHERE i.attname = a.attname)) AS x
    WHERE h.relreplident <> 'f' AND x.columns IS NOT NULL AND EXISTS (SELECT FROM identity)
    UNION ALL
    SELECT 8, pg_catalog.format('the publication %I publishes only some columns of %s%s, so that the server refuses: publish all of them, or give it another replica identity (ALTER TABLE ... REPLICA IDENTITY)',
               e.pubname, h.name, CASE h.relreplident WHEN 'f' THEN ', whose replica identity is FULL' ELSE ', and not ' || x.columns || ' of its replica identity' END)
    FROM here h CROSS JOIN entry e
    CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(i.attname), ', ' ORDER BY i.attname) AS columns FROM identity i
                        WHERE NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements_text(e.columns) AS c (attnum)
                                          JOIN pg_catalog.pg_attribute a ON a.attrelid = e.oid AND a.attnum = c.attnum::smallint WHERE a.attname = i.attname)) AS x
    WHERE pg_catalog.jsonb_typeof(e.columns) = 'array' AND (h.relreplident = 'f' OR x.columns IS NOT NULL)
    UNION ALL
    -- from 18 on
    SELECT 8, pg_catalog.format('the publication %I publishes %s without the generated %s of its replica identity, so that the server refuses: give it another one (ALTER TABLE ... REPLICA IDENTITY)',
               p.pubname, h.name, x.columns)
    FROM here h CROSS JOIN publisher p
    CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(i.attname), ', ' ORDER BY i.attname) AS columns FROM identity i
                        WHERE i.attgenerated = 'v' OR (i.attgenerated = 's' AND p.generated <> 's')) AS x
    WHERE x.columns IS NOT NULL AND h.relpersistence = 'p' AND NOT EXISTS (SELECT FROM entry e WHERE e.publication = p.oid AND pg_catalog.jsonb_typeof(e.columns) = 'array')
      AND CASE WHEN p.puballtables THEN true ELSE
          EXISTS (SELECT FROM pg_catalog.pg_publication_tables v JOIN family f ON true JOIN pg_catalog.pg_class fc ON fc.oid = f.oid JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
                  WHERE v.pubname = p.pubname AND v.schemaname = fn.nspname AND v.tablename = fc.relname) END
    UNION ALL
    SELECT 9, pg_catalog.format('the role %I may not %s rows of %s: GRANT SELECT, UPDATE, %s ON %s TO %I', current_user,
               CASE @event WHEN 8 THEN 'delete' WHEN 16 THEN 'change' ELSE 'insert' END, h.name, CASE @event WHEN 8 THEN 'DELETE' WHEN 16 THEN 'UPDATE' ELSE 'INSERT' END, h.name, current_user)
    FROM here h
    WHERE h.relkind = 'r' AND NOT (pg_catalog.has_schema_privilege(h.relnamespace, 'USAGE') AND pg_catalog.has_table_privilege(h.oid, 'SELECT') AND pg_catalog.has_table_privilege(h.oid, 'UPDATE')
                   AND pg_catalog.has_table_privilege(h.oid, CASE @event WHEN 8 THEN 'DELETE' WHEN 16 THEN 'UPDATE' ELSE 'INSERT' END))
    UNION ALL
    SELECT 10, pg_catalog.format('the key %I of %s is deferrable, and nobody would watch over it meanwhile', k.conname, h.name)
    FROM here h JOIN pg_catalog.pg_constraint k ON k.conrelid = h.oid
    WHERE @fires_in = 'R' AND @event <> 8 AND k.contype IN ('p', 'u', 'x') AND k.condeferrable
) AS obstacles ORDER BY turn, said
