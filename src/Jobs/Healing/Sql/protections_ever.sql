-- Where a setting of ours may come back with a backup.
SELECT DISTINCT t.name FROM healing.protections p JOIN healing.targets t ON t.id = p.target_id
