import Foundation
import SingleTable
import Testing

/// One value of every type, and of each the ones that are easily lost.
private let values: [String: AttributeValue] = [
    "string": "text",
    "emptyString": "",
    "escapes": "\"\\/\n\r\t\u{0}\u{1F}\u{7F}\u{2028}</script>",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈🇩🇪",
    "combining": "q\u{307}\u{323} \u{1EC7} \u{915}\u{93C} \u{1112}\u{1161}",
    "decomposed": "e\u{301}",
    "lastCharacter": "\u{10FFFF}\u{FFFD}\u{FFFF}",
    "longString": .string(String(repeating: "0123456789abcdeß", count: 2048)),
    "true": true,
    "false": false,
    "null": .null,
    "binary": .binary([0, 255, 0, 10, 13, 0]),
    "emptyBinary": .binary([]),
    "everyByte": .binary(Array(0...255)),
    "emptyList": .list([]),
    "emptyMap": .map([:]),
    "list": .list(["a", 1, .null, true, .binary([0]), .list([.list([])]), .map(["k": .stringSet(["x"])])]),
    "map": .map(["": "empty name", "ключ": .map(["a": .list([.map(["b": .number(-1)])])]), "😀": .null]),
    "stringSet": .stringSet(["a", "b", "", "日本語"]),
    "numberSet": .numberSet([1, -1, 0]),
    "binarySet": .binarySet([[0], [0, 0], [255]]),
    "a name.with:odd #characters 😀": 1,
    "size": "a reserved word",
]

private let numbers: [(written: String, kept: String)] = [
    ("0", "0"), ("-0", "0"), ("0.000", "0"), ("-0.0e5", "0"), ("7", "7"), ("-7", "-7"), ("007", "7"),
    ("1.50", "1.5"), ("-1.500", "-1.5"), ("100", "100"), ("1e2", "100"), ("1E-2", "0.01"), ("12.5e+1", "125"),
    ("9223372036854775807", "9223372036854775807"), ("-9223372036854775808", "-9223372036854775808"),
    ("9223372036854775808", "9223372036854775808"),
    ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
    ("-1.2345678901234567890123456789012345678", "-1.2345678901234567890123456789012345678"),
    ("0.00000012345678901234567890123456789012345678", "0.00000012345678901234567890123456789012345678"),
    ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
    ("1e125", "1" + String(repeating: "0", count: 125)),
    ("1e-130", "0." + String(repeating: "0", count: 129) + "1"),
]

private let keys = [
    Key("p", "s"), Key("ключ", "日本語"), Key("👩‍👩‍👧‍👦", "🇩🇪"), Key("\u{E9}", "\u{E9}"), Key("e\u{301}", "e\u{301}"),
    Key("\u{E9}", "e\u{301}"), Key("q\u{307}", "\u{10FFFF}"), Key("a b", " "), Key("'; DROP TABLE items; --", "%_\\"),
    Key("EVENT#ACTION_EXECUTED", "u#1760000000000#x"), Key("#n0", ":v0"),
    Key(String(repeating: "p", count: 2048), String(repeating: "ß", count: 512)),
]

