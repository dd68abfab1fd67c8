-- nothing stays behind
SELECT pg_catalog.lo_unlink(@number::oid)
