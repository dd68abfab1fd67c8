-- Everything applied, oldest first.
SELECT revision, name, up_sha256, down_sha256, down_sql, additive, applied_at, program_version
FROM healing.schema_migrations ORDER BY revision
