-- The same parts for a piece of a batch; how many rows each has there is counted afterwards.
INSERT INTO healing_quarantine.parts (batch, part, step, action, cause, relation, schema_name, table_name, attnums, columns, types, key_columns, changed)
SELECT @piece, p.part, p.step, p.action, p.cause, p.relation, p.schema_name, p.table_name, p.attnums, p.columns, p.types, p.key_columns, p.changed
FROM healing_quarantine.parts p WHERE p.batch = @batch AND p.rows > 0
