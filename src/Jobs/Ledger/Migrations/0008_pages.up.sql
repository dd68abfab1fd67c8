-- The list of what is open, the newest first, among ten thousands that are over.
-- additive
-- optional

CREATE INDEX incidents_open ON healing.incidents (id DESC) WHERE state NOT IN ('Resolved', 'Closed', 'Undone');
