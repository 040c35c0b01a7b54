#!/bin/sh
# Dump the database that FACTEUR_DATABASE_URL names into BACKUP_DIR, and delete dumps older than BACKUP_KEEP_DAYS.
#
# A dump has its name only once it is whole and can be read; what a killed run left is deleted by the next one.
set -eu
url=$(printf '%s' "$FACTEUR_DATABASE_URL" | sed 's/^postgres\(ql\)\{0,1\}\(+[a-z]*\)\{0,1\}:/postgresql:/')
name=facteur-$(date -u +%Y%m%dT%H%M%SZ).dump
cd "$BACKUP_DIR"
rm -f ./*.part
pg_dump --format=custom --no-owner --no-privileges --file "$name.part" "$url"
pg_restore --list "$name.part" | grep -q 'TABLE DATA .* jobs '
sync "$name.part"
mv "$name.part" "$name"
find . -maxdepth 1 -name 'facteur-*.dump' -mtime "+$BACKUP_KEEP_DAYS" -exec rm -f {} +
echo "Wrote $name, $(wc -c <"$name") bytes; $(find . -maxdepth 1 -name 'facteur-*.dump' | wc -l) dumps are kept."
