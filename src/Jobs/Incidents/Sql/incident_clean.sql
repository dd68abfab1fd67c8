-- Looked at, under its oid or its name, and not found again. An event does not go away by itself; what is in hand or with a person is theirs to end.
UPDATE healing.incidents
SET clean_checks = clean_checks + 1
WHERE target_id = @Target AND check_name = @Check AND (object_oid = ANY (@Examined) OR object = ANY (@Names)) AND NOT fingerprint = ANY (@Found)
  AND state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow') AND NOT kind = ANY (@Events)
RETURNING id, clean_checks
