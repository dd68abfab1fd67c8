-- The end of the copy: the last file of WAL that it needs, and the label that makes a start of it a recovery.
SELECT pg_catalog.pg_walfile_name(s.lsn), s.labelfile FROM pg_catalog.pg_backup_stop(false) s
