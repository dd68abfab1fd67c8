-- Each entry of the audit log becomes a link of a chain: its hash covers all of its columns and the hash of the one before.
-- The links lie beside the log and not in it, so that entries which receipts were hashed with stay byte for byte what they were.
-- Entries that are there already are hashed now, in the order of their numbers: what was changed before now does not show.
-- additive
-- optional

CREATE TABLE healing.audit_chain (
    seq           bigint PRIMARY KEY,
    audit_id      bigint NOT NULL UNIQUE,
    previous_hash text NOT NULL,
    hash          text NOT NULL
);

-- The newest link, which also lets one writer after the other append; and the last link of what was archived, which the oldest kept one continues.
CREATE TABLE healing.audit_head (
    only_one    boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    seq         bigint NOT NULL DEFAULT 0,
    hash        text NOT NULL DEFAULT repeat('0', 64),
    anchor_seq  bigint NOT NULL DEFAULT 0,
    anchor_hash text NOT NULL DEFAULT repeat('0', 64)
);
INSERT INTO healing.audit_head DEFAULT VALUES;

-- Texts with their lengths before them, so that nothing can be moved from one column to the next.
CREATE FUNCTION healing.audit_hash(previous text, seq bigint, entry healing.audit_log) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws(E'\n', previous, seq, entry.id,
        (EXTRACT(epoch FROM entry.at) * 1000000)::bigint, coalesce(entry.target_id::text, '-'), coalesce(entry.incident_id::text, '-'),
        pg_catalog.string_agg(pg_catalog.octet_length(pg_catalog.convert_to(t.text, 'UTF8')) || ':' || t.text, E'\n' ORDER BY t.n)), 'UTF8')), 'hex')
    FROM pg_catalog.unnest(ARRAY[entry.event_type, entry.severity, entry.actor, entry.message, entry.metadata::text]) WITH ORDINALITY AS t (text, n)
$$;

CREATE FUNCTION healing.chain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    head healing.audit_head;
    link text;
BEGIN
    SELECT * INTO STRICT head FROM healing.audit_head FOR UPDATE;
    link := healing.audit_hash(head.hash, head.seq + 1, NEW);
    INSERT INTO healing.audit_chain (seq, audit_id, previous_hash, hash) VALUES (head.seq + 1, NEW.id, head.hash, link);
    UPDATE healing.audit_head SET seq = head.seq + 1, hash = link;
    RETURN NULL;
END
$$;

-- At the commit, when a transaction waits for nothing else any more: whoever appends holds up the others for that long, and nobody dead-locks.
CREATE CONSTRAINT TRIGGER chained AFTER INSERT ON healing.audit_log
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION healing.chain_audit();

DO $$
DECLARE
    entry healing.audit_log;
    n     bigint := 0;
    last  text := repeat('0', 64);
    link  text;
BEGIN
    FOR entry IN SELECT * FROM healing.audit_log ORDER BY id LOOP
        n := n + 1;
        link := healing.audit_hash(last, n, entry);
        INSERT INTO healing.audit_chain (seq, audit_id, previous_hash, hash) VALUES (n, entry.id, last, link);
        last := link;
    END LOOP;
    UPDATE healing.audit_head SET seq = n, hash = last;
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON healing.audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION healing.refuse_change();

-- For whoever keeps old entries elsewhere: takes the oldest away up to a link, and keeps that link as what the next one continues.
CREATE FUNCTION healing.archive_audit(through bigint, who text, why text) RETURNS bigint LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    head  healing.audit_head;
    last  text;
    taken bigint;
BEGIN
    LOCK TABLE healing.audit_log, healing.audit_chain IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO STRICT head FROM healing.audit_head FOR UPDATE;
    SELECT c.hash INTO last FROM healing.audit_chain c WHERE c.seq = through;
    IF last IS NULL THEN
        RAISE EXCEPTION 'the audit log has links % to %, and not %', head.anchor_seq + 1, head.seq, through USING ERRCODE = 'invalid_parameter_value';
    END IF;
    ALTER TABLE healing.audit_log DISABLE TRIGGER append_only;
    ALTER TABLE healing.audit_chain DISABLE TRIGGER append_only;
    DELETE FROM healing.audit_log l USING healing.audit_chain c WHERE c.audit_id = l.id AND c.seq <= through;
    GET DIAGNOSTICS taken = ROW_COUNT;
    DELETE FROM healing.audit_chain c WHERE c.seq <= through;
    ALTER TABLE healing.audit_log ENABLE TRIGGER append_only;
    ALTER TABLE healing.audit_chain ENABLE TRIGGER append_only;
    UPDATE healing.audit_head SET anchor_seq = through, anchor_hash = last;
    INSERT INTO healing.audit_log (event_type, severity, message, actor)
    VALUES ('audit.archived', 'warning', format('%s entries up to link %s were taken out of the audit log: %s', taken, through, why), who);
    RETURN taken;
END
$$;
