import Foundation
import SingleTable
import Testing

private func key(_ sort: String) -> Key { Key("p", sort) }

private func adding(_ number: Int, to name: String = "n") -> Update {
    var update = Update()
    update.add(name, .number(number))
    return update
}

extension TableContract {
    @Test("all kinds of writes are one transaction", arguments: TableKind.allCases)
    func mixedTransaction(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key("updated"), ["n": 1]))
            try await table.store(Item(key: key("deleted"), ["n": 1]))
            try await table.store(Item(key: key("checked"), ["n": 1]))
            let outcome = try await table.transact(
                .put(Item(key: key("new"), ["n": 1]), condition: .itemIsNew),
                .update(key("updated"), adding(41), condition: .equal("n", 1)),
                .delete(key("deleted"), condition: .itemExists),
                .check(key("checked"), condition: .equal("n", 1)),
                .check(key("absent"), condition: .itemIsNew)
            )
            #expect(outcome == .committed)
            let items = try await table.queryAll(Query(partition: "p"))
            #expect(
                items == [
                    Item(key: key("checked"), ["n": 1]), Item(key: key("new"), ["n": 1]),
                    Item(key: key("updated"), ["n": 42]),
                ]
            )
        }
    }

    @Test("an encoded item is inserted once", arguments: TableKind.allCases)
    func encodedItem(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let item = Item(
                key: key("new"),
                ["text": "ß\"", "n": 1, "map": .map(["set": .stringSet(["x"])]), "GSI1PK": "DAY#1", "GSI1SK": "1"]
            )
            let writes = [Write.insert(try #require(EncodedItem(item))), .update(key("count"), adding(1))]
            #expect(try await table.transact(writes, token: UUID().uuidString) == .committed)
            #expect(try await table.get(key("new")) == item)
            #expect(try await table.queryAll(Query(partition: "DAY#1", index: .gsi1)).map(\.key) == [key("new")])
            let again = try await table.transact(writes, token: UUID().uuidString)
            #expect(again == .cancelled([.conditionFailed(item), .none]))
            #expect(try await table.get(key("count"))?["n"] == 1)
        }
    }

    @Test("one failed condition stops everything; reasons are by position", arguments: TableKind.allCases)
    func cancelledTransaction(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let existing = Item(key: key("b"), ["n": 1, "text": "stored", "set": .stringSet(["x"])])
            try await table.store(existing)
            try await table.store(Item(key: key("d"), ["n": 1]))
            let before = try await table.queryAll(Query(partition: "p"))
            let outcome = try await table.transact(
                .put(Item(key: key("a"), ["n": 1]), condition: .itemIsNew),
                .put(Item(key: key("b"), ["n": 2]), condition: .itemIsNew),
                .update(key("c"), adding(1), condition: .itemExists),
                .delete(key("d")),
                .check(key("e"), condition: .equal("n", 1)),
                .update(key("f"), adding(1))
            )
            #expect(
                outcome
                    == .cancelled([
                        .none, .conditionFailed(existing), .conditionFailed(nil), .none, .conditionFailed(nil), .none,
                    ])
            )
            #expect(try await table.queryAll(Query(partition: "p")) == before)
        }
    }

    @Test("every position can be the one that fails", arguments: TableKind.allCases)
    func everyPosition(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let size = 7
            for position in 0..<size {
                let existing = Item(key: key("\(position)"), ["n": .number(position)])
                try await table.store(existing)
                let writes = (0..<size).map { Write.put(Item(key: key("\($0)")), condition: .itemIsNew) }
                var reasons = Array(repeating: CancellationReason.none, count: size)
                reasons[position] = .conditionFailed(existing)
                #expect(try await table.transact(writes, token: UUID().uuidString) == .cancelled(reasons))
                #expect(try await table.queryAll(Query(partition: "p")) == [existing])
                _ = try await table.delete(existing.key ?? key(""), condition: nil)
            }
        }
    }

    @Test("a key may occur once only", arguments: TableKind.allCases)
    func repeatedKey(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            await expectTableError(.validation) {
                _ = try await table.transact(
                    .put(Item(key: key("a"))),
                    .put(Item(key: key("b"))),
                    .check(key("a"), condition: .itemIsNew)
                )
            }
            #expect(try await table.queryAll(Query(partition: "p")) == [])
        }
    }

    @Test("a transaction has from one write to the table's limit", arguments: TableKind.allCases)
    func transactionSize(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let most = table.limits.transactionItems
            #expect(most >= 100)
            let writes = (0...most).map { Write.put(Item(key: key("\($0)"), ["n": .number($0)])) }
            await expectTableError(.validation) { _ = try await table.transact([], token: UUID().uuidString) }
            await expectTableError(.validation) { _ = try await table.transact(writes, token: UUID().uuidString) }
            #expect(try await table.queryAll(Query(partition: "p")) == [])
            #expect(try await table.transact(Array(writes.dropLast()), token: UUID().uuidString) == .committed)
            #expect(try await table.queryAll(Query(partition: "p")).count == most)
        }
    }

    @Test("100 updates of 100 items under conditions", arguments: TableKind.allCases)
    func hundredUpdates(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let keys = (0..<100).map { key("\($0)") }
            for round in 1...2 {
                let writes = keys.map {
                    Write.update($0, adding(1), condition: .absentOr("n", .equal, .number(round - 1)))
                }
                #expect(try await table.transact(writes, token: UUID().uuidString) == .committed)
            }
            let counts = try await table.queryAll(Query(partition: "p")).map { $0["n"]?.intValue }
            #expect(counts == Array(repeating: 2, count: 100))
        }
    }

    @Test("sent again under its token, a committed transaction changes nothing", arguments: TableKind.knowingTokens)
    func sameToken(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let writes = [Write.update(key("a"), adding(1)), .put(Item(key: key("b")), condition: .itemIsNew)]
            let token = UUID().uuidString
            for _ in 1...3 { #expect(try await table.transact(writes, token: token) == .committed) }
            #expect(try await table.get(key("a"))?["n"] == 1)
            await expectTableError(.validation) {
                _ = try await table.transact([.update(key("a"), adding(2))], token: token)
            }
            #expect(try await table.get(key("a"))?["n"] == 1)
            #expect(try await table.transact([.update(key("a"), adding(1))], token: UUID().uuidString) == .committed)
            #expect(try await table.get(key("a"))?["n"] == 2)
        }
    }

    @Test("sent again, a transaction under `itemIsNew` changes nothing", arguments: TableKind.allCases)
    func sameIdentity(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let item = Item(key: key("event"), ["a": 1])
            let writes = [Write.put(item, condition: .itemIsNew), .update(key("count"), adding(1))]
            let token = UUID().uuidString
            #expect(try await table.transact(writes, token: token) == .committed)
            let other = try await table.transact(writes, token: UUID().uuidString)
            #expect(other == .cancelled([.conditionFailed(item), .none]))
            let again = try await table.transact(writes, token: token)
            #expect(again == (kind.knowsTokens ? .committed : .cancelled([.conditionFailed(item), .none])))
            #expect(try await table.get(key("count"))?["n"] == 1)
        }
    }

    @Test("a cancelled transaction does not use up its token", arguments: TableKind.allCases)
    func tokenOfCancelled(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let writes = [Write.update(key("a"), adding(1), condition: .itemExists)]
            let token = UUID().uuidString
            #expect(try await table.transact(writes, token: token) == .cancelled([.conditionFailed(nil)]))
            try await table.store(Item(key: key("a")))
            #expect(try await table.transact(writes, token: token) == .committed)
            #expect(try await table.get(key("a"))?["n"] == 1)
        }
    }
}
