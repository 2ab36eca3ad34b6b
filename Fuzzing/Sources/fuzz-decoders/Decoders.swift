import CopilotAnalytics
import LosslessJSON
import SingleTable

/// What libFuzzer calls with bytes that it has made up: the first says which decoder the others are for.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    guard let first = bytes.first else { return 0 }
    let rest = Array(bytes.dropFirst())
    switch first {
    case UInt8(ascii: "e"): decodeEvent(rest)
    case UInt8(ascii: "s"): decodeSegmentMessage(rest)
    case UInt8(ascii: "i"): decodeItem(rest)
    default: break
    }
    return 0
}

private let now = Timestamp(rfc3339: "2026-10-05T12:00:00Z") ?? Timestamp.now
private let decoders = [EventDecoder.Receipt.now, .history].map {
    EventDecoder(receipt: $0, retention: .dynamoDB) { now }
}

private func decodeEvent(_ line: [UInt8]) {
    for decoder in decoders {
        guard let event = try? decoder.decode(line: line).event else { continue }
        check(event)
    }
}

private func decodeSegmentMessage(_ bytes: [UInt8]) {
    guard let json = try? JSONValue.parse(String(decoding: bytes, as: UTF8.self)) else { return }
    for kind in [SegmentMessage.Kind?.none, .track] {
        guard case .event(let json)? = try? SegmentMessage(kind: kind, sentAt: json["sentAt"]).read(json) else {
            continue
        }
        for decoder in decoders {
            if let event = try? decoder.decode(json).event { check(event) }
        }
    }
}

/// Whatever the sender wrote, the table takes it.
private func check(_ event: Event) {
    precondition((1...EventLimits.idBytes).contains(event.id.utf8.count))
    precondition((1...EventLimits.nameBytes).contains(event.userID.utf8.count))
    precondition("\(event.timestamp.milliseconds)".utf8.count == 13)
    let metadata = Item(["metadata": .map(event.metadata)])
    precondition(metadata.storedBytes <= 2 * EventLimits.eventBytes)
    precondition(reread(metadata) == metadata)
}

private func decodeItem(_ bytes: [UInt8]) {
    guard
        let json = try? JSONValue.parse(
            String(decoding: bytes, as: UTF8.self), maximumDepth: AttributeValue.maximumJSONDepth),
        let item = Item(json: json)
    else { return }
    precondition(reread(item) == item)
    // The encoder of imports, which makes the text piece by piece, agrees.
    if let encoded = EncodedItem(item) {
        precondition(encoded.key == item.key && encoded.storedBytes == item.storedBytes)
        let text = try? JSONValue.parse(encoded.jsonText, maximumDepth: AttributeValue.maximumJSONDepth)
        precondition(text.flatMap(Item.init(json:)) == item)
    }
}

private func reread(_ item: Item) -> Item? {
    let text = try? JSONValue.parse(item.jsonText, maximumDepth: AttributeValue.maximumJSONDepth)
    return text.flatMap(Item.init(json:))
}
