import SingleTable
import Testing

private let key = Key("p", "s")

private let stored = Item(
    key: key,
    [
        "n": 5, "fraction": .number(Number("-2.5") ?? 0), "s": "bß", "text": "text", "b": .binary([1, 2]), "yes": true,
        "null": .null, "l": .list(["a", 1, .list([2])]), "m": .map(["k": "v", "k2": 1]), "ss": .stringSet(["a", "b"]),
        "ns": .numberSet([1, 2, 3]), "bs": .binarySet([[1], [2]]), "empty": "", "decomposed": "e\u{301}",
        "composed": "\u{E9}", "high": "\u{FF5E}", "higher": "\u{1F600}", "size": 7, "big": .number(bigNumber),
        "tiny": .number(Number("1e-130") ?? 0),
    ]
)

private let bigNumber = Number("12345678901234567890123456789012345678") ?? 0
private let nextNumber = Number("12345678901234567890123456789012345679") ?? 0

private struct Case {
    var condition: Condition
    var expected: Bool

    init(_ expected: Bool, _ condition: Condition) {
        self.condition = condition
        self.expected = expected
    }
}

/// One value of each type other than the ones with an order.
private let unordered: [String] = ["yes", "null", "l", "m", "ss", "ns", "bs"]

private let comparisons: [Case] = [
    Case(true, .compare("n", .equal, 5)), Case(false, .compare("n", .equal, 6)),
    Case(false, .compare("n", .notEqual, 5)), Case(true, .compare("n", .notEqual, 6)),
    Case(true, .compare("n", .less, 6)), Case(false, .compare("n", .less, 5)), Case(false, .compare("n", .less, -6)),
    Case(true, .compare("n", .lessOrEqual, 5)), Case(false, .compare("n", .lessOrEqual, 4)),
    Case(true, .compare("n", .greater, 4)), Case(false, .compare("n", .greater, 5)),
    // By value, where a text would be the other way round.
    Case(true, .compare("n", .less, 10)), Case(false, .compare("n", .greater, 10)),
    Case(true, .compare("n", .greaterOrEqual, 5)), Case(false, .compare("n", .greaterOrEqual, 6)),
    Case(true, .compare("fraction", .less, -2)), Case(true, .compare("fraction", .greater, -3)),
    Case(true, .compare("fraction", .equal, .number(Number("-2.50") ?? 0))),
    Case(true, .compare("big", .less, .number(nextNumber))), Case(false, .compare("big", .equal, .number(nextNumber))),
    Case(true, .compare("big", .equal, .number(bigNumber))), Case(false, .compare("big", .less, .number(bigNumber))),
    Case(true, .compare("size", .equal, 7)),
    // The smallest numbers that there are.
    Case(true, .compare("tiny", .greater, 0)), Case(true, .compare("tiny", .less, .number(Number("2e-130") ?? 0))),
    Case(true, .compare("tiny", .greater, .number(Number("-1e-130") ?? 0))),
    Case(false, .compare("tiny", .equal, 0)),

    Case(true, .compare("s", .equal, "bß")), Case(false, .compare("s", .equal, "b")),
    Case(true, .compare("s", .notEqual, "b")), Case(true, .compare("s", .greater, "b")),
    Case(true, .compare("s", .greater, "bz")), Case(true, .compare("s", .less, "c")),
    Case(false, .compare("s", .less, "B")), Case(true, .compare("s", .greaterOrEqual, "bß")),
    Case(true, .compare("s", .lessOrEqual, "bß")), Case(true, .compare("empty", .equal, "")),
    Case(true, .compare("empty", .less, "\u{0}")),
    // Bytes: what Unicode holds equivalent differs, and UTF-8's order is not UTF-16's.
    Case(false, .compare("decomposed", .equal, "\u{E9}")), Case(true, .compare("decomposed", .equal, "e\u{301}")),
    Case(true, .compare("decomposed", .notEqual, "\u{E9}")), Case(false, .compare("composed", .equal, "e\u{301}")),
    Case(true, .compare("composed", .greater, "e\u{301}")), Case(true, .compare("decomposed", .less, "\u{E9}")),
    Case(true, .compare("high", .less, "\u{1F600}")), Case(true, .compare("higher", .greater, "\u{FF5E}")),

    Case(true, .compare("b", .equal, .binary([1, 2]))), Case(true, .compare("b", .greater, .binary([1]))),
    Case(true, .compare("b", .less, .binary([1, 3]))), Case(true, .compare("b", .less, .binary([200]))),
    Case(false, .compare("b", .less, .binary([1, 2]))),

    Case(true, .compare("yes", .equal, true)), Case(false, .compare("yes", .equal, false)),
    Case(true, .compare("yes", .notEqual, false)), Case(true, .compare("null", .equal, .null)),
    Case(true, .compare("l", .equal, .list(["a", 1, .list([2])]))),
    Case(false, .compare("l", .equal, .list([1, "a", .list([2])]))),
    Case(true, .compare("m", .equal, .map(["k2": 1, "k": "v"]))), Case(false, .compare("m", .equal, .map(["k": "v"]))),
    Case(true, .compare("ss", .equal, .stringSet(["b", "a"]))), Case(false, .compare("ss", .equal, .stringSet(["a"]))),
    Case(true, .compare("ns", .equal, .numberSet([3, 2, 1]))), Case(true, .compare("bs", .notEqual, .binarySet([[1]]))),
]

