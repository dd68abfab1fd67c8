#!/bin/bash
# Copies the primary once, then follows it.
set -euo pipefail
export PGPASSWORD
PGPASSWORD="$(cat /run/secrets/replication_password)"
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  until pg_basebackup -h movies -U replicator -D "$PGDATA" -R -X stream -c fast; do sleep 2; done
  chmod 700 "$PGDATA"
fi
unset PGPASSWORD
exec postgres -c hot_standby=on
