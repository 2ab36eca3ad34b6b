import Foundation
import SingleTable
import Testing

/// In the order of their UTF-8 bytes, which is neither UTF-16's nor any language's.
private let sortKeys = [
    " ", "!", "10", "9", "A", "PATTERN#x", "QUARTER#2026-10-01T00:00", "QUARTER#2026-10-02T00:15", "STATS",
    "STATS#2026-09-30", "STATS#2026-10-01", "STATS#2026-10-01$", "STATS#2026-10-01#hash", "STATS#2026-10-02",
    "STATS#2026-10-02#a", "STATS#2026-10-02#b", "STATS#2026-10-02$", "STATS#2026-10-03", "STATS$", "Z", "a", "e\u{301}",
    "z", "~", "\u{7F}", "\u{E9}", "\u{E9}#1", "\u{E9}#2", "\u{EA}", "ж", "日本", "日本語", "\u{FF5E}", "\u{FFFF}", "😀", "😀😀",
    "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}",
].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }

private func fill(_ table: any SingleTable.Table) async throws {
    // Neighbours on both sides, which no query of the partition may return.
    let items = sortKeys.flatMap { sort in ["o", "p", "p#", "q"].map { Item(key: Key($0, sort), ["of": .string($0)]) } }
    for start in stride(from: 0, to: items.count, by: 100) {
        let writes = items[start..<min(start + 100, items.count)].map { Write.put($0) }
        #expect(try await table.transact(writes, token: UUID().uuidString) == .committed)
    }
}

/// The exact texts, since `==` holds some different sort keys equal.
private func sorts(_ items: [Item]) -> [[UInt8]] { items.map { Array(($0.key?.sort ?? "none").utf8) } }

private func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

private func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

extension TableContract {
    @Test("a partition is in the order of its sort keys' bytes", arguments: TableKind.allCases)
    func order(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await fill(table)
            for consistent in [true, false] {
                let items = try await table.queryAll(Query(partition: "p", consistent: consistent))
                #expect(sorts(items) == bytes(sortKeys))
                #expect(items.allSatisfy { $0["of"] == "p" && $0.key?.partition == "p" })
            }
            let backwards = try await table.queryAll(Query(partition: "p", ascending: false))
            #expect(sorts(backwards) == bytes(sortKeys.reversed()))
            #expect(try await table.query(Query(partition: "nothing")).items == [])
            #expect(try await table.query(Query(partition: "nothing")).next == nil)
        }
    }

    @Test("between has both of its ends", arguments: TableKind.allCases)
    func between(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await fill(table)
            for (low, high) in [
                ("STATS#2026-10-01", "STATS#2026-10-02"), ("STATS#2026-10-01", "STATS#2026-10-02$"),
                ("STATS#2026-10-02", "STATS#2026-10-02"), ("STATS#2026-10-04", "STATS#2026-10-05"),
                ("STATS#", "STATS$"), (" ", "\u{10FFFF}\u{10FFFF}"), ("e", "\u{E9}"), ("\u{E9}", "\u{E9}#1"),
                ("日", "日本語"), ("\u{FF5E}", "😀"), ("\u{FFFF}", "\u{10FFFF}"), ("0", "1"),
            ] {
                let expected = sortKeys.filter { !isBefore($0, low) && !isBefore(high, $0) }
                for ascending in [true, false] {
                    let query = Query(partition: "p", sort: .between(low, high), ascending: ascending)
                    let found = sorts(try await table.queryAll(query))
                    #expect(found == bytes(ascending ? expected : expected.reversed()), "\(low) to \(high)")
                }
            }
            let days = Query(partition: "p", sort: .between("STATS#2026-10-01", "STATS#2026-10-02$"))
            #expect(
                try await table.queryAll(days).compactMap { $0.key?.sort } == [
                    "STATS#2026-10-01", "STATS#2026-10-01#hash", "STATS#2026-10-01$", "STATS#2026-10-02",
                    "STATS#2026-10-02#a", "STATS#2026-10-02#b", "STATS#2026-10-02$",
                ]
            )
        }
    }

    @Test("beginsWith takes whole bytes", arguments: TableKind.allCases)
    func beginsWith(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await fill(table)
            for prefix in [
                "STATS", "STATS#", "STATS#2026-10-02", "STATS#2026-10-02#", "QUARTER#2026-10-01", "stats", "e",
                "\u{E9}",
                "\u{E9}#", "日", "日本", "😀", "\u{10FFFF}", "\u{10FFFF}\u{10FFFF}", "\u{7F}", "%", "_", "*", "none",
            ] {
                let expected = sortKeys.filter { $0.utf8.starts(with: prefix.utf8) }
                for ascending in [true, false] {
                    let query = Query(partition: "p", sort: .beginsWith(prefix), ascending: ascending)
                    let found = sorts(try await table.queryAll(query))
                    #expect(found == bytes(ascending ? expected : expected.reversed()), "\(prefix)")
                }
            }
        }
    }

    @Test("pages of any size, one after the other, hold everything once", arguments: TableKind.allCases)
    func paging(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await fill(table)
            let conditions: [(sort: Query.Sort, expected: [String])] = [
                (.any, sortKeys),
                (.beginsWith("STATS#"), sortKeys.filter { $0.utf8.starts(with: "STATS#".utf8) }),
                (.between("A", "z"), sortKeys.filter { !isBefore($0, "A") && !isBefore("z", $0) }),
            ]
            for (sort, expected) in conditions {
                for size in [1, 2, 3, 5, expected.count - 1, expected.count, expected.count + 1, 1000] {
                    for ascending in [true, false] {
                        var query = Query(partition: "p", sort: sort, ascending: ascending, limit: size)
                        var found: [Item] = []
                        // One page a size, and one more that may be empty.
                        for _ in 0...(expected.count / size + 1) {
                            let page = try await table.query(query)
                            #expect(page.items.count <= size)
                            found += page.items
                            query.start = page.next
                            if page.next == nil { break }
                        }
                        #expect(query.start == nil, "pages of \(size) do not end")
                        #expect(sorts(found) == bytes(ascending ? expected : expected.reversed()))
                    }
                }
            }
        }
    }

    @Test("a page starts after a key that has been deleted meanwhile", arguments: TableKind.allCases)
    func pagingOverDeletions(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for sort in ["a", "b", "c", "d"] { try await table.store(Item(key: Key("p", sort))) }
            let first = try await table.query(Query(partition: "p", limit: 2))
            #expect(first.items.compactMap(\.key?.sort) == ["a", "b"])
            _ = try await table.delete(Key("p", "b"), condition: nil)
            try await table.store(Item(key: Key("p", "a1")))
            let second = try await table.query(Query(partition: "p", start: first.next))
            #expect(second.items.compactMap(\.key?.sort) == ["c", "d"])
        }
    }

    @Test("an empty partition key, and a range that ends before it starts, are refused", arguments: TableKind.allCases)
    func badQueries(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for query in [Query(partition: ""), Query(partition: "p", sort: .between("b", "a"))] {
                await expectTableError(.validation) { _ = try await table.query(query) }
            }
        }
    }

    @Test("a limit below one is refused", arguments: TableKind.allCases, [0, -1])
    func badLimit(_ kind: TableKind, _ limit: Int) async throws {
        try await kind.withTable { table async throws in
            try await table.store(Item(key: Key("p", "s")))
            await expectTableError(.validation) { _ = try await table.query(Query(partition: "p", limit: limit)) }
        }
    }
}
