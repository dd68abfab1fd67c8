-- Receipts and the audit log are written once: a slip of hand or of code must not change them.
-- Whoever means it sets session_replication_role, and the chain of hashes still tells.
-- additive
-- optional

CREATE FUNCTION healing.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON healing.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION healing.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON healing.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION healing.refuse_change();
