import Foundation
import SingleTable
import Testing

private let letters = Array("abcdefghijklmnop")

/// 1.6 MB in 16 items of one partition.
private func fill(_ table: any SingleTable.Table) async throws {
    for letter in letters {
        let text = String(repeating: letter, count: 100_000)
        try await table.store(Item(key: Key("p", String(letter)), ["text": .string(text)]))
    }
}

private let pageBytes = 1024 * 1024

extension TableContract {
    @Test("more than 1 MB of a partition comes in several pages", arguments: TableKind.allCases, [true, false])
    func largePartition(_ kind: TableKind, _ ascending: Bool) async throws {
        try await kind.withTable { table async throws in
            try await fill(table)
            var query = Query(partition: "p", ascending: ascending)
            let first = try await table.query(query)
            let next: PageToken = try #require(first.next, "one page holds everything")
            query.start = next
            let second = try await table.query(query)
            #expect(second.next == nil)
            let order = ascending ? letters : letters.reversed()
            #expect((first.items + second.items).compactMap(\.key?.sort) == order.map { String($0) })
            // A page ends with the item that goes over the bound, or before it.
            #expect(first.items.dropLast().reduce(0) { $0 + $1.storedBytes } < pageBytes)
            #expect(try await table.queryAll(Query(partition: "p", ascending: ascending)).count == letters.count)
        }
    }

    @Test("scan sees everything once, in pages", arguments: TableKind.allCases)
    func scan(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            #expect(try await table.scan(start: nil).items == [])
            #expect(try await table.scan(start: nil).next == nil)
            try await fill(table)
            for index in 0..<50 { try await table.store(Item(key: Key("q\(index % 7)", "\(index)"))) }
            var found: [Item] = []
            var start: PageToken?
            var pages = 0
            repeat {
                let page = try await table.scan(start: start)
                found += page.items
                start = page.next
                pages += 1
            } while start != nil && pages < 100
            #expect(start == nil && pages > 1)
            #expect(found.count == letters.count + 50)
            #expect(Set(found.compactMap(\.key)).count == letters.count + 50)
            #expect(found.filter { $0["text"]?.size == 100_000 }.count == letters.count)
        }
    }

    @Test("250 keys, some of them absent or named twice, are read at once", arguments: TableKind.allCases)
    func batchGet(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let keys = (0..<250).map { Key("p\($0 % 9)", "\($0)") }
            let present = keys.enumerated().filter { $0.offset % 5 != 0 }
            for start in stride(from: 0, to: present.count, by: 100) {
                let writes = present[start..<min(start + 100, present.count)].map { index, key in
                    Write.put(Item(key: key, ["n": .number(index)]))
                }
                #expect(try await table.transact(writes, token: UUID().uuidString) == .committed)
            }
            let items = try await table.batchGet(keys + keys.prefix(60) + [keys[7], keys[7], keys[10]])
            #expect(items.compactMap { $0["n"]?.intValue }.sorted() == present.map(\.offset))
            #expect(items.allSatisfy { $0.key == $0["n"]?.intValue.map { keys[$0] } })
            #expect(try await table.batchGet([]) == [])
            #expect(try await table.batchGet([keys[0], keys[0]]) == [])
        }
    }

    @Test("a batch of large items is read whole", arguments: TableKind.allCases)
    func largeBatchGet(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            // 17.5 MB: DynamoDB answers a call with at most 16, and names the keys that are left.
            let text = AttributeValue.string(String(repeating: "x", count: 350_000))
            let keys = (0..<50).map { Key("p", "\($0)") }
            for key in keys { try await table.store(Item(key: key, ["text": text])) }
            let items = try await table.batchGet(keys)
            #expect(items.count == keys.count)
            #expect(Set(items.compactMap(\.key)) == Set(keys))
            #expect(items.allSatisfy { $0["text"] == text })
        }
    }
}
