-- In the transaction of the migration itself.
INSERT INTO healing.schema_migrations (revision, name, up_sha256, down_sha256, down_sql, additive, program_version)
VALUES (@Revision, @Name, @UpSha256, @DownSha256, @DownSql, @Additive, @Program)
