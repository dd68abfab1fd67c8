-- The first engine to come owns the ledger for good; whoever loses the race is told the owner.
UPDATE healing.identity SET engine = coalesce(engine, @Name) RETURNING engine