/// Another type is not equal, and neither less nor greater. The same holds of an absent attribute.
private let mismatches: [Case] =
    (unordered + ["s", "b", "absent"]).flatMap { name in
        [
            Case(false, .compare(name, .equal, 5)), Case(true, .compare(name, .notEqual, 5)),
            Case(false, .compare(name, .less, 5)), Case(false, .compare(name, .lessOrEqual, 5)),
            Case(false, .compare(name, .greater, 5)), Case(false, .compare(name, .greaterOrEqual, 5)),
        ]
    }
    + [
        Case(false, .compare("n", .equal, "5")), Case(true, .compare("n", .notEqual, "5")),
        Case(false, .compare("n", .less, "6")), Case(false, .compare("n", .greater, "4")),
        Case(false, .compare("b", .greater, "")), Case(false, .compare("ss", .equal, .list(["a", "b"]))),
    ]

private let functions: [Case] = [
    Case(true, .exists("n")), Case(true, .exists("null")), Case(true, .exists("empty")), Case(false, .exists("absent")),
    Case(false, .notExists("n")), Case(false, .notExists("null")), Case(true, .notExists("absent")),
    Case(true, .itemExists), Case(false, .itemIsNew),

    Case(true, .size("text", .equal, 4)), Case(true, .size("empty", .equal, 0)), Case(true, .size("b", .equal, 2)),
    Case(true, .size("l", .equal, 3)), Case(true, .size("m", .equal, 2)),
    Case(true, .size("ss", .equal, 2)), Case(true, .size("ns", .equal, 3)), Case(true, .size("bs", .equal, 2)),
    Case(true, .size("ns", .less, 4)), Case(false, .size("ns", .less, 3)), Case(true, .size("ns", .lessOrEqual, 3)),
    Case(true, .size("ns", .greater, 2)), Case(false, .size("ns", .greater, 3)),
    Case(true, .size("ns", .greaterOrEqual, 3)), Case(true, .size("ns", .notEqual, 2)),
    Case(false, .size("ns", .notEqual, 3)), Case(false, .size("absent", .less, 100)),

    Case(true, .contains("ss", "a")), Case(false, .contains("ss", "c")), Case(false, .contains("ss", 1)),
    Case(true, .contains("ns", 2)), Case(false, .contains("ns", 4)), Case(false, .contains("ns", "2")),
    Case(true, .contains("bs", .binary([2]))), Case(false, .contains("bs", .binary([3]))),
    Case(true, .contains("l", "a")), Case(true, .contains("l", 1)), Case(true, .contains("l", .list([2]))),
    Case(false, .contains("l", 2)), Case(true, .contains("s", "b")), Case(true, .contains("s", "ß")),
    Case(true, .contains("s", "bß")), Case(false, .contains("s", "B")), Case(false, .contains("s", "bßx")),
    // Within a character of two code points, as bytes have it.
    Case(true, .contains("decomposed", "e")), Case(false, .contains("composed", "e")),
    Case(false, .contains("b", .binary([2, 1]))), Case(false, .contains("n", 5)), Case(false, .contains("m", "k")),
    Case(false, .contains("absent", "a")),

    Case(true, .beginsWith("s", "b")), Case(true, .beginsWith("s", "bß")), Case(false, .beginsWith("s", "ß")),
    Case(false, .beginsWith("s", "B")), Case(true, .beginsWith("decomposed", "e")),
    Case(false, .beginsWith("composed", "e")), Case(false, .beginsWith("b", .binary([2]))),
    Case(false, .beginsWith("absent", "a")),
]

/// What the emulator answers otherwise than DynamoDB.
private let beyondEmulators: [Case] = [
    // Bytes, not characters.
    Case(true, .size("s", .equal, 3)), Case(true, .size("higher", .equal, 4)),
    // These types have no size.
    Case(false, .size("n", .greaterOrEqual, 0)), Case(false, .size("yes", .greaterOrEqual, 0)),
    Case(false, .size("null", .greaterOrEqual, 0)),
    Case(true, .contains("b", .binary([2]))), Case(true, .contains("b", .binary([1, 2]))),
    Case(true, .beginsWith("b", .binary([1]))),
]

