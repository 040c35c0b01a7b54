#!/bin/sh
# Dump the database that FACTEUR_DATABASE_URL names into BACKUP_DIR, and delete dumps older than BACKUP_KEEP_DAYS.
#
# A dump has its name only once it is whole and was read to its end; what a killed run left is deleted a day later.
# It refuses a server of another major version, since such a dump is restored by luck: an older pg_dump does not read a
# newer server, and what a newer one writes an older server need not take.
set -eu
url=$(printf '%s' "$FACTEUR_DATABASE_URL" | sed 's/^postgres\(ql\)\{0,1\}\(+[a-z]*\)\{0,1\}:/postgresql:/')
ours=$(pg_dump --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
number=$(psql --no-psqlrc --quiet --tuples-only --no-align --dbname "$url" --command 'SHOW server_version_num')
if [ "$ours" != "$((number / 10000))" ]; then
    echo "This backup has PostgreSQL $ours's pg_dump and the server is PostgreSQL $((number / 10000)):" \
        "name the image postgres:$((number / 10000)) for the backup (rancher/README.md, \"What to change for yours\")." >&2
    exit 1
fi
name=facteur-$(date -u +%Y%m%dT%H%M%SZ).dump
part=$name.$$.part # two at a time, one of them started by hand, write two files
cd "$BACKUP_DIR"
find . -maxdepth 1 -name 'facteur-*.part' -mmin +1440 -exec rm -f {} +
trap 'rm -f "$part"' EXIT
pg_dump --format=custom --no-owner --no-privileges --file "$part" "$url"
pg_restore --list "$part" | grep -q 'TABLE DATA .* jobs '
pg_restore --file /dev/null "$part"
sync "$part"
mv "$part" "$name"
find . -maxdepth 1 -name 'facteur-*.dump' -mtime "+$((BACKUP_KEEP_DAYS - 1))" -exec rm -f {} +
echo "Wrote $name, $(wc -c <"$name") bytes; $(find . -maxdepth 1 -name 'facteur-*.dump' | wc -l) dumps are kept."
