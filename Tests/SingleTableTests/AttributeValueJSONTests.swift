import LosslessJSON
import PropertyTesting
import SingleTable
import Testing

@Suite struct AttributeValueJSONTests {
    @Test(arguments: Seeds.first(100))
    func readsWhatItWrote(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var item = Item(key: Key(random.hostileText(1...4), "s"))
        for _ in 0..<random.integer(0...6) { item[random.hostileText(1...3)] = random.attribute(depth: 0) }
        let text = item.jsonText
        #expect(Item(json: try JSONValue.parse(text)) == item, "\(text)")
    }

    @Test(arguments: [
        #"{}"#, #"{"S":1}"#, #"{"S":"a","N":"1"}"#, #"{"N":1}"#, #"{"N":"x"}"#, #"{"N":"1e400"}"#, #"{"B":"%"}"#,
        #"{"BOOL":"true"}"#, #"{"L":{}}"#, #"{"L":[1]}"#, #"{"M":[]}"#, #"{"M":{"a":1}}"#, #"{"SS":["a",1]}"#,
        #"{"NS":["x"]}"#, #"{"BS":[1]}"#, #"{"X":"a"}"#, #""a""#, #"[]"#,
    ])
    func refusesWhatIsNotAnAttribute(text: String) throws {
        #expect(AttributeValue(json: try JSONValue.parse(text)) == nil)
    }
}

extension SeededGenerator {
    fileprivate mutating func attribute(depth: Int) -> AttributeValue {
        switch integer(0...(depth < 3 ? 9 : 4)) {
        case 0: return .string(hostileText(0...5))
        case 1: return .number(Number(Int64(bitPattern: next())))
        case 2: return .binary((0..<integer(0...9)).map { _ in UInt8(integer(0...255)) })
        case 3: return .bool(chance(0.5))
        case 4: return .null
        case 5: return .list((0..<integer(0...4)).map { _ in attribute(depth: depth + 1) })
        case 6: return .stringSet(Set((0...integer(0...3)).map { _ in hostileText(1...3) }))
        case 7: return .numberSet(Set((0...integer(0...3)).map { _ in Number(integer(-9...9)) }))
        case 8: return .binarySet(Set((0...integer(0...3)).map { _ in [UInt8(integer(0...255))] }))
        default:
            var map: [String: AttributeValue] = [:]
            for _ in 0..<integer(0...4) { map[hostileText(1...3)] = attribute(depth: depth + 1) }
            return .map(map)
        }
    }
}
