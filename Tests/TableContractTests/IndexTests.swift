import SingleTable
import Testing

private func item(_ sort: String, day: String?, at time: String?) -> Item {
    var item = Item(key: Key("p", sort), ["payload": "not for the index"])
    item["GSI1PK"] = day.map { .string($0) }
    item["GSI1SK"] = time.map { .string($0) }
    return item
}

private func query(
    _ day: String,
    _ sort: Query.Sort = .any,
    ascending: Bool = true,
    limit: Int? = nil
) -> Query {
    Query(partition: day, sort: sort, index: .gsi1, ascending: ascending, limit: limit)
}

extension TableContract {
    @Test("the index holds the keys of items with both index keys", arguments: TableKind.allCases)
    func indexedItems(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(item("a", day: "DAY#1", at: "2"))
            try await table.store(item("b", day: "DAY#1", at: "1"))
            try await table.store(item("c", day: "DAY#2", at: "1"))
            try await table.store(item("d", day: "DAY#1", at: nil))
            try await table.store(item("e", day: nil, at: "1"))
            try await table.store(item("f", day: nil, at: nil))
            let keysOnly = [("b", "1"), ("a", "2")].map { sort, time in
                Item(key: Key("p", sort), ["GSI1PK": "DAY#1", "GSI1SK": .string(time)])
            }
            #expect(try await table.queryAll(query("DAY#1")) == keysOnly)
            #expect(try await table.queryAll(query("DAY#1", ascending: false)) == keysOnly.reversed())
            #expect(try await table.queryAll(query("DAY#3")) == [])
            #expect(try await table.queryAll(query("p")) == [])
        }
    }

    @Test("whole items in the order of the index, page by page", arguments: TableKind.allCases)
    func wholeItems(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let items = (0..<7).map { item("s\(9 - $0)", day: "DAY#1", at: "\($0)") }
            for item in items { try await table.store(item) }
            try await table.store(item("other", day: "DAY#2", at: "1"))
            var query = query("DAY#1", .between("1", "5"), limit: 2)
            var found: [Item] = []
            while true {
                let page = try await table.queryItems(query)
                #expect(page.items.count <= 2)
                found += page.items
                guard let next = page.next else { break }
                query.start = next
            }
            #expect(found == Array(items[1...5]))
            let ofPartition = try await table.queryItems(Query(partition: "p"))
            #expect(Set(ofPartition.items) == Set(items + [item("other", day: "DAY#2", at: "1")]))
        }
    }

    @Test("the index follows every write", arguments: TableKind.allCases)
    func indexFollows(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            func days() async throws -> [[String]] {
                var days: [[String]] = []
                for day in ["DAY#1", "DAY#2"] {
                    days.append(try await table.queryAll(query(day)).compactMap(\.key?.sort))
                }
                return days
            }
            try await table.store(item("a", day: "DAY#1", at: "1"))
            try await table.store(item("b", day: "DAY#1", at: "2"))
            #expect(try await days() == [["a", "b"], []])
            try await table.store(item("a", day: "DAY#2", at: "1"))
            #expect(try await days() == [["b"], ["a"]])
            _ = try await table.update(Key("p", "b")) { $0.set("GSI1PK", "DAY#2") }
            #expect(try await days() == [[], ["a", "b"]])
            _ = try await table.update(Key("p", "a")) { $0.remove("GSI1SK") }
            #expect(try await days() == [[], ["b"]])
            _ = try await table.delete(Key("p", "b"), condition: nil)
            #expect(try await days() == [[], []])
            _ = try await table.update(Key("p", "a")) { $0.set("GSI1SK", "9") }
            #expect(try await days() == [[], ["a"]])
        }
    }

    @Test("the index is queried like the table", arguments: TableKind.allCases)
    func indexQueries(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let times = ["1", "10", "100", "11", "2", "20", "é", "日", "😀"]
            // Stored in another order, under sort keys of yet another one.
            for (index, time) in times.enumerated().reversed() {
                try await table.store(item("\(97 * index % 10)", day: "DAY#1", at: time))
            }
            func found(_ sort: Query.Sort, ascending: Bool = true) async throws -> [String] {
                try await table.queryAll(query("DAY#1", sort, ascending: ascending))
                    .compactMap { $0["GSI1SK"]?.stringValue }
            }
            #expect(try await found(.any) == times)
            #expect(try await found(.any, ascending: false) == times.reversed())
            #expect(try await found(.beginsWith("1")) == ["1", "10", "100", "11"])
            #expect(try await found(.beginsWith("日")) == ["日"])
            #expect(try await found(.between("10", "2")) == ["10", "100", "11", "2"])
            #expect(try await found(.between("10", "2"), ascending: false) == ["2", "11", "100", "10"])
        }
    }

    @Test("pages of the index hold everything once, equal index keys included", arguments: TableKind.allCases)
    func indexPaging(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let count = 24
            for index in 0..<count {
                var entry = item("\(index)", day: "DAY#1", at: "\(index / 8)")
                entry["PK"] = .string("p\(index % 5)")
                try await table.store(entry)
            }
            for size in [1, 2, 7, count, count + 1] {
                for ascending in [true, false] {
                    var next = query("DAY#1", ascending: ascending, limit: size)
                    var found: [Item] = []
                    for _ in 0...(count / size + 1) {
                        let page = try await table.query(next)
                        #expect(page.items.count <= size)
                        found += page.items
                        next.start = page.next
                        if page.next == nil { break }
                    }
                    #expect(next.start == nil, "pages of \(size) do not end")
                    #expect(found.count == count)
                    #expect(Set(found.compactMap(\.key)).count == count)
                    let order = found.compactMap { $0["GSI1SK"]?.stringValue }
                    #expect(order == (ascending ? order.sorted() : order.sorted().reversed()))
                }
            }
        }
    }
}
