-- By the ledger's clock, the one that all workers share.
UPDATE healing.workers SET heartbeat_at = clock_timestamp(), stopped_at = NULL WHERE id = @Id
