-- Marked before the files go; one that is being restored right now stays.
UPDATE healing.backups b SET state = 'removed', removed_at = clock_timestamp(), removed_why = @Why
WHERE b.id = @Id AND b.state IN ('complete', 'failed')
  AND NOT EXISTS (SELECT FROM healing.restore_tests t WHERE t.backup_id = b.id AND t.ended_at IS NULL AND t.started_at > clock_timestamp() - interval '1 day')