private let combinations: [Case] = {
    let yes = Condition.exists("n")
    let no = Condition.exists("absent")
    return [
        Case(true, .all([yes])), Case(true, .all([yes, yes, yes])), Case(false, .all([yes, no])),
        Case(false, .all([no, yes])), Case(true, .any([yes])), Case(true, .any([no, yes])),
        Case(true, .any([yes, no])),
        Case(false, .any([no, no])), Case(false, .not(yes)), Case(true, .not(no)), Case(true, .not(.not(yes))),
        Case(true, .any([.all([yes, no]), .all([yes, yes])])), Case(false, .all([.any([yes, no]), .any([no, no])])),
        Case(true, .not(.all([yes, no]))), Case(false, .not(.any([yes, no]))), Case(true, .not(.all([no]))),
        Case(true, .all([.all([yes])])), Case(false, .any([.any([.all([no])])])), Case(true, .all([.not(no), yes])),
        Case(true, .all([.any([.not(.all([no])), no]), .not(.any([no]))])),
        Case(true, .not(.compare("absent", .less, 5))), Case(true, .all([.any([yes])])),
        Case(true, .absentOr("absent", .lessOrEqual, 1)), Case(true, .absentOr("n", .lessOrEqual, 5)),
        Case(false, .absentOr("n", .lessOrEqual, 4)), Case(true, .equal("s", "bß")),
        // An empty conjunction says nothing, an empty disjunction offers nothing.
        Case(true, .all([])), Case(false, .any([])), Case(false, .not(.all([]))), Case(true, .not(.any([]))),
        Case(true, .all([.all([]), yes])), Case(true, .any([.any([]), yes])), Case(false, .all([.any([]), yes])),
        Case(true, .any([.all([]), no])), Case(false, .not(.any([no, .all([])]))),
    ]
}()

/// Of an item that does not exist.
private let onNothing: [Case] = [
    Case(true, .itemIsNew), Case(false, .itemExists), Case(true, .notExists("n")), Case(false, .exists("n")),
    Case(false, .compare("n", .equal, 5)), Case(true, .compare("n", .notEqual, 5)),
    Case(false, .compare("n", .less, 5)),
    Case(false, .compare("n", .greaterOrEqual, 5)), Case(false, .size("n", .greaterOrEqual, 0)),
    Case(false, .contains("n", "a")), Case(true, .not(.exists("n"))), Case(true, .absentOr("n", .less, 1)),
    Case(true, .all([.itemIsNew, .notExists("n")])), Case(false, .any([.itemExists, .exists("n")])),
]

extension TableContract {
    @Test("conditions on what is stored", arguments: TableKind.allCases)
    func conditions(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            try await table.store(stored)
            let checks = comparisons + mismatches + functions + combinations
            for check in kind.isEmulated ? checks : checks + beyondEmulators {
                do {
                    let answer = try await holds(check.condition, for: key, in: table)
                    #expect(answer == check.expected, "\(check.condition)")
                } catch {
                    Issue.record("\(check.condition): \(error)")
                }
            }
        }
    }

    @Test("conditions on an item that does not exist", arguments: TableKind.allCases)
    func conditionsOnNothing(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for check in onNothing {
                #expect(try await holds(check.condition, for: key, in: table) == check.expected, "\(check.condition)")
            }
        }
    }

    @Test("a condition that fails answers with what is stored, and nothing is written", arguments: TableKind.allCases)
    func failedConditions(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let new = Item(key: key, ["n": 1])
            #expect(try await table.put(new, condition: .itemExists) == .conditionFailed(nil))
            #expect(try await table.delete(key, condition: .itemExists) == .conditionFailed(nil))
            #expect(try await table.get(key) == nil)
            #expect(try await table.put(new, condition: .itemIsNew) == .written)
            #expect(try await table.put(Item(key: key), condition: .itemIsNew) == .conditionFailed(new))
            #expect(try await table.put(Item(key: key), condition: .equal("n", 2)) == .conditionFailed(new))
            #expect(try await table.delete(key, condition: .equal("n", 2)) == .conditionFailed(new))
            #expect(try await table.get(key) == new)
            #expect(try await table.put(Item(key: key, ["n": 2]), condition: .equal("n", 1)) == .written)
            #expect(try await table.delete(key, condition: .equal("n", 2)) == .written)
            #expect(try await table.get(key) == nil)
        }
    }

    @Test("attribute names and values never become part of an expression", arguments: TableKind.allCases)
    func namesInConditions(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for name in ["a.b", "a[0]", "#n0", ":v0", "name with space", "AND", "size", "😀", "x) OR (y", "1"] {
                try await table.store(Item(key: key, [name: "x' OR '1'='1"]))
                #expect(try await holds(.equal(name, "x' OR '1'='1"), for: key, in: table), "\(name)")
                #expect(try await !holds(.equal(name, "x"), for: key, in: table), "\(name)")
                #expect(try await table.update(key) { $0.set(name, ":v0") }?[name] == ":v0", "\(name)")
            }
        }
    }
}
