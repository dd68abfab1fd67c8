-- What the replicas of the dashboard share: the keys of their cookies and forms, and the sessions that were ended before their time.
-- additive

CREATE TABLE healing.web_keys (
    name       text PRIMARY KEY,
    xml        text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE healing.web_logouts (
    session text PRIMARY KEY,
    until   timestamptz NOT NULL
);
CREATE INDEX web_logouts_until ON healing.web_logouts (until);
