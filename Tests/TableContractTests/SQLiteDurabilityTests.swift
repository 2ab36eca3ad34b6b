import Foundation
import GRDB
import SQLiteTable
import SingleTable
import TestServers
import Testing

/// What is acknowledged survives the process that wrote it, and what is not is there as a whole or not at all.
@Suite("SQLite durability")
struct SQLiteDurabilityTests {
    /// Items of a transaction of `TableWriter`.
    private let parts = 5

    private func writer(_ path: String, _ name: String, _ count: Int) throws -> ChildProcess {
        try ChildProcess(tableWriter, ["append", path, name, "\(count)"])
    }

    /// - Returns: The number of the last transaction that the writer has printed.
    private func last(of writer: ChildProcess, atMost count: Int = .max) async throws -> Int {
        var last = 0
        while last < count, let line = try await writer.readLine() {
            try #require(Int(line) == last + 1, "the writer says: \(line)")
            last += 1
        }
        return last
    }

    /// Kills a writer at a moment that nobody chose: after some transactions, somewhere in the next.
    private func killSomewhere(_ writer: ChildProcess) async throws -> Int {
        let printed = try await last(of: writer, atMost: Int.random(in: 0...40))
        writer.kill()
        #expect(try await writer.wait() == .killed(signal: SIGKILL))
        // What it had printed by then was committed, too.
        var last = printed
        while let line = try await writer.readLine() {
            #expect(Int(line) == last + 1)
            last += 1
        }
        return last
    }

    /// - Parameter acknowledged: Transactions that each writer has printed.
    private func check(_ path: String, _ acknowledged: [String: Int]) async throws {
        let table = try SQLiteTable(.file(path))
        var total = 0
        for (name, least) in acknowledged {
            let items = try await table.queryAll(Query(partition: "WRITER#\(name)"))
            let numbers = items.compactMap { $0.key?.sort.split(separator: "#").first.flatMap { Int($0) } }
            let committed = try await table.get(Key("COUNTER", name))?["n"]?.intValue ?? 0
            #expect(Set(numbers) == Set(1..<(committed + 1)), "\(name)")
            #expect(numbers.count == committed * parts, "\(name): a transaction is there in part")
            // One more may be committed than the writer had the time to print.
            #expect(least...(least + 1) ~= committed, "\(name)")
            total += committed
        }
        #expect(try await table.get(Key("COUNTER", "all"))?["n"]?.intValue ?? 0 == total)
        #expect(try await table.describe().itemCount == total * parts + (try await counters(in: table)))
        let integrity = try await DatabaseQueue(path: path).read {
            try String.fetchAll($0, sql: "PRAGMA integrity_check")
        }
        #expect(integrity == ["ok"])
    }

    private func counters(in table: SQLiteTable) async throws -> Int {
        try await table.queryAll(Query(partition: "COUNTER")).count
    }

    @Test("writers killed at random moments leave whole transactions, and all that they acknowledged")
    func killedWriters() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "table.db").path
            var acknowledged: [String: Int] = [:]
            for round in 1...10 {
                let name = "writer \(round)"
                acknowledged[name] = try await killSomewhere(try writer(path, name, 1_000_000))
                try await check(path, acknowledged)
            }
        }
    }

    @Test("processes that make and fill a new file at once lose nothing")
    func manyProcesses() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "table.db").path
            let count = 100
            let names = ["a", "b", "c"]
            let writers = try names.map { try writer(path, $0, count) }
            for writer in writers {
                #expect(try await last(of: writer) == count)
                #expect(try await writer.wait() == .exited(0))
            }
            let table = try SQLiteTable(.file(path))
            #expect(try await table.get(Key("COUNTER", "all"))?["n"] == .number(count * names.count))
            try await check(path, Dictionary(uniqueKeysWithValues: names.map { ($0, count) }))
        }
    }

    @Test("opening a new file many times at once makes one table")
    func openedAtOnce() async throws {
        try await withTemporaryFolder { folder async throws in
            for round in 1...30 {
                let path = folder.appending(path: "table \(round).db").path
                let failures = await withTaskGroup(of: TableError?.self) { group in
                    for _ in 1...8 {
                        group.addTask {
                            do throws(TableError) {
                                _ = try SQLiteTable(.file(path))
                                return nil
                            } catch {
                                return error
                            }
                        }
                    }
                    return await group.reduce(into: []) { if let error = $1 { $0.append(error.message) } }
                }
                #expect(failures.isEmpty)
            }
        }
    }

    @Test("a process that is killed does not disturb the others")
    func killedBesideOthers() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "table.db").path
            var acknowledged: [String: Int] = [:]
            let survivor = try writer(path, "survivor", 200)
            for round in 1...4 {
                let name = "writer \(round)"
                acknowledged[name] = try await killSomewhere(try writer(path, name, 1_000_000))
            }
            acknowledged["survivor"] = try await last(of: survivor)
            #expect(acknowledged["survivor"] == 200)
            #expect(try await survivor.wait() == .exited(0))
            try await check(path, acknowledged)
        }
    }
}
