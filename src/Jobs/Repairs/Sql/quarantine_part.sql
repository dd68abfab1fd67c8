-- The share of one table in one step.
INSERT INTO healing_quarantine.parts (batch, part, step, action, cause, relation, schema_name, table_name, attnums, columns, types, key_columns, changed)
VALUES (@batch, @part, @step, @action, @cause, @relation::oid, @schema, @name, @attnums, @columns, @types, @key, @changed)
