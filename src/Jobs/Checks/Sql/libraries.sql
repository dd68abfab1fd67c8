-- The libraries of the functions written in C that no file of the server answers to.
WITH known AS (
    SELECT p.probin, pg_catalog.count(*) AS functions, pg_catalog.min(pg_catalog.format('%I.%I', n.nspname, p.proname)) AS example,
           pg_catalog.string_agg(DISTINCT e.extname::text, ', ') AS extensions
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
    LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
    LEFT JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.oid = d.refobjid
    WHERE p.probin IS NOT NULL
    GROUP BY p.probin
), place AS (
    SELECT c.setting AS libraries FROM pg_catalog.pg_config() c WHERE c.name = 'PKGLIBDIR'
)
SELECT b.oid::bigint, pg_catalog.quote_ident(b.datname), k.probin, 'library_missing', false,
       pg_catalog.format('%s is not on the server: %s function(s) cannot be called, such as %s%s', k.probin, k.functions, k.example,
           CASE WHEN k.extensions IS NULL THEN '' ELSE pg_catalog.format(' of the extension %s', k.extensions) END)
FROM known k
CROSS JOIN place l
JOIN pg_catalog.pg_database b ON b.datname = pg_catalog.current_database()
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.unnest(CASE WHEN pg_catalog.strpos(k.probin, '/') > 0 THEN ARRAY[k.probin]
                                       ELSE ARRAY(SELECT p || '/' || k.probin FROM pg_catalog.string_to_table(pg_catalog.current_setting('dynamic_library_path'), ':') p) END) AS place
    CROSS JOIN pg_catalog.unnest(ARRAY['', '.so', '.dylib', '.dll', '.sl']) AS suffix
    WHERE (pg_catalog.pg_stat_file(pg_catalog.replace(place, '$libdir', l.libraries) || suffix, true)).size IS NOT NULL)
ORDER BY k.probin
