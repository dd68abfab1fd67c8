-- The tables stay; only their protection goes.
DROP TRIGGER append_only ON healing.audit_log;
DROP TRIGGER append_only ON healing.receipts;
DROP FUNCTION healing.refuse_change();