extension TableContract {
    @Test("a value of every type comes back as it was put", arguments: TableKind.allCases)
    func valuesComeBack(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            let item = Item(key: Key("p", "s"), values)
            try await table.store(item)
            #expect(try await table.get(Key("p", "s"))?.exactText == item.exactText)
            #expect(try await table.batchGet([Key("p", "s")]).map(\.exactText) == [item.exactText])
            #expect(try await table.queryAll(Query(partition: "p")).map(\.exactText) == [item.exactText])
            #expect(try await table.scan(start: nil).items.map(\.exactText) == [item.exactText])
        }
    }

    @Test("numbers keep all of their digits, in canonical form", arguments: TableKind.allCases)
    func numbersComeBack(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            var item = Item(key: Key("p", "s"))
            for (written, _) in numbers {
                item["n \(written)"] = .number(try #require(Number(written), "\(written)"))
            }
            item["set"] = .numberSet(Set(numbers.compactMap { Number($0.written) }))
            try await table.store(item)
            let stored = try await table.get(Key("p", "s"))
            for (written, kept) in numbers {
                #expect(stored?["n \(written)"]?.numberValue?.text == kept, "\(written)")
            }
            #expect(stored?["set"]?.numberSetValue == Set(numbers.compactMap { Number($0.kept) }))
        }
    }

    @Test("keys are told apart by their bytes", arguments: TableKind.allCases)
    func keysAreBytes(_ kind: TableKind) async throws {
        try await kind.withTable { table async throws in
            for (index, key) in keys.enumerated() { try await table.store(Item(key: key, ["index": .number(index)])) }
            for (index, key) in keys.enumerated() {
                let item = try await table.get(key)
                #expect(item?.exactText == Item(key: key, ["index": .number(index)]).exactText)
            }
            #expect(try await table.batchGet(keys).compactMap { $0["index"]?.intValue }.sorted() == Array(keys.indices))
            #expect(try await table.transact(keys.map { .delete($0) }, token: UUID().uuidString) == .committed)
            #expect(try await table.scan(start: nil).items == [])
        }
    }

    @Test("put replaces the whole item; delete takes it away", arguments: TableKind.allCases)
    func putAndDelete(_ kind: TableKind) async throws {
        let key = Key("p", "s")
        try await kind.withTable { table async throws in
            #expect(try await table.get(key) == nil)
            #expect(try await table.delete(key, condition: nil) == .written)
            try await table.store(Item(key: key, ["a": 1, "b": 2]))
            try await table.store(Item(key: Key("p", "other"), ["a": 9]))
            try await table.store(Item(key: key, ["b": 3]))
            #expect(try await table.get(key) == Item(key: key, ["b": 3]))
            #expect(try await table.delete(key, condition: nil) == .written)
            #expect(try await table.get(key) == nil)
            #expect(try await table.get(Key("p", "other")) == Item(key: Key("p", "other"), ["a": 9]))
        }
    }

    @Test("what no item may be is refused and changes nothing", arguments: TableKind.allCases)
    func impossibleItems(_ kind: TableKind) async throws {
        let key = Key("p", "s")
        let impossible: [String: Item] = [
            "no SK": Item(["PK": "p"]), "no PK": Item(["SK": "s"]), "SK a number": Item(["PK": "p", "SK": 1]),
            "PK empty": Item(key: Key("", "s")), "SK empty": Item(key: Key("p", "")),
            "PK long": Item(key: Key(String(repeating: "p", count: 2049), "s")),
            "SK long": Item(key: Key("p", String(repeating: "s", count: 1025))),
            "empty strings": Item(key: key, ["a": .stringSet([])]),
            "empty numbers": Item(key: key, ["a": .numberSet([])]),
            "empty binaries": Item(key: key, ["a": .binarySet([])]),
            "nested": Item(key: key, ["a": .list([.map(["b": .stringSet([])])])]),
        ]
        let unfitForIndex: [String: Item] = [
            "GSI1PK a number": Item(key: key, ["GSI1PK": 1]), "GSI1SK empty": Item(key: key, ["GSI1SK": ""]),
        ]
        try await kind.withTable { table async throws in
            for (what, item) in impossible.merging(unfitForIndex, uniquingKeysWith: { first, _ in first }) {
                await expectTableError(.validation) { _ = try await table.put(item, condition: nil) }
                // Within transactions the emulator does not look at these.
                if kind.isEmulated, what.hasPrefix("no ") || unfitForIndex[what] != nil { continue }
                await expectRefusal(what) { () throws(TableError) in try await table.transact(.put(item)) }
            }
            await expectTableError(.validation) { _ = try await table.get(Key("", "s")) }
            await expectTableError(.validation) { _ = try await table.delete(Key("p", ""), condition: nil) }
            await expectTableError(.validation) { _ = try await table.batchGet([key, Key("p", "")]) }
            #expect(try await table.scan(start: nil).items == [])
        }
    }

    @Test("an item ends at 400 KB", arguments: TableKind.allCases)
    func itemSize(_ kind: TableKind) async throws {
        let key = Key("p", "s")
        try await kind.withTable { table async throws in
            var item = Item(key: key, ["a": ""])
            item["a"] = .string(String(repeating: "x", count: table.limits.itemBytes - item.storedBytes))
            #expect(item.storedBytes == table.limits.itemBytes)
            try await table.store(item)
            #expect(try await table.get(key) == item)

            var larger = item
            larger["a"] = .string(String(repeating: "y", count: (item["a"]?.size ?? 0) + 1))
            await expectTableError(.itemTooLarge) { _ = try await table.put(larger, condition: nil) }
            #expect(try await table.get(key) == item)
        }
    }
}
