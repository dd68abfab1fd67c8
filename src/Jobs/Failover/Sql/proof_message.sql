-- where no large object may be made: a transaction that writes nothing but a message to the WAL
SELECT pg_catalog.pg_logical_emit_message(true, 'healing_failover', 'written')::text AS "Lsn", pg_catalog.pg_current_xact_id()::text AS "Transaction"
