import Foundation
import SingleTable
import Testing

private let writers = 8

/// Calls `attempt` until it succeeds. Whoever fails lost to another writer that succeeded, so the sum of all attempts is
/// bounded, and with it each one's.
private func retry(_ attempt: () async throws -> Bool) async throws {
    for _ in 0..<100_000 where try await attempt() { return }
    throw UnexpectedAnswer(description: "no attempt succeeds")
}

extension TableContract {
    @Test("a counter under conditions loses nothing", arguments: TableKind.allCases)
    func conditionalCounter(_ kind: TableKind) async throws {
        let key = Key("p", "counter")
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key, ["n": 0]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<writers {
                    group.addTask {
                        var seen = try await table.get(key)?["n"]?.intValue ?? 0
                        for _ in 0..<50 {
                            try await retry {
                                let item = Item(key: key, ["n": .number(seen + 1)])
                                let condition = Condition.equal("n", .number(seen))
                                switch try await table.put(item, condition: condition) {
                                case .written:
                                    seen += 1
                                    return true
                                case .conditionFailed(let stored):
                                    seen = stored?["n"]?.intValue ?? -1
                                    return false
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await table.get(key)?["n"] == 400)
        }
    }

    @Test("additions need no condition", arguments: TableKind.allCases)
    func concurrentAdditions(_ kind: TableKind) async throws {
        let key = Key("p", "sum")
        try await kind.withTable { table async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        for round in 0..<25 {
                            var update = Update()
                            update.add("n", 1)
                            update.add("writers", .numberSet([Number(writer)]))
                            let event = Item(key: Key("events", "\(writer)-\(round)"))
                            let token = UUID().uuidString
                            try await retry {
                                let writes: [Write] = [.put(event, condition: .itemIsNew), .update(key, update)]
                                return try await table.transact(writes, token: token) == .committed
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let sum = try await table.get(key)
            #expect(sum?["n"] == .number(writers * 25))
            #expect(sum?["writers"]?.numberSetValue?.count == writers)
            #expect(try await table.queryAll(Query(partition: "events")).count == writers * 25)
        }
    }

    @Test("transactions on the same items happen one after the other", arguments: TableKind.allCases)
    func serialTransactions(_ kind: TableKind) async throws {
        let last = Key("p", "last")
        let rounds = 20
        try await kind.withTable { table async throws in
            try await table.store(Item(key: last, ["number": 0]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        var seen = 0
                        for _ in 0..<rounds {
                            try await retry {
                                var update = Update()
                                update.set("number", .number(seen + 1))
                                // The log entry of the number is new exactly when nobody else took the number.
                                let entry = Item(key: Key("log", "\(seen + 1)"), ["writer": .number(writer)])
                                let outcome = try await table.transact(
                                    .put(entry),
                                    .update(last, update, condition: .equal("number", .number(seen)))
                                )
                                switch outcome {
                                case .committed:
                                    seen += 1
                                    return true
                                case .cancelled(let reasons):
                                    if case .conditionFailed(let item) = reasons[1] {
                                        seen = item?["number"]?.intValue ?? -1
                                    }
                                    return false
                                }
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let log = try await table.queryAll(Query(partition: "log"))
            #expect(try await table.get(last)?["number"] == .number(writers * rounds))
            #expect(log.count == writers * rounds)
            for writer in 0..<writers {
                #expect(log.filter { $0["writer"] == .number(writer) }.count == rounds)
            }
        }
    }

    @Test("a reader never sees half of a transaction's item", arguments: TableKind.allCases)
    func readersAndWriters(_ kind: TableKind) async throws {
        let key = Key("p", "pair")
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key, ["left": 0, "right": 0]))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { () async throws in
                    for _ in 0..<100 {
                        var update = Update()
                        update.add("left", 1)
                        update.add("right", 1)
                        #expect(try await table.transact(.update(key, update)) == .committed)
                    }
                }
                group.addTask {
                    var number = 0
                    while number < 100 {
                        let item = try await table.get(key)
                        #expect(item?["left"] == item?["right"])
                        let next = item?["left"]?.intValue ?? -1
                        #expect(next >= number, "strongly consistent reads do not go back")
                        guard next >= number else { return }
                        number = next
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
