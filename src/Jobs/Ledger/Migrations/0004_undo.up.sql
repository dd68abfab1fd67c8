-- What repairs took to quarantine, an attempt and a target; and how many rows a person has read of when approving.
-- additive

ALTER TABLE healing.attempts
    ADD COLUMN rows_quarantined bigint NOT NULL DEFAULT 0,
    -- its batches in the target's quarantine, with their hashes
    ADD COLUMN quarantine jsonb;

ALTER TABLE healing.incidents ADD COLUMN approved_rows bigint;

-- What is in the quarantine of a target, by the last look into it.
CREATE TABLE healing.quarantines (
    target_id bigint PRIMARY KEY REFERENCES healing.targets,
    rows      bigint NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
