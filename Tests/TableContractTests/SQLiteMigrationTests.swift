import Foundation
import GRDB
import SQLiteTable
import SingleTable
import Testing

@Suite("SQLite migrations")
struct SQLiteMigrationTests {
    /// A file as the first version made it.
    private func oldFile(_ path: String, _ items: [Item]) throws {
        try DatabaseQueue(path: path).write { database in
            try database.execute(
                sql: """
                    CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
                    INSERT INTO grdb_migrations VALUES ('items');
                    CREATE TABLE items (
                        pk TEXT NOT NULL, sk TEXT NOT NULL, gsi1pk TEXT, gsi1sk TEXT, item TEXT NOT NULL,
                        PRIMARY KEY (pk, sk)
                    ) WITHOUT ROWID;
                    CREATE INDEX items_gsi1 ON items (gsi1pk, gsi1sk, pk, sk) WHERE gsi1pk IS NOT NULL;
                    """
            )
            for item in items {
                let columns = ["PK", "SK", "GSI1PK", "GSI1SK"].map { item[$0]?.stringValue }
                try database.execute(
                    sql: "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
                    arguments: StatementArguments(columns + [item.jsonText])
                )
            }
        }
    }

    @Test("a file of the first version keeps its items", arguments: [SQLiteTable.Mode.existing, .createIfMissing])
    func firstVersion(_ mode: SQLiteTable.Mode) async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "old.db").path
            let items = (0..<300).map { number in
                Item(
                    key: Key("p\(number % 7)", "\(number)"),
                    number % 2 == 0
                        ? ["n": 1] : ["n": 1, "GSI1PK": .string("d"), "GSI1SK": .string("\(1000 + number)")]
                )
            }
            try oldFile(path, items)
            let table = try SQLiteTable(.file(path), mode: mode)
            #expect(Set(try await table.scan(start: nil).items) == Set(items))
            let indexed = try await table.queryAll(Query(partition: "d", index: .gsi1))
            #expect(indexed.compactMap(\.key?.sort) == (0..<300).filter { $0 % 2 == 1 }.map(String.init))
            // The keys are as unique as they were.
            let write = Write.put(items[0], condition: .itemIsNew)
            #expect(try await table.transact([write], token: "again") == .cancelled([.conditionFailed(items[0])]))
            let count = try await table.describe().itemCount
            #expect(count == items.count)
        }
    }
}
