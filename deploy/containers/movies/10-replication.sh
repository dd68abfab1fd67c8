#!/bin/bash
# The standby may copy and follow.
set -euo pipefail
psql --username "$POSTGRES_USER" -v ON_ERROR_STOP=1 -d postgres -v password="$(cat /run/secrets/replication_password)" <<'SQL'
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'password';
SQL
echo "host replication replicator all scram-sha-256" >> "$PGDATA/pg_hba.conf"
