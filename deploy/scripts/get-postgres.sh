#!/usr/bin/env bash
# Gets the named major versions of PostgreSQL where they are not here yet, for the drill and the tests: get-postgres.sh 14 16 17 18
set -euo pipefail
say() { printf '%s\n' "$*" >&2; }
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/postgres.sh"
status=0
for major in "$@"; do
  if ! postgres_of "$major" && ! { npm_postgres "$major" && postgres_of "$major"; }; then
    say "error: PostgreSQL $major could not be got"
    say "HINT: it is looked for in /usr/lib/postgresql/$major and comes from npm (npm and node must be there)"
    status=1
  fi
done
exit $status
