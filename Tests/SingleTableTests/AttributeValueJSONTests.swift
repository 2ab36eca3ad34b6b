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
        #expect(Item(jsonText: text) == item, "\(text)")
    }

    @Test(arguments: Seeds.first(100))
    func encodesOneItemAfterTheOther(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var encoder = ItemEncoder()
        for _ in 1...3 {
            var item = Item(key: Key(random.hostileText(1...4), "s"), ["GSI1PK": .string(random.hostileText(0...3))])
            for _ in 0..<random.integer(0...6) { item[random.hostileText(1...3)] = random.attribute(depth: 0) }
            let key = try #require(item.key)
            encoder.begin(Key("dropped", "again"))
            encoder.begin(key)
            for (name, value) in item.attributes where name != "PK" && name != "SK" { encoder.set(name, value) }
            let encoded = encoder.finish()
            #expect(Item(jsonText: encoded.jsonText) == item)
            #expect(encoded.key == key && encoded.indexPartition == item["GSI1PK"] && encoded.indexSort == nil)
            #expect(encoded.storedBytes == item.storedBytes)
        }
    }

    /// Whoever edits a row by hand writes it in his own way, and what is no item stays none.
    @Test(arguments: [
        #" { "a" : { "S" : "x" } , "n":{"N":"1.50"} } "#, #"{"a":{"S":"x","N":null}}"#,
        #"{"a":{"__type":"t","BOOL":false}}"#, #"{"a":{"NULL":true},"b":{"B":"AP8="}}"#,
        #"{"a":{"S":"1"},"a":{"S":"2"}}"#, #"{"a":{"M":{"b":{"L":[{"NS":["1","2"]},{"L":[]},{"M":{}}]}}}}"#, #"{}"#,
        #"{"a":{"S":"x"}} trailing"#, #"{"a":{"S":"x"},}"#, #"{"a":{"S":"x"}"#, #"{"a":"x"}"#, #"[]"#, #""#,
        #"{"a":{"N":"x"}}"#, #"{"a":{"SS":["a",1]}}"#, #"{"a":{"BOOL":"true"}}"#, #"{"a":{"S":"\ud800"}}"#,
    ])
    func readsTextAsItReadsTrees(text: String) {
        let tree = (try? JSONValue.parse(text)).flatMap { Item(json: $0) }
        #expect(Item(jsonText: text) == tree)
    }

    @Test func readsNoDeeperThanTablesGo() {
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: #"{"L":["#, count: depth) + String(repeating: "]}", count: depth) + "}"
        }
        #expect(Item(jsonText: nested(32)) != nil)
        #expect(Item(jsonText: nested(10_000)) == nil)
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
