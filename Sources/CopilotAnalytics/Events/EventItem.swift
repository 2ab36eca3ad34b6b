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
        var item = Item(key: layout.keys.event(self))
        item.attributes.reserveCapacity(Event.usualAttributeCount)
        write(to: &item, EventPeriod(of: self, in: layout), layout.keys, overflow)
        return item
    }

    /// Hands over all attributes but the key.
    fileprivate func write(
        to sink: inout some AttributeSink,
        _ period: EventPeriod,
        _ keys: Keyspace,
        _ overflow: Set<Overflow>
    ) {
        sink.set("userId", .string(userID))
        sink.set("eventType", .string(type.rawValue))
        sink.set("timestamp", .number(timestamp.milliseconds))
        sink.set("date", period.date)
        sink.set("hour", period.hour)
        sink.set("metadata", .map(metadata))
        sink.set("receivedAt", .number(receivedAt.milliseconds))
        sink.set("v", .number(Event.schemaVersion))
        sink.set(Query.Index.gsi1.partitionAttribute, period.partitions[Keyspace.dayShard(of: self)])
        sink.set(Query.Index.gsi1.sortAttribute, .string(keys.daySort(self)))
        if let conversationID { sink.set("conversationId", .string(conversationID)) }
        if let connectionID { sink.set("connectionId", .string(connectionID)) }
        if let agentID { sink.set("agentId", .string(agentID)) }
        if let correctedTimestamp { sink.set("correctedTimestamp", .number(correctedTimestamp.milliseconds)) }
        if !overflow.isEmpty { sink.set(Event.overflowAttribute, .stringSet(Set(overflow.map(\.rawValue)))) }
        if let ttl = period.ttl { sink.set("ttl", ttl) }
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

    /// Whether a raw event counts in our statistics: what another system wrote does not before it is adopted.
    static func counts(_ item: Item) -> Bool { item["v"] != nil }

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

/// What an item says of the quarter of an hour in which its event happened. A quarter lies within one hour and one day
/// of every zone.
private struct EventPeriod {
    let date: AttributeValue
    let hour: AttributeValue
    /// Of the index, by shard.
    let partitions: [AttributeValue]
    let ttl: AttributeValue?

    init(of event: Event, in layout: TableLayout) {
        let day = layout.zone.day(of: event.occurredAt)
        let date = day.description
        self.date = .string(date)
        hour = .string("\(date)T\(padded(layout.zone.hour(of: event.occurredAt), 2))")
        partitions = layout.keys.dayPartitions(day).map { .string($0) }
        ttl = layout.retention.expiry(ofEventsOn: day, in: layout.zone).map { .number($0) }
    }
}

/// Makes the items of many events, and of each quarter of an hour only once what is the same in all of them.
struct EventEncoder {
    private let layout: TableLayout
    private var periods: [Period: EventPeriod] = [:]
    private var encoder = ItemEncoder()

    init(_ layout: TableLayout) { self.layout = layout }

    mutating func encode(_ event: Event, under key: Key, overflow: Set<Overflow>) -> EncodedItem {
        encoder.begin(key)
        event.write(to: &encoder, period(of: event), layout.keys, overflow)
        return encoder.finish()
    }

    private mutating func period(of event: Event) -> EventPeriod {
        let quarter = Period.quarter(of: event.occurredAt)
        if let known = periods[quarter] { return known }
        let period = EventPeriod(of: event, in: layout)
        periods[quarter] = period
        return period
    }
}

/// A name of an event that counts as `_other`.
enum Overflow: String, Sendable, Hashable {
    case command, errorType, errorPattern, type
}
