-- The parts of a batch, the oldest first.
SELECT p.batch, p.part, p.step, p.action, p.cause, p.relation::bigint AS relation, p.schema_name, p.table_name, p.attnums, p.columns, p.types,
       p.key_columns, p.changed, p.statement, p.rows, p.sha256
FROM healing_quarantine.parts p WHERE p.batch = @batch AND p.rows > 0 ORDER BY p.part
