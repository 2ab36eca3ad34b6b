import Foundation
import GRDB
import SQLiteTable
import SingleTable
import TestServers
import Testing

/// What goes wrong with the file of the embedded table.
@Suite("SQLite errors")
struct SQLiteErrorTests {
    @Test("a file that has to exist and does not is not made")
    func missingFile() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "none.db").path
            await expectTableError(.tableNotFound) { _ = try SQLiteTable(.file(path), mode: .existing) }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("a place where no file can be is unavailable")
    func impossiblePlaces() async throws {
        try await withTemporaryFolder { folder async throws in
            for path in [folder.path, folder.appending(path: "no/such/folder/table.db").path, "/dev/null/table.db"] {
                await expectTableError(.unavailable) { _ = try SQLiteTable(.file(path)) }
            }
        }
    }

    @Test("a file that is no database is left as it is", arguments: SQLiteTable.Mode.all)
    func noDatabase(_ mode: SQLiteTable.Mode) async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "notes.txt")
            let content = Data(String(repeating: "This is no database. ", count: 500).utf8)
            try content.write(to: file)
            await expectTableError(.corrupt, hiding: ["This is no database."]) {
                _ = try SQLiteTable(.file(file.path), mode: mode)
            }
            #expect(try Data(contentsOf: file) == content)
        }
    }

    @Test("another program's database holds no table")
    func otherDatabase() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "other.db").path
            try await DatabaseQueue(path: path).write { try $0.execute(sql: "CREATE TABLE other (a)") }
            let before = try Data(contentsOf: URL(filePath: path))
            await expectTableError(.tableNotFound) { _ = try SQLiteTable(.file(path), mode: .existing) }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test("a damaged file is reported as damaged")
    func damagedFile() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "damaged.db")
            do {
                let table = try SQLiteTable(.file(file.path))
                let writes = (0..<500).map { Write.put(Item(key: Key("p", "\($0)"), ["text": "secret-content"])) }
                #expect(try await table.transact(writes, token: "fill") == .committed)
            }
            // All but the head, which names the tables.
            var content = try Data(contentsOf: file)
            try #require(content.count > 16_384)
            content.replaceSubrange(8192..., with: Data(repeating: 0xAA, count: content.count - 8192))
            try content.write(to: file)
            try? FileManager.default.removeItem(at: folder.appending(path: "damaged.db-wal"))

            await expectTableError(.corrupt, hiding: ["secret-content"]) {
                let table = try SQLiteTable(.file(file.path))
                _ = try await table.queryAll(Query(partition: "p"))
            }
        }
    }

    @Test(
        "an item that somebody else has edited badly is reported without its content",
        arguments: ["{", "[]", "{\"a\":1}"])
    func damagedItem(_ text: String) async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "edited.db").path
            let table = try SQLiteTable(.file(path))
            let key = Key("secret-key", "secret\nkey")
            try await table.store(Item(key: key))
            try await DatabaseQueue(path: path).write {
                try $0.execute(sql: "UPDATE items SET item = ?", arguments: [text])
            }
            let secrets = ["secret-key", "\"a\""]
            await expectTableError(.corrupt, hiding: secrets) { _ = try await table.get(key) }
            // Who reads the whole table is told which row it is, and goes on.
            let page = try await table.scan(start: nil)
            #expect(page.items.isEmpty && page.unreadable == [key])
            await expectTableError(.corrupt, hiding: secrets) {
                _ = try await table.query(Query(partition: key.partition))
            }
            // What is damaged is not replaced unseen.
            await expectTableError(.corrupt, hiding: secrets) {
                _ = try await table.put(Item(key: key), condition: .itemIsNew)
            }
        }
    }

    @Test("a file without permission to write, or in such a folder, is read-only", arguments: [true, false])
    func readOnly(_ isFolder: Bool) async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "table.db")
            try await SQLiteTable(.file(file.path)).store(Item(key: Key("p", "s")))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let permissions = isFolder ? 0o666 : 0o444
                let path = folder.appending(path: name).path
                try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
            }
            let permissions = isFolder ? 0o555 : 0o777
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: folder.path)
            defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path) }

            let opening = try ChildProcess(tableWriter, ["open", file.path])
            let answer = try #require(try await opening.readLine())
            #expect(try await opening.readLine() == nil, "one line")
            #expect(try await opening.wait() == .exited(0))
            #expect(answer.hasPrefix("readOnly "), "\(answer)")
        }
    }
}

extension SQLiteTable.Mode {
    fileprivate static let all: [SQLiteTable.Mode] = [.existing, .createIfMissing]
}

/// The helper program lies beside the program that runs the tests.
var tableWriter: URL {
    get throws {
        let tests = try #require(Bundle.main.executableURL)
        return tests.deletingLastPathComponent().appending(path: "TableWriter")
    }
}
