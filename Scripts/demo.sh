#!/usr/bin/env bash
# Fills a store with sample events, once. A run that was interrupted leaves nothing that a later one would serve.
#
#     Scripts/demo.sh <copilot-analytics> <database file>
set -euo pipefail
program=$1 database=$2
[ ! -e "$database" ] || exit 0

filling=$database.tmp
# Also a log left beside a database that is gone: SQLite would replay it into the new one.
rm -f "$filling" "$filling"-wal "$filling"-shm "$database"-wal "$database"-shm
trap 'rm -f "$filling" "$filling"-wal "$filling"-shm' EXIT

echo "Filling $database with sample events …" >&2
"$program" generate --events 20000 --days 30 --seed 1 | "$program" import --store "sqlite:$filling" -

# An importer that closed its database left no log. One that did not left committed rows there: the log moves first,
# since the database's own name is what says that everything is in place. The -shm file is made anew when opened.
if [ -s "$filling"-wal ]; then mv "$filling"-wal "$database"-wal; fi
mv "$filling" "$database"
