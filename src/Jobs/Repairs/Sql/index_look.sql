-- An index as it is now: the same one while it is valid, whatever it is called by now; else the one that bears its name (a concurrent
-- rebuild gives the name to a new oid); else what is left of it.
SELECT c.oid::bigint AS oid,
       pg_catalog.format('%I.%I', n.nspname, c.relname) AS quoted,
       i.indrelid::bigint AS table_oid,
       pg_catalog.format('%I.%I', tn.nspname, t.relname) AS table_quoted,
       c.relkind::text AS kind,
       am.amname::text AS method,
       i.indisvalid AND i.indisready AND i.indislive AS usable,
       i.indisexclusion AS is_exclusion,
       t.oid < 16384 AS is_catalog,
       c.relisshared AS is_shared,
       pg_catalog.pg_relation_filenode(c.oid)::bigint AS file_node,
       c.relfilenode = 0 AS is_mapped,
       t.relpersistence = 't' AS is_temporary,
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AS backs_constraint,
       EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = c.oid) AS is_attached,
       pg_catalog.pg_has_role(t.relowner, 'USAGE') OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user) AS is_owned,
       pg_catalog.pg_has_role(t.relowner, 'USAGE') OR (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
           OR CASE WHEN pg_catalog.current_setting('server_version_num')::int >= 170000 THEN pg_catalog.has_table_privilege(t.oid, 'MAINTAIN') ELSE false END AS is_ours,
       pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(t.relowner)) AS owner,
       c.relpages::bigint AS pages,
       t.relpages::bigint AS table_pages,
       pg_catalog.pg_get_indexdef(c.oid) AS definition
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_am am ON am.oid = c.relam
WHERE c.oid = coalesce(
    (SELECT x.indexrelid FROM pg_catalog.pg_index x WHERE x.indexrelid = @oid::oid AND x.indisvalid),
    (SELECT o.oid FROM pg_catalog.pg_class o JOIN pg_catalog.pg_namespace s ON s.oid = o.relnamespace
     WHERE o.relkind IN ('i', 'I') AND pg_catalog.format('%I.%I', s.nspname, o.relname) = @quoted),
    @oid::oid)
