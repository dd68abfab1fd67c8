-- Where the chain of the audit log begins and ends.
SELECT seq, hash, anchor_seq, anchor_hash FROM healing.audit_head
