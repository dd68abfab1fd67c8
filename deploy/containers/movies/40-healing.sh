#!/bin/bash
# The role that watches and repairs: what deploy/sql/roles.sql allows, and membership in the role that owns the tables.
set -euo pipefail
psql --username "$POSTGRES_USER" -v ON_ERROR_STOP=1 -d "$POSTGRES_DB" -v password="$(cat /run/secrets/healing_password)" <<'SQL'
CREATE ROLE film_owner NOLOGIN;
DO $own$
DECLARE one regclass;
BEGIN
    FOR one IN SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO film_owner', one);
    END LOOP;
END
$own$;
CREATE ROLE healing LOGIN PASSWORD :'password';
GRANT healing_detect, healing_repair, healing_surgery, healing_rest, film_owner TO healing;
GRANT CREATE ON DATABASE movies TO healing;
SQL
