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
        json.plainValue(.map(metadata))
        json.endObject()
    }

}

extension JSONWriter {
    /// A value in plain JSON, members of maps in byte order of their names.
    fileprivate mutating func plainValue(_ value: AttributeValue) {
        switch value {
        case .string(let text): string(text)
        case .number(let number): self.number(number.text)
        case .bool(let flag): bool(flag)
        case .list(let elements):
            beginArray()
            for element in elements { plainValue(element) }
            endArray()
        case .map(let members):
            beginObject()
            for (name, value) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                self.name(name)
                plainValue(value)
            }
            endObject()
        case .stringSet(let set):
            beginArray()
            for text in set.sorted() { string(text) }
            endArray()
        case .numberSet(let set):
            beginArray()
            for number in set.sorted() { self.number(number.text) }
            endArray()
        // Events hold no binary values: JSON has none.
        case .null, .binary, .binarySet: null()
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
            .number(String(event.receivedAt.milliseconds)), .text(metadata(event)),
        ]
    }

    private static func metadata(_ event: Event) -> String {
        var json = JSONWriter()
        json.plainValue(.map(event.metadata))
        return json.string
    }
}
