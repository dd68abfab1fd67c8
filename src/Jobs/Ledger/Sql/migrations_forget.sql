-- In the transaction of the way back.
DELETE FROM healing.schema_migrations WHERE revision = @Revision
