"""SQLite's own bulk insert: the rows of a table that an import has made, in its order, into a new file with the same
schema. Reading them comes before and is not measured.

    bulk_insert.py <file with the table> <new file> --commit <rows>
    {"rows": 333159, "events": 300000, "seconds": 4.2, "version": "3.40.1"}
"""

import argparse
import json
import sqlite3
import time

COLUMNS = "pk, sk, gsi1pk, gsi1sk, item"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--commit", type=int, required=True, help="rows of a transaction")
    options = parser.parse_args()

    source = sqlite3.connect(options.source)
    rows = source.execute(f"SELECT {COLUMNS} FROM items ORDER BY rowid").fetchall()
    schema = source.execute("SELECT sql FROM sqlite_master WHERE tbl_name = 'items' AND sql IS NOT NULL").fetchall()
    source.close()

    target = sqlite3.connect(options.target, isolation_level=None)
    for setting in ["journal_mode = WAL", "synchronous = FULL", "cache_size = -65536", "wal_autocheckpoint = 8192"]:
        target.execute("PRAGMA " + setting)
    for (statement,) in schema:
        target.execute(statement)

    start = time.perf_counter()
    for first in range(0, len(rows), options.commit):
        target.execute("BEGIN IMMEDIATE")
        target.executemany(f"INSERT INTO items ({COLUMNS}) VALUES (?, ?, ?, ?, ?)", rows[first : first + options.commit])
        target.execute("COMMIT")
    seconds = time.perf_counter() - start
    events = sum(row[0].startswith("EVENT#") for row in rows)
    print(json.dumps({"rows": len(rows), "events": events, "seconds": seconds, "version": sqlite3.sqlite_version}))


main()
