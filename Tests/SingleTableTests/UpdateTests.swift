import SingleTable
import Testing

@Suite struct UpdateTests {
    private let key = Key("p", "s")

    private func applied(_ item: Item?, _ change: (inout Update) -> Void) throws -> Item {
        var update = Update()
        change(&update)
        return try update.applied(to: item, key: key)
    }

    @Test func makesTheItemWhenThereIsNone() throws {
        let item = try applied(nil) {
            $0.add("count", 3)
            $0.set("name", "x")
            $0.setIfAbsent("status", "open")
            $0.add("set", .stringSet(["a"]))
        }
        #expect(item == Item(key: key, ["count": 3, "name": "x", "status": "open", "set": .stringSet(["a"])]))
    }

    @Test func addsNumbersAndUnitesSets() throws {
        let stored = Item(
            key: key,
            ["count": 3, "ss": .stringSet(["a"]), "ns": .numberSet([1]), "bs": .binarySet([[1]]), "kept": true]
        )
        let item = try applied(stored) {
            $0.add("count", .number(Number("-0.5")!))
            $0.add("ss", .stringSet(["a", "b"]))
            $0.add("ns", .numberSet([1, 2]))
            $0.add("bs", .binarySet([[1], [2]]))
        }
        #expect(
            item
                == Item(
                    key: key,
                    [
                        "count": .number(Number("2.5")!), "ss": .stringSet(["a", "b"]), "ns": .numberSet([1, 2]),
                        "bs": .binarySet([[1], [2]]), "kept": true,
                    ]
                )
        )
    }

    @Test func setsRemovesAndKeeps() throws {
        let stored = Item(key: key, ["a": 1, "b": 2, "c": 3])
        let item = try applied(stored) {
            $0.set("a", "new")
            $0.remove("b")
            $0.remove("absent")
            $0.setIfAbsent("c", 9)
        }
        #expect(item == Item(key: key, ["a": "new", "c": 3]))
    }

    @Test func removesASetThatBecomesEmpty() throws {
        let stored = Item(key: key, ["a": .stringSet(["x", "y"]), "b": .numberSet([1])])
        let item = try applied(stored) {
            $0.deleteElements("a", .stringSet(["x", "z"]))
            $0.deleteElements("b", .numberSet([1]))
            $0.deleteElements("absent", .stringSet(["x"]))
        }
        #expect(item == Item(key: key, ["a": .stringSet(["y"])]))
    }

    @Test func theLaterActionOnANameCounts() throws {
        let item = try applied(nil) {
            $0.add("a", 1)
            $0.set("a", "x")
        }
        #expect(item["a"] == "x")
    }

    @Test(arguments: [
        Update.Action.add(1), .add(.numberSet([1])), .deleteElements(.numberSet([1])), .add("x"), .add(true),
    ])
    func refusesOtherTypes(action: Update.Action) {
        let stored = Item(key: key, ["a": "text"])
        let error = #expect(throws: TableError.self) {
            try applied(stored) {
                switch action {
                case .add(let value): $0.add("a", value)
                case .deleteElements(let value): $0.deleteElements("a", value)
                case .set, .setIfAbsent, .remove: break
                }
            }
        }
        #expect(error?.code == .validation)
    }

    @Test(arguments: ["PK", "SK"])
    func refusesToChangeTheKey(name: String) {
        #expect(throws: TableError.self) { try applied(nil) { $0.set(name, "x") } }
    }

    @Test func refusesASumOfTooManyDigits() {
        let stored = Item(key: key, ["a": .number(Number("1e37")!)])
        let error = #expect(throws: TableError.self) { try applied(stored) { $0.add("a", .number(Number("0.1")!)) } }
        #expect(error?.code == .validation)
    }
}
