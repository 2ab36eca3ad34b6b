import LosslessJSON
import PropertyTesting
import Testing

@Suite struct JSONRoundTripTests {
    @Test(arguments: Seeds.first(200))
    func readsWhatItWrote(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let value = random.json(depth: 0)
            let text = value.jsonText
            let parsed = try JSONValue.parse(text)
            #expect(parsed == value, "\(text)")
            // Equality of values ignores the order of members; the text does not.
            #expect(parsed.jsonText == text)
            #expect(parsed.hashValue == value.hashValue)
        }
    }

    @Test(arguments: Seeds.first(50))
    func mutilatedTextNeverTraps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(random.json(depth: 0).jsonText.utf8)
        for _ in 0..<50 {
            let place = random.integer(0...bytes.count - 1)
            switch random.integer(0...2) {
            case 0: bytes[place] = UInt8(random.integer(0...255))
            case 1: bytes.insert(UInt8(random.integer(0...255)), at: place)
            default: if bytes.count > 1 { bytes.remove(at: place) }
            }
            // Whatever is accepted is JSON: what is written from it reads back the same.
            guard let value = try? JSONValue.parse(bytes) else { continue }
            #expect((try? JSONValue.parse(value.jsonText)) == value)
        }
    }

    @Test func writesControlCharactersAsEscapes() {
        #expect(
            JSONValue.string("a\u{0}\u{1F}\n\r\t\"\\/\u{7F}é").jsonText == #""a\u0000\u001f\n\r\t\"\\/"# + "\u{7F}é\"")
    }

    /// Texts are looked at several bytes a step: whatever has to be escaped is found at every place of every step.
    @Test(arguments: [
        "\u{0}", "\n", "\u{1F}", "\"", "\\", " ", "!", "#", "[", "]", "\u{7F}", "\u{80}", "é", "\u{10FFFF}",
    ])
    func escapesAtEveryPlace(special: String) throws {
        let isEscaped = ["\u{0}", "\n", "\u{1F}", "\"", "\\"].contains(special)
        for count in 0..<20 {
            for place in 0...count {
                let text = String(repeating: "ü", count: place) + special + String(repeating: "a", count: count - place)
                let written = JSONValue.string(text).jsonText
                #expect(try JSONValue.parse(written) == .string(text))
                #expect(written.contains("\\") == isEscaped)
            }
        }
    }

    @Test func streamsAcrossTake() throws {
        var writer = JSONWriter()
        var bytes: [UInt8] = []
        writer.beginArray()
        for index in 0..<5 {
            writer.beginObject()
            writer.name("index")
            writer.number(index)
            bytes += writer.take()
            writer.name("flag")
            writer.bool(index % 2 == 0)
            writer.endObject()
        }
        writer.endArray()
        writer.endLine()
        bytes += writer.take()
        let expected = JSONValue.array((0..<5).map { ["index": .number("\($0)"), "flag": .bool($0 % 2 == 0)] })
        #expect(try JSONValue.parse(bytes) == expected)
        #expect(bytes.last == UInt8(ascii: "\n"))
    }

    @Test func equalityAndHashIgnoreTheOrderOfMembers() {
        let one: JSONValue = ["a": 1, "b": [2, nil]]
        let other: JSONValue = ["b": [2, nil], "a": 1]
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": [nil, 2]])
        #expect(one != ["a": 1])
        #expect(["a": 1] as JSONValue != one)
    }
}

extension SeededGenerator {
    fileprivate mutating func json(depth: Int) -> JSONValue {
        switch integer(0...(depth < 5 ? 6 : 4)) {
        case 0: return .null
        case 1: return .bool(chance(0.5))
        case 2: return .number(element(["0", "-0", "1.50", "-3e-7", "1E+20", String(next()), "-0.000"]))
        case 3, 4: return .string(hostileText(0...8))
        case 5: return .array((0..<integer(0...5)).map { _ in json(depth: depth + 1) })
        default:
            var object = JSONObject()
            for _ in 0..<integer(0...5) { object[hostileText(0...3)] = json(depth: depth + 1) }
            return .object(object)
        }
    }
}
