import LosslessJSON
import PropertyTesting
import SingleTable
import Testing

/// Bytes that were items once, changed, cut and doubled: what is still read as an item is written and read again as the
/// same one. `make fuzz` looks further.
@Suite struct ItemFuzzTests {
    private static let items = [
        #"{"PK":{"S":"COMMAND#c"},"SK":{"S":"STATS#1"},"n":{"N":"12"},"h-17":{"N":"3"},"u":{"BS":["AAECAw==","/w=="]}}"#,
        #"{"PK":{"S":"a"},"SK":{"S":"b"},"r":{"NS":["1","2.5","-3E+5"]},"s":{"SS":["é","\u00e9\ud83d\ude00"]}}"#,
        #"{"PK":{"S":"a"},"SK":{"S":"b"},"m":{"M":{"a":{"L":[{"NULL":true},{"BOOL":false},{"B":"AA=="},{"N":"0.1"}]}}}}"#,
    ]

    @Test(arguments: Seeds.first(10))
    func whatIsReadIsWrittenTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var read = 0
        for _ in 0..<300 {
            var bytes = Array(random.element(ItemFuzzTests.items).utf8)
            for _ in 0..<random.integer(1...2) {
                let place = random.integer(0...bytes.count - 1)
                switch random.integer(0...7) {
                case 0: bytes[place] = UInt8(random.integer(0...255))
                case 1: bytes.removeSubrange(place..<min(place + random.integer(1...9), bytes.count))
                case 2: bytes.insert(contentsOf: bytes.prefix(random.integer(0...30)), at: place)
                case 3: bytes[place] ^= 1 << UInt8(random.integer(0...7))
                case 4: bytes[place] = random.element(Array("\"{}[],:-+.\\".utf8))
                // Most often within a string, so that it stays an item.
                default: bytes[place] = random.element(Array("0123456789abcdefABCDEF=".utf8))
                }
                if bytes.isEmpty { bytes = [0] }
            }
            guard let item = try? item(String(decoding: bytes, as: UTF8.self)) else { continue }
            read += 1
            #expect(try self.item(item.jsonText) == item)
            guard let encoded = EncodedItem(item) else { continue }
            #expect(encoded.key == item.key && encoded.storedBytes == item.storedBytes)
            #expect(try self.item(encoded.jsonText) == item)
        }
        #expect(read > 10)
    }

    private func item(_ text: String) throws -> Item {
        struct NoItem: Error {}
        let json = try JSONValue.parse(text, maximumDepth: AttributeValue.maximumJSONDepth)
        guard let item = Item(json: json) else { throw NoItem() }
        return item
    }
}
