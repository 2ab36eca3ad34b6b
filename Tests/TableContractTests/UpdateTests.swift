import SingleTable
import Testing

private let key = Key("p", "s")

extension TableContract {
    @Test("an update makes the item that it changes", arguments: TableKind.allCases)
    func updateMakesItem(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let item = try await table.update(key) {
                $0.set("set", "a")
                $0.setIfAbsent("first", 1)
                $0.add("count", 2)
                $0.add("names", .stringSet(["x"]))
                $0.remove("nothing")
                $0.deleteElements("noSet", .stringSet(["x"]))
            }
            let expected: [String: AttributeValue] = ["set": "a", "first": 1, "count": 2, "names": .stringSet(["x"])]
            #expect(item == Item(key: key, expected))
        }
    }

    @Test("set assigns, setIfAbsent only once, remove takes away", arguments: TableKind.allCases)
    func assignments(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key, ["a": 1, "b": "old", "null": .null, "kept": true]))
            let item = try await table.update(key) {
                $0.set("a", .list(["another", "type"]))
                $0.setIfAbsent("b", "new")
                $0.setIfAbsent("null", "new")
                $0.setIfAbsent("c", "new")
                $0.remove("absent")
            }
            var expected = Item(
                key: key,
                ["a": .list(["another", "type"]), "b": "old", "null": .null, "c": "new", "kept": true]
            )
            #expect(item == expected)
            expected["a"] = nil
            expected["null"] = nil
            #expect(
                try await table.update(key) {
                    $0.remove("a")
                    $0.remove("null")
                } == expected
            )
        }
    }

    @Test("add sums exactly", arguments: TableKind.allCases)
    func sums(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for (left, right, sum) in [
                ("1", "2", "3"), ("1", "-1", "0"), ("0.1", "0.2", "0.3"), ("-1.5", "1", "-0.5"), ("0.5", "0.5", "1"),
                ("9223372036854775807", "1", "9223372036854775808"),
                ("-9223372036854775808", "-1", "-9223372036854775809"),
                ("9223372036854775808", "-9223372036854775808", "0"),
                ("1234567890123456789012345678", "1", "1234567890123456789012345679"),
                ("12345678901234567890123456789012345678", "1", "12345678901234567890123456789012345679"),
                ("99999999999999999999999999999999999998", "1", "99999999999999999999999999999999999999"),
                ("99999999999999999999999999999999999999", "1", "1" + String(repeating: "0", count: 38)),
                (
                    "-0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000002",
                    "0.00000000000000000000000000000000000001"
                ),
                ("1e125", "2e125", "3" + String(repeating: "0", count: 125)),
                ("2e-130", "3e-130", "0." + String(repeating: "0", count: 129) + "5"),
            ] where kind.exactSumDigits == Number.maximumDigits || max(left.count, right.count) <= kind.exactSumDigits {
                let values = (try #require(Number(left)), try #require(Number(right)))
                try await table.store(Item(key: key, ["n": .number(values.0)]))
                let item = try await table.update(key) { $0.add("n", .number(values.1)) }
                #expect(item?["n"]?.numberValue?.text == sum, "\(left) + \(right)")
            }
        }
    }

    @Test("add and deleteElements work on sets", arguments: TableKind.allCases)
    func sets(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(
                Item(key: key, ["s": .stringSet(["a", "b"]), "n": .numberSet([1, 2]), "b": .binarySet([[0], [1]])])
            )
            let more = try await table.update(key) {
                $0.add("s", .stringSet(["b", "c"]))
                $0.add("n", .numberSet([2, 3]))
                $0.add("b", .binarySet([[1], [2]]))
                $0.add("new", .numberSet([7]))
            }
            let union: [String: AttributeValue] = [
                "s": .stringSet(["a", "b", "c"]), "n": .numberSet([1, 2, 3]), "b": .binarySet([[0], [1], [2]]),
                "new": .numberSet([7]),
            ]
            #expect(more == Item(key: key, union))
            let fewer = try await table.update(key) {
                $0.deleteElements("s", .stringSet(["a", "x"]))
                $0.deleteElements("n", .numberSet([1, 2, 3]))
                $0.deleteElements("b", .binarySet([[0], [2]]))
                $0.deleteElements("absent", .stringSet(["a"]))
            }
            let rest: [String: AttributeValue] = [
                "s": .stringSet(["b", "c"]), "b": .binarySet([[1]]), "new": .numberSet([7]),
            ]
            #expect(fewer == Item(key: key, rest))
        }
    }

    @Test("an update that cannot be carried out changes nothing", arguments: TableKind.allCases)
    func impossibleUpdates(_ kind: TableKind) async throws {
        let item = Item(
            key: key,
            ["n": 1, "s": "text", "l": .list([1]), "ss": .stringSet(["a"]), "full": .number(Number("9e125") ?? 0)]
        )
        var impossible: [(name: String, action: Update.Action)] = [
            ("s", .add(1)), ("l", .add(1)), ("ss", .add(1)), ("n", .add(.stringSet(["a"]))),
            ("ss", .add(.numberSet([1]))), ("n", .add("text")), ("absent", .add("text")), ("absent", .add(.list([1]))),
            ("n", .deleteElements(.numberSet([1]))), ("ss", .deleteElements(.numberSet([1]))),
            ("ss", .deleteElements("a")), ("absent", .deleteElements(1)),
            ("large", .set(.string(String(repeating: "x", count: 400 * 1024)))),
        ]
        // What DynamoDB refuses and the emulator does not.
        if !kind.isEmulated {
            impossible += [
                ("ss", .add(.stringSet([]))), ("absent", .set(.stringSet([]))), ("PK", .set("other")), ("SK", .remove),
                ("SK", .setIfAbsent("x")),
                ("full", .add(.number(Number("9e125") ?? 0))), ("GSI1PK", .set(1)),
            ]
        }
        try await kind.withTable { table async throws in
            try await table.store(item)
            for (name, action) in impossible {
                var update = Update()
                update.apply(action, to: name)
                await expectRefusal(name) { () throws(TableError) in try await table.transact(.update(key, update)) }
                #expect(try await table.get(key) == item, "\(name)")
            }
            await expectRefusal("empty") { () throws(TableError) in try await table.transact(.update(key, Update())) }
            #expect(try await table.get(key) == item)
        }
    }

    @Test("an impossible write is named among the reasons", arguments: TableKind.allCases)
    func invalidReason(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(Item(key: key, ["s": "text"]))
            var update = Update()
            update.add("s", 1)
            let other = Item(key: Key("p", "other"))
            let outcome = try await table.transact(.put(other), .update(key, update))
            guard case .cancelled(let reasons) = outcome, reasons.count == 2, reasons[0] == .none,
                case .invalid(let message) = reasons[1]
            else {
                Issue.record("answered with \(outcome)")
                return
            }
            #expect(!message.isEmpty && !message.contains("text"))
            #expect(try await table.get(Key("p", "other")) == nil)
        }
    }
}

extension Update {
    fileprivate mutating func apply(_ action: Action, to name: String) {
        switch action {
        case .set(let value): set(name, value)
        case .setIfAbsent(let value): setIfAbsent(name, value)
        case .add(let value): add(name, value)
        case .remove: remove(name)
        case .deleteElements(let value): deleteElements(name, value)
        }
    }
}
