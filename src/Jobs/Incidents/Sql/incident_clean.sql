-- Looked at, under its oid or its name, and not found again. An event does not go away by itself, nor what may be lost as well; what is in hand or with a person is theirs to end.
-- A look that began before it was last seen, as in a report that waited on disk or at a copy made earlier, says nothing of it.
-- A standby speaks for what was only ever seen at a standby: its files may be sound where the primary's are not.
UPDATE healing.incidents
SET clean_checks = clean_checks + 1
WHERE target_id = @Target AND check_name = @Check AND (object_oid = ANY (@Examined) OR object = ANY (@Names)) AND NOT fingerprint = ANY (@Found)
  AND state IN ('Detected', 'AwaitingApproval', 'AwaitingWindow') AND NOT kind = ANY (@Staying)
  AND (@LookedFrom::timestamptz IS NULL OR last_seen_at <= @LookedFrom::timestamptz)
  AND (NOT @FromStandby OR evidence ->> 'seen_at_standby' = 'true')
RETURNING id, clean_checks
