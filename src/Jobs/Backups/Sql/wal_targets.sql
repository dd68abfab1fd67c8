-- For which targets of a server this ledger has received WAL, or tried to.
SELECT DISTINCT t.name FROM healing.targets t WHERE (@SystemIdentifier::text IS NULL OR t.system_identifier = @SystemIdentifier::text)
  AND EXISTS (SELECT FROM healing.targets o JOIN healing.check_runs c ON c.target_id = o.id WHERE o.system_identifier = t.system_identifier AND c.check_name = 'wal')
