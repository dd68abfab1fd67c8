#!/bin/sh
# Makes a server of its own from this copy, and leaves the copy as it is:   sh restore.sh NEW_DIRECTORY [PORT]
# It listens on a socket in NEW_DIRECTORY (or $SOCKET) only. Under root it runs as $OWNER (@OWNER@); $BIN is where pg_ctl is.
# It loads no library at its start, since some of those begin to work by themselves: $PRELOAD names those without which its data cannot be read.
# With $NO_START it is made ready and left; $HERE is the copy, where this text is not read from it.
set -eu
here=${HERE:-$(cd "$(dirname "$0")" && pwd)}
to=${1:?name a new directory}
port=${2:-5433}
bin=${BIN:-@BIN@}
[ ! -e "$to" ] || [ -z "$(ls -A "$to")" ] || { echo "$to is not empty" >&2; exit 1; }
mkdir -p "$to"
to=$(cd "$to" && pwd)
cp -a "$here/data/." "$to/"
chmod 700 "$to"
rm -f "$to/postmaster.pid"
for space in "$here"/tablespaces/*; do
    [ -d "$space" ] || continue
    oid=$(basename "$space")
    mkdir -p "$to.tablespaces"
    cp -a "$space" "$to.tablespaces/"
    rm -f "$to/pg_tblspc/$oid"
    ln -s "$to.tablespaces/$oid" "$to/pg_tblspc/$oid"
done
# a distribution may keep these elsewhere
[ -f "$to/postgresql.conf" ] || : > "$to/postgresql.conf"
[ -f "$to/pg_hba.conf" ] || echo 'local all all peer' > "$to/pg_hba.conf"
[ -f "$to/pg_ident.conf" ] || : > "$to/pg_ident.conf"
cat >> "$to/postgresql.auto.conf" <<CONF
port = $port
listen_addresses = ''
unix_socket_directories = '${SOCKET:-$to}'
archive_mode = off
max_logical_replication_workers = 0
shared_preload_libraries = '${PRELOAD:-}'
synchronous_standby_names = ''
CONF
cat <<TOLD
It keeps to itself: it subscribes to nothing, loads ${PRELOAD:-no library}, archives nothing and waits for no standby.
To let it take the original's place, once that runs no more: take the lines port, listen_addresses, unix_socket_directories, archive_mode,
max_logical_replication_workers, shared_preload_libraries and synchronous_standby_names off the end of $to/postgresql.auto.conf, and restart it.
TOLD
as=
if [ "$(id -u)" = 0 ]; then
    owner=${OWNER:-@OWNER@}
    chown -R "$owner" "$to"
    [ ! -d "$to.tablespaces" ] || chown -R "$owner" "$to.tablespaces"
    as="setpriv --reuid=$owner --regid=$(id -g "$owner") --clear-groups --"
fi
[ -z "${NO_START:-}" ] || exit 0
cd "$to"
$as "$bin/pg_ctl" -D "$to" -w -t 3600 -l "$to/restore.log" start
echo "psql -h '${SOCKET:-$to}' -p $port"
