# PostgreSQL, MariaDB, Redis, nginx and Chromium for the tests. Sourced by .ci/run, which sets $work.
# What runs already is used; what is installed but does not run is started with data of its own under $work,
# and stopped again; what is missing is installed, if this is Debian and we may.

started=() # process ids of the servers that this run started

start_services() {
  install_missing
  # A service that cannot be had is no reason to stop: the suites that need it will fail by name.
  [ -n "${POSTGRES_URL:-}" ] || start_postgres || echo 'PostgreSQL could not be started'
  [ -n "${MARIADB_URL:-}" ] || start_mariadb || echo 'MariaDB could not be started'
  [ -n "${REDIS_URL:-}" ] || start_redis || echo 'Redis could not be started'
  if [ -z "${CHROMIUM_PATH:-}" ]; then
    CHROMIUM_PATH=$(command -v chromium || command -v chromium-browser || command -v google-chrome) && export CHROMIUM_PATH
  fi
}

# SIGQUIT: PostgreSQL does not wait for its clients. SIGTERM: what Redis heeds. Their data is thrown away in any case.
stop_services() {
  [ ${#started[@]} -gt 0 ] || return 0
  kill -QUIT "${started[@]}" 2>/dev/null
  kill -TERM "${started[@]}" 2>/dev/null
  local pid
  for pid in "${started[@]}"; do
    wait_for_seconds 10 is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
  done
}

is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

install_missing() {
  local packages=()
  [ -n "$(postgres_bin)" ] || packages+=(postgresql)
  command -v mariadbd >/dev/null || [ -x /usr/sbin/mariadbd ] || packages+=(mariadb-server)
  command -v redis-server >/dev/null || packages+=(redis-server)
  command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || packages+=(nginx)
  command -v chromium >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium)
  /usr/bin/python3 -c 'import socketio, aiohttp, jsonschema' 2>/dev/null || packages+=(python3-socketio python3-aiohttp python3-jsonschema)
  # better-sqlite3 is built from source where its ready-made binary cannot be fetched.
  command -v make >/dev/null && command -v g++ >/dev/null || packages+=(build-essential)
  [ ${#packages[@]} -gt 0 ] || return 0
  local apt=(apt-get)
  [ "$(id -u)" -eq 0 ] || apt=(sudo -n apt-get)
  echo "== installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${apt[@]}" update -q >"$work/apt.log" 2>&1 &&
    "${apt[@]}" install -q -y --no-install-recommends "${packages[@]}" >>"$work/apt.log" 2>&1 ||
    { echo 'some packages could not be installed:'; tail -n 5 "$work/apt.log"; }
}

postgres_bin() {
  ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1
}

# as_user <user>: sets the array $as to what makes a command run as that user: database servers refuse to run as root.
as_user() {
  as=()
  [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid="$1" --regid="$1" --init-groups)
}

# own_folder <user> <name>: a folder of $work that this user may write.
own_folder() {
  mkdir -p "$work/data/$2" && chmod 711 "$work" "$work/data"
  [ "$(id -u)" -ne 0 ] || chown "$1" "$work/data/$2"
  echo "$work/data/$2"
}

is_open() {
  (: <>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port <preferred>: that port, or the next one that nobody listens on.
free_port() {
  local port=$1
  while is_open "$port"; do port=$((port + 1)); done
  echo "$port"
}

# wait_for <command…>: until it succeeds, up to a minute.
wait_for() {
  wait_for_seconds 60 "$@"
}

wait_for_seconds() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.2
  done
}

start_postgres() {
  local bin port data as
  bin=$(postgres_bin)
  local query=("$bin/psql" -w -h 127.0.0.1 -U postgres -qtc)
  if is_open 5432 && "${query[@]}" 'select 1' >/dev/null 2>&1; then
    port=5432
  else
    port=$(free_port 5432) && data=$(own_folder postgres postgres) || return 1
    as_user postgres
    "${as[@]}" "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 >"$work/initdb.log" 2>&1 || return 1
    "${as[@]}" "$bin/postgres" -D "$data" -p "$port" -c listen_addresses=127.0.0.1 \
      -c unix_socket_directories="$data" -c max_connections=300 >"$work/postgres.log" 2>&1 &
    started+=($!)
  fi
  wait_for "${query[@]}" 'select 1' -p "$port" || return 1
  "${query[@]}" "select 1 from pg_database where datname = 'test'" -p "$port" | grep -q 1 ||
    "${query[@]}" 'create database test' -p "$port" || return 1
  export POSTGRES_URL="postgres://postgres@127.0.0.1:$port/test"
}

start_mariadb() {
  local port data as
  local query=(mariadb --no-defaults --protocol=TCP -h 127.0.0.1 -u root -e)
  PATH=$PATH:/usr/sbin
  if is_open 3306 && "${query[@]}" 'select 1' >/dev/null 2>&1; then
    port=3306
  else
    port=$(free_port 3306) && data=$(own_folder mysql mariadb) || return 1
    as_user mysql
    "${as[@]}" mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
      --skip-test-db >"$work/mariadb-install.log" 2>&1 || return 1
    "${as[@]}" mariadbd --no-defaults --datadir="$data" --port="$port" --bind-address=127.0.0.1 \
      --socket="$data/socket" --pid-file="$data/pid" --max-connections=300 >"$work/mariadb.log" 2>&1 &
    started+=($!)
  fi
  wait_for "${query[@]}" 'create database if not exists test' -P "$port" || return 1
  export MARIADB_URL="mysql://root@127.0.0.1:$port/test"
}

start_redis() {
  local port=6379
  if ! redis-cli ping >/dev/null 2>&1; then
    port=$(free_port 6379)
    redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$work" >"$work/redis.log" 2>&1 &
    started+=($!)
  fi
  wait_for redis-cli -p "$port" ping || return 1
  export REDIS_URL="redis://127.0.0.1:$port"
}
