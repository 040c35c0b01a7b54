#!/bin/sh
# Make the database at the first start, then be the server.
set -eu
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
data=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
if [ ! -s "$data/PG_VERSION" ]; then
    password=$(mktemp)
    printf '%s' "$POSTGRES_PASSWORD" >"$password"
    initdb --pgdata "$data" --username "$user" --pwfile "$password" --auth scram-sha-256 --encoding UTF8 --locale C.UTF-8
    rm "$password"
    echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
    echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -D "$data" postgres
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql "$@"
