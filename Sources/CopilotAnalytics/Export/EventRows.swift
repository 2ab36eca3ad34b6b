package import LosslessJSON
internal import SingleTable

/// Raw events in the form that `import` reads, so that what was exported can be imported elsewhere.
extension Event {
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        for (name, value) in [
            ("id", id), ("type", type.rawValue), ("userId", userID), ("conversationId", conversationID),
            ("connectionId", connectionID), ("agentId", agentID),
        ] {
            guard let value else { continue }
            json.name(name)
            json.string(value)
        }
        json.member("timestamp", Int(timestamp.milliseconds))
        if let correctedTimestamp { json.member("correctedTimestamp", Int(correctedTimestamp.milliseconds)) }
        json.member("receivedAt", Int(receivedAt.milliseconds))
        json.name("metadata")
        json.value(Event.plain(.map(metadata)))
        json.endObject()
    }

    /// A value in plain JSON, members of maps in byte order of their names.
    static func plain(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(text)
        case .number(let number): return .number(number.text)
        case .bool(let flag): return .bool(flag)
        case .null: return .null
        case .list(let elements): return .array(elements.map(plain))
        case .map(let members):
            var object = JSONObject()
            for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                object[name] = plain(value)
            }
            return .object(object)
        case .stringSet(let set): return .array(set.sorted().map { .string($0) })
        case .numberSet(let set): return .array(set.sorted().map { .number($0.text) })
        // Events hold no binary values: JSON has none.
        case .binary, .binarySet: return .null
        }
    }
}

enum EventTable {
    static let columns = [
        "id", "type", "userId", "conversationId", "connectionId", "agentId", "timestamp",
        "correctedTimestamp", "receivedAt", "metadata",
    ]

    static func cells(_ event: Event) -> [CSVWriter.Cell] {
        func text(_ value: String?) -> CSVWriter.Cell { value.map { .text($0) } ?? .empty }
        return [
            .text(event.id), .text(event.type.rawValue), .text(event.userID), text(event.conversationID),
            text(event.connectionID), text(event.agentID), .number(String(event.timestamp.milliseconds)),
            event.correctedTimestamp.map { .number(String($0.milliseconds)) } ?? .empty,
            .number(String(event.receivedAt.milliseconds)), .text(Event.plain(.map(event.metadata)).jsonText),
        ]
    }
}
