-- The foreign keys between tables, partitions each by itself.
SELECT format('%I.%I', cn.nspname, c.relname) AS child,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (num, at) JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.conrelid, u.num) ORDER BY u.at) AS "from",
       format('%I.%I', pn.nspname, p.relname) AS parent,
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u (num, at) JOIN pg_attribute a ON (a.attrelid, a.attnum) = (k.confrelid, u.num) ORDER BY u.at) AS "to",
       k.confdeltype::text AS on_delete
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE k.contype = 'f' AND c.relkind = 'r' AND p.relkind = 'r'
