internal import GRDB

/// The one SQLite table behind ``SQLiteTable`` and how it came to be. Migrations are only ever appended.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("items") { database in
            try database.execute(
                sql: """
                    CREATE TABLE items (
                        pk TEXT NOT NULL,
                        sk TEXT NOT NULL,
                        gsi1pk TEXT,
                        gsi1sk TEXT,
                        item TEXT NOT NULL,
                        PRIMARY KEY (pk, sk)
                    ) WITHOUT ROWID;
                    CREATE INDEX items_gsi1 ON items (gsi1pk, gsi1sk, pk, sk) WHERE gsi1pk IS NOT NULL;
                    """
            )
        }
        migrator.registerMigration("rows in the order of arrival") { database in
            // A table without row ids is its primary key: an import in the order of time, whose keys are in the order
            // of users, touched a page of the file for nearly every event. Rows with ids are appended, and only the
            // short keys are spread: half the time for 300,000 events.
            try database.execute(
                sql: """
                    CREATE TABLE arrivals (
                        pk TEXT NOT NULL,
                        sk TEXT NOT NULL,
                        gsi1pk TEXT,
                        gsi1sk TEXT,
                        item TEXT NOT NULL,
                        PRIMARY KEY (pk, sk)
                    );
                    INSERT INTO arrivals SELECT pk, sk, gsi1pk, gsi1sk, item FROM items;
                    DROP TABLE items;
                    ALTER TABLE arrivals RENAME TO items;
                    CREATE INDEX items_gsi1 ON items (gsi1pk, gsi1sk, pk, sk) WHERE gsi1pk IS NOT NULL;
                    """
            )
        }
        return migrator
    }()

    static func migrate(_ database: some DatabaseWriter) throws {
        // Several processes may start on a new file at once. The migrator reads which migrations are missing before the
        // transaction that applies one, so all but one of them may fail on what the winner has just made.
        for _ in migrator.migrations {
            let applied = try database.read(migrator.appliedIdentifiers)
            do {
                return try migrator.migrate(database)
            } catch {
                guard try database.read(migrator.appliedIdentifiers) != applied else { throw error }
            }
        }
        try migrator.migrate(database)
    }

    static func isPresent(_ database: Database) throws -> Bool {
        try database.tableExists("items")
    }

    static func drop(_ database: Database) throws {
        try database.execute(sql: "DROP TABLE IF EXISTS items; DROP TABLE IF EXISTS grdb_migrations")
    }

    static func size(_ database: Database) throws -> (count: Int, bytes: Int) {
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM items") ?? 0
        let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
        let pageSize = try Int.fetchOne(database, sql: "PRAGMA page_size") ?? 0
        return (count, pages * pageSize)
    }
}
