-- Whether a checkpoint has begun, and ended, since the given position.
SELECT (pg_catalog.pg_control_checkpoint()).redo_lsn > @since::pg_catalog.pg_lsn
