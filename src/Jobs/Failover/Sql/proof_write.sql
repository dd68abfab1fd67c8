-- a row of pg_largeobject: logged like any other, and of a table that no publication, event trigger or rule sees; nothing where all numbers are somebody else's
SELECT pg_catalog.lo_from_bytea((SELECT n::oid FROM pg_catalog.generate_series(1212498252, 1212498267) AS n
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = n::oid) ORDER BY n LIMIT 1), @said)::bigint
