-- Installed extensions that the server no longer offers: their package has gone.
SELECT b.oid::bigint, pg_catalog.quote_ident(b.datname), e.extname::text, 'library_missing', @visible::boolean,
       pg_catalog.format('the server no longer has the files of the extension %I%s: install its package again', e.extname,
           CASE WHEN @visible::boolean THEN ' that describe it, though what it needs at work is there' ELSE '' END)
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_database b ON b.datname = pg_catalog.current_database()
WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_available_extensions a WHERE a.name = e.extname)
ORDER BY e.extname
