#!/bin/sh
# Restore a dump of BACKUP_DIR, the newest or the one that RESTORE_FILE names, into the empty database that
# RESTORE_DATABASE_URL names. It refuses a database that holds tables: nothing is ever restored over mail.
# An older pg_restore serves a newer server; a newer one sends settings that an older server refuses.
set -eu
url=$(printf '%s' "$RESTORE_DATABASE_URL" | sed 's/^postgres\(ql\)\{0,1\}\(+[a-z]*\)\{0,1\}:/postgresql:/')
cd "$BACKUP_DIR"
file=${RESTORE_FILE:-$(find . -maxdepth 1 -name 'facteur-*.dump' | sort | tail -n 1)}
if [ -z "$file" ] || [ ! -s "$file" ]; then
    echo "There is no dump ${file:-at all} in $BACKUP_DIR." >&2
    exit 1
fi
ours=$(pg_restore --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
number=$(psql --no-psqlrc --quiet --tuples-only --no-align --dbname "$url" --command 'SHOW server_version_num')
if [ "$ours" -gt "$((number / 10000))" ]; then
    echo "This restore has PostgreSQL $ours's pg_restore and the server is PostgreSQL $((number / 10000)), which is older:" \
        "name the image postgres:$((number / 10000)) for the backup (rancher/README.md, \"What to change for yours\")." >&2
    exit 1
fi
tables=$(psql --no-psqlrc --quiet --tuples-only --no-align --dbname "$url" --command \
    "SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')")
if [ "$tables" != 0 ]; then
    echo "The database of RESTORE_DATABASE_URL holds $tables tables; create an empty one and name that." >&2
    exit 1
fi
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname "$url" "$file"
psql --no-psqlrc --quiet --dbname "$url" --command ANALYZE
jobs=$(psql --no-psqlrc --quiet --tuples-only --no-align --dbname "$url" --command 'SELECT count(*) FROM jobs')
echo "Restored $file: $jobs jobs."
