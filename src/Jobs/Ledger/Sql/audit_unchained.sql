-- Entries that were put into the log past its chain.
SELECT l.id FROM healing.audit_log l
WHERE NOT EXISTS (SELECT FROM healing.audit_chain c WHERE c.audit_id = l.id)
ORDER BY l.id
LIMIT @Most
