-- The entries stay; that they were chained is forgotten.
DROP TRIGGER chained ON healing.audit_log;
DROP FUNCTION healing.archive_audit(bigint, text, text);
DROP FUNCTION healing.chain_audit();
DROP FUNCTION healing.audit_hash(text, bigint, healing.audit_log);
DROP TABLE healing.audit_chain, healing.audit_head;
