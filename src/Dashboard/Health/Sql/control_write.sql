-- A write that changes nothing and is committed all the same: only that proves disk, rights and role of the server.
UPDATE healing.identity SET engine = engine
