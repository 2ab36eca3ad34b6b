internal import SingleTable

/// Raw events as items of the table.
extension Event {
    static let schemaVersion = 1
    /// Of an item, its key included: those that every event has and a few more, so that the item is not moved to make
    /// room.
    private static let usualAttributeCount = 16

    /// Attributes that a receiver adds. They are no part of the identity and do not make two events differ.
    private static let receiverAttributes: Set<String> = [
        "receivedAt", "correctedTimestamp", "date", "hour", "ttl", "v", Event.overflowAttribute,
        Query.Index.gsi1.partitionAttribute, Query.Index.gsi1.sortAttribute,
    ]

    /// Which of the event's names count as `_other`, because the directory was full when it was stored.
    static let overflowAttribute = "overflow"

    /// The item that stores this event, in a table of that zone and retention.
    func item(in layout: TableLayout, overflow: Set<Overflow>) -> Item {
        let day = layout.zone.day(of: occurredAt)
        let date = day.description
        var attributes: [String: AttributeValue] = [:]
        attributes.reserveCapacity(Event.usualAttributeCount)
        attributes["userId"] = .string(userID)
        attributes["eventType"] = .string(type.rawValue)
        attributes["timestamp"] = .number(timestamp.milliseconds)
        attributes["date"] = .string(date)
        attributes["hour"] = .string("\(date)T\(padded(layout.zone.hour(of: occurredAt), 2))")
        attributes["metadata"] = .map(metadata)
        attributes["receivedAt"] = .number(receivedAt.milliseconds)
        attributes["v"] = .number(Event.schemaVersion)
        attributes[Query.Index.gsi1.partitionAttribute] = .string(layout.keys.dayPartition(day, shardOf: self))
        attributes[Query.Index.gsi1.sortAttribute] = .string(layout.keys.daySort(self))
        attributes["conversationId"] = conversationID.map { .string($0) }
        attributes["connectionId"] = connectionID.map { .string($0) }
        attributes["agentId"] = agentID.map { .string($0) }
        attributes["correctedTimestamp"] = correctedTimestamp.map { .number($0.milliseconds) }
        if !overflow.isEmpty {
            attributes[Event.overflowAttribute] = .stringSet(Set(overflow.map(\.rawValue)))
        }
        attributes["ttl"] = layout.retention.expiry(ofEventsOn: day, in: layout.zone).map { .number($0) }
        return Item(key: layout.keys.event(self), attributes)
    }

    /// Reads a stored event.
    ///
    /// - Returns: `nil` when the item is none.
    init?(item: Item, keys: Keyspace) {
        guard let key = item.key, let id = keys.eventID(of: key), let userID = item["userId"]?.stringValue,
            let type = item["eventType"]?.stringValue,
            let timestamp = item["timestamp"]?.intValue.flatMap({ Timestamp(plausible: $0) })
        else { return nil }
        // What is stored may have been tampered with: no time that a calendar cannot hold gets in.
        func time(_ name: String) -> Timestamp? {
            item[name]?.intValue.flatMap { Timestamp(plausible: $0) }
        }
        self.init(
            id: id,
            type: EventType(rawValue: type),
            userID: userID,
            conversationID: item["conversationId"]?.stringValue,
            connectionID: item["connectionId"]?.stringValue,
            agentID: item["agentId"]?.stringValue,
            timestamp: timestamp,
            correctedTimestamp: time("correctedTimestamp"),
            receivedAt: time("receivedAt") ?? timestamp,
            metadata: item["metadata"]?.mapValue ?? [:]
        )
    }

    static func overflow(of item: Item) -> Set<Overflow> {
        Set((item[overflowAttribute]?.stringSetValue ?? []).compactMap(Overflow.init(rawValue:)))
    }

    /// Whether two items say the same, apart from what their receivers added.
    static func sameContent(_ left: Item, _ right: Item) -> Bool {
        func content(_ item: Item) -> [String: AttributeValue] {
            item.attributes.filter { !receiverAttributes.contains($0.key) }
        }
        return content(left) == content(right)
    }
}

/// A name of an event that counts as `_other`.
enum Overflow: String, Sendable, Hashable {
    case command, errorType, errorPattern, type
}
