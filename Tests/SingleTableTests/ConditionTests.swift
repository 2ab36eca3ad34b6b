import SingleTable
import Testing

@Suite struct ConditionTests {
    static let item = Item(
        key: Key("p", "s"),
        [
            "n": 5, "t": "abc", "b": .binary([1, 2]), "flag": true, "nothing": .null, "list": .list([1, "x"]),
            "ss": .stringSet(["a", "b"]), "ns": .numberSet([1, 2, 3]), "bs": .binarySet([[1], [2]]),
            "m": .map(["k": 1]),
        ]
    )

    static let holding: [Condition] = [
        .exists("n"), .notExists("x"), .exists("nothing"), .itemExists,
        .equal("n", .number(Number("5.0")!)), .compare("n", .less, 6), .compare("n", .lessOrEqual, 5),
        .compare("n", .greater, .number(Number("4.999999")!)), .compare("n", .greaterOrEqual, 5),
        .compare("n", .notEqual, 4),
        .compare("n", .greater, -100), .compare("t", .less, "abd"), .compare("t", .less, "abcd"),
        .compare("t", .greater, "Z"),
        .compare("t", .less, "é"), .compare("b", .less, .binary([1, 3])), .compare("b", .greater, .binary([1])),
        .equal("flag", true), .equal("nothing", .null), .equal("ss", .stringSet(["b", "a"])),
        .size("t", .equal, 3), .size("b", .equal, 2), .size("ss", .less, 3), .size("ns", .greaterOrEqual, 3),
        .size("list", .equal, 2), .size("m", .lessOrEqual, 1),
        .contains("ss", "a"), .contains("ns", 3), .contains("bs", .binary([2])), .contains("t", "bc"),
        .contains("list", "x"),
        .all([]), .all([.exists("n"), .exists("t")]), .any([.exists("x"), .exists("t")]), .not(.exists("x")),
        .absentOr("n", .lessOrEqual, 5), .absentOr("x", .lessOrEqual, 5),
    ]

    @Test(arguments: holding)
    func holds(condition: Condition) {
        #expect(condition.holds(for: ConditionTests.item))
        #expect(!Condition.not(condition).holds(for: ConditionTests.item))
    }

    static let failing: [Condition] = [
        .exists("x"), .notExists("n"), .itemIsNew, .equal("n", 6), .equal("n", "5"), .equal("x", 5),
        .compare("n", .less, 5), .compare("n", .greater, 5), .compare("n", .less, "9"), .compare("x", .less, 5),
        .compare("x", .greaterOrEqual, 0), .compare("t", .greater, "é"), .compare("flag", .less, true),
        .size("n", .greater, 0), .size("x", .lessOrEqual, 9), .size("flag", .equal, 1),
        .contains("ss", "c"), .contains("ss", 1), .contains("ns", "1"), .contains("t", "ac"), .contains("x", "a"),
        .any([]), .any([.exists("x"), .exists("y")]), .all([.exists("n"), .exists("x")]), .not(.exists("n")),
        .absentOr("n", .lessOrEqual, 4), .absentOr("n", .greaterOrEqual, 6),
    ]

    @Test(arguments: failing)
    func fails(condition: Condition) {
        #expect(!condition.holds(for: ConditionTests.item))
    }

    @Test func anItemThatDoesNotExistHasNoAttributes() {
        #expect(Condition.itemIsNew.holds(for: nil))
        #expect(!Condition.itemExists.holds(for: nil))
        #expect(!Condition.size("n", .lessOrEqual, 10).holds(for: nil))
        #expect(Condition.absentOr("n", .less, 1).holds(for: nil))
    }

    /// The table compares bytes: two spellings of one character are two strings.
    @Test func comparesStringsByTheirBytes() {
        let composed = Item(["t": "caf\u{E9}", "ss": .stringSet(["caf\u{E9}"])])
        #expect(Condition.equal("t", "caf\u{E9}").holds(for: composed))
        #expect(!Condition.equal("t", "cafe\u{301}").holds(for: composed))
        #expect(Condition.compare("t", .notEqual, "cafe\u{301}").holds(for: composed))
        #expect(!Condition.contains("t", "e\u{301}").holds(for: composed))
        #expect(Condition.contains("t", .string("\u{E9}")).holds(for: composed))
        #expect(Condition.contains("t", "").holds(for: composed))
        // Emoji come in several scalars; a substring may end between them.
        #expect(Condition.contains("t", "\u{1F469}").holds(for: Item(["t": "\u{1F469}\u{200D}\u{1F4BB}"])))
    }
}
