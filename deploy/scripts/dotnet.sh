# Sourced: finds a .NET SDK of version 10 or later, or says how to get one; picks the job engine; builds the program.
# Expects $root.

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

program="$root/src/Worker/bin/Release/app/healing"
stamp="$root/src/Worker/bin/Release/.built"

say() { printf '%s\n' "$*" >&2; }

find_dotnet() {
  local candidate
  for candidate in "$(command -v dotnet || true)" "${DOTNET_ROOT:-}/dotnet" "$HOME/.dotnet/dotnet" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet; do
    if [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -Eq '^[1-9][0-9]+\.'; then
      PATH="$(dirname "$candidate"):$PATH"
      DOTNET_ROOT="${DOTNET_ROOT:-$(dirname "$(readlink -f "$candidate")")}"
      export PATH DOTNET_ROOT
      return 0
    fi
  done
  say "error: there is no .NET SDK of version 10 or later on this machine"
  say "HINT: get one without root by"
  say "HINT:   curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel 10.0"
  say "HINT: which puts it into ~/.dotnet, where it is found; or by your package manager (dotnet-sdk-10.0)"
  exit 1
}

# The wished-for engine where the feed serves it, else the other one; the answer of the last build is kept.
pick_engine() {
  if [ -n "${JOB_ENGINE:-}" ]; then
    case "$JOB_ENGINE" in
      hangfire | quartz) engine="$JOB_ENGINE"; engine_why="JOB_ENGINE says so" ;;
      *) say "error: JOB_ENGINE is '$JOB_ENGINE'"; say "HINT: it takes hangfire or quartz"; exit 1 ;;
    esac
  elif [ -f "$stamp" ]; then
    engine="$(cat "$stamp")" engine_why="as it was built last time"
  elif feed_serves_hangfire; then
    engine=hangfire engine_why="the package feed serves it"
  else
    engine=quartz engine_why="the package feed does not serve Hangfire"
  fi
}

feed_serves_hangfire() {
  local probe answer=1
  probe="$(mktemp -d)"
  cat > "$probe/probe.csproj" <<'EOF'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Hangfire.AspNetCore" Version="[1.8.24]" />
    <PackageReference Include="Hangfire.PostgreSql" Version="[1.21.1]" />
    <PackageReference Include="prometheus-net.AspNetCore" Version="[8.2.1]" />
  </ItemGroup>
</Project>
EOF
  if timeout 60 dotnet restore "$probe/probe.csproj" -v q >/dev/null 2>&1; then answer=0; fi
  rm -rf "$probe"
  return $answer
}

is_stale() {
  [ ! -x "$program" ] || [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$engine" ] ||
    [ -n "$(find "$root/src" "$root"/Directory.*.props "$root/global.json" \
      \( -name bin -o -name obj \) -prune -o -type f -newer "$stamp" -print -quit)" ]
}

# The analyzers have their say in ./test; who only runs the program need not wait for them.
publish() {
  dotnet publish "$root/src/Worker/HealingWorkers.Worker.csproj" -c Release -v q -m:1 --use-current-runtime --self-contained false \
    -p:JobEngine="$property" -p:RunAnalyzers=false -o "$(dirname "$program")" "$@"
}

build() {
  mkdir -p "$root/src/Worker/bin/Release"
  (
    # Two at once would write the same files.
    if command -v flock >/dev/null; then flock 9; fi
    if ! is_stale; then exit 0; fi
    local began log property
    began=$(date +%s)
    log="$root/src/Worker/bin/Release/build.log"
    property="$(printf '%s' "${engine:0:1}" | tr '[:lower:]' '[:upper:]')${engine:1}"
    say "building with the job engine $engine ($engine_why); the first time it fetches its packages, which takes some minutes ..."
    touch "$stamp.new"
    # Compiled ahead of time where the feed has the compiler for this machine: a command then starts in a third of the time.
    if ! publish -p:PublishReadyToRun=true >"$log" 2>&1 && ! publish >"$log" 2>&1; then
      grep -E 'error' "$log" | sort -u | head -20 >&2 || tail -20 "$log" >&2
      say "error: the build failed"
      say "HINT: $log has all of it"
      exit 1
    fi
    printf '%s' "$engine" > "$stamp.new.engine"
    # The stamp is as old as the beginning of the build: what was changed during it is built next time.
    touch -r "$stamp.new" "$stamp.new.engine"
    mv "$stamp.new.engine" "$stamp"
    rm -f "$stamp.new"
    say "built in $(($(date +%s) - began)) s"
  ) 9>"$root/src/Worker/bin/Release/.lock"
}
