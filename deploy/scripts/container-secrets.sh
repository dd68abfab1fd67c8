#!/usr/bin/env bash
# Makes the secrets that docker-compose.yml reads, in deploy/secrets; what is there already stays.
set -euo pipefail
directory="${1:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/deploy/secrets}"
# Each container has its own user, who must be able to read the files: the directory keeps everybody else out.
mkdir -p "$directory"
chmod 700 "$directory"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
secret() {
  local file="$directory/$1"
  if [ ! -s "$file" ]; then
    printf '%s\n' "$2" > "$file.new"
    chmod 644 "$file.new"
    mv "$file.new" "$file"
  fi
}
secret control_password "$(random)"
secret movies_password "$(random)"
secret healing_password "$(random)"
secret replication_password "$(random)"
secret admin_password "$(random)"
secret grafana_password "$(random)"
secret control_connection "Host=control;Database=healing;Username=healing;Password=$(cat "$directory/control_password")"
secret movies_connection "Host=movies;Database=movies;Username=healing;Password=$(cat "$directory/healing_password")"
echo "the secrets are in $directory; admin's password for the dashboard is in admin_password there"
