public import LosslessJSON
internal import SigV4
internal import SingleTable

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Makes events of what senders send: checks, normalizes and redacts. The same rules for files, HTTP and libraries.
public struct EventDecoder: Sendable {
    /// What an event is taken to have been received at.
    public enum Receipt: Sendable {
        /// By this clock, at the moment of decoding.
        case now
        /// History from a file: as the line says, else when it happened, so that importing a file again, or elsewhere,
        /// gives the same items.
        case history
    }

    private let receipt: Receipt
    private let retention: Retention
    private let userIDKey: UserIDKey?
    private let clock: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - retention: That of the table: what would expire at once is rejected.
    ///   - userIDKey: That of the table: where there is one, events carry pseudonyms from here on.
    public init(
        receipt: Receipt,
        retention: Retention = .forever,
        userIDKey: UserIDKey? = nil,
        clock: @escaping @Sendable () -> Timestamp = { Timestamp.now }
    ) {
        self.receipt = receipt
        self.retention = retention
        self.userIDKey = userIDKey
        self.clock = clock
    }

    /// A decoded event and the names of top-level fields that were not understood and dropped.
    public struct Decoded: Sendable {
        public var event: Event
        public var unknownFields: [String]
    }

    private static let knownFields: Set<String> = [
        "id", "type", "eventType", "userId", "conversationId", "connectionId", "agentId", "timestamp", "sentAt",
        "correctedTimestamp", "receivedAt", "metadata",
    ]

    /// - Parameter line: One JSON object, at most 32 KB.
    public func decode(line: some Collection<UInt8>) throws(EventRejection) -> Decoded {
        guard line.count <= EventLimits.eventBytes else {
            throw EventRejection.tooLarge
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(line)
        } catch {
            throw EventRejection(.invalidJSON, "not valid JSON: \(error)")
        }
        return try decode(json) { json in
            // A line of history that has a time but no id stands for itself: importing it again is importing the same.
            guard case .history = receipt, json["timestamp"] != nil else { return EventDecoder.newID() }
            return String(SHA256.hexHash(Array(line)).prefix(32))
        }
    }

    public func decode(_ json: JSONValue) throws(EventRejection) -> Decoded {
        try decode(json) { _ in EventDecoder.newID() }
    }

    private static func newID() -> String { UUID().uuidString.lowercased() }

    /// - Parameter makeID: Makes an id where the sender gives none.
    private func decode(_ json: JSONValue, makeID: (JSONValue) -> String) throws(EventRejection) -> Decoded {
        guard let object = json.objectValue else {
            throw EventRejection(.notAnObject, "an event is a JSON object, not \(json.kind)")
        }
        if object[UserExport.recordMember]?.stringValue != nil, object["type"] == nil, object["eventType"] == nil {
            throw EventRejection(.exportRecord, "a record of an export, not an event")
        }
        let now = clock()
        let timestamp = try time(object["timestamp"], "timestamp") ?? now
        let correctedTimestamp = try corrected(object, timestamp, now: now)
        try EventTime(now: now, retention: retention).check(correctedTimestamp ?? timestamp)
        let userID = try text(object["userId"], "userId", most: EventLimits.nameBytes)
        guard let userID else { throw EventRejection(.missingField, field: "userId", "userId is missing") }
        let id = try text(object["id"], "id", most: EventLimits.idBytes) ?? makeID(json)
        let event = Event(
            id: id,
            type: try type([object["type"], object["eventType"]].compactMap { $0 }.first { $0 != .null }),
            userID: userIDKey?.pseudonym(of: userID) ?? userID,
            conversationID: try text(object["conversationId"], "conversationId", most: EventLimits.nameBytes),
            connectionID: try text(object["connectionId"], "connectionId", most: EventLimits.nameBytes),
            agentID: try text(object["agentId"], "agentId", most: EventLimits.nameBytes),
            timestamp: timestamp,
            correctedTimestamp: correctedTimestamp,
            receivedAt: try received(object, now: now, timestamp: timestamp),
            metadata: try MetadataDecoder.decode(object["metadata"])
        )
        // Encoded, an id may be three times as long as it is.
        guard Keyspace.fitsKey(event) else {
            throw EventRejection(
                .invalidField,
                field: "id",
                "userId and id together are too long for a key: use fewer of the characters #, / and %"
            )
        }
        let unknown = object.members.map(\.name).filter { !EventDecoder.knownFields.contains($0) }
        return Decoded(event: event, unknownFields: unknown)
    }

    private func received(
        _ object: JSONObject,
        now: Timestamp,
        timestamp: Timestamp
    ) throws(EventRejection) -> Timestamp {
        switch receipt {
        case .now: now
        case .history: try time(object["receivedAt"], "receivedAt") ?? timestamp
        }
    }

    /// A receiver corrects by its own clock. History says what was found then, or when it was sent and received.
    private func corrected(
        _ object: JSONObject,
        _ timestamp: Timestamp,
        now: Timestamp
    ) throws(EventRejection) -> Timestamp? {
        var receivedAt: Timestamp? = now
        if case .history = receipt {
            if let known = try time(object["correctedTimestamp"], "correctedTimestamp") { return known }
            receivedAt = try time(object["receivedAt"], "receivedAt")
        }
        guard let receivedAt else { return nil }
        let sentAt = try time(object["sentAt"], "sentAt")
        return try EventTime.corrected(timestamp, sentAt: sentAt, receivedAt: receivedAt)
    }

    private func type(_ json: JSONValue?) throws(EventRejection) -> EventType {
        guard let json else { throw EventRejection(.missingField, field: "type", "type is missing") }
        guard let name = json.stringValue, let type = EventType(validating: name) else {
            throw EventRejection(
                .invalidField,
                field: "type",
                "type must be a name such as ACTION_EXECUTED: a letter, then letters, digits and _, at most "
                    + "\(EventType.maximumLength) characters"
            )
        }
        return type
    }

    /// A name or id: present, or absent (`nil`), never empty, too long or unprintable.
    private func text(_ json: JSONValue?, _ field: String, most: Int) throws(EventRejection) -> String? {
        guard let json, json != .null else { return nil }
        guard let raw = json.stringValue else {
            throw EventRejection(.invalidField, field: field, "\(field) must be a string, not \(json.kind)")
        }
        return try NameRule.validate(raw, field, most: most)
    }

    /// Epoch milliseconds or RFC 3339.
    private func time(_ json: JSONValue?, _ field: String) throws(EventRejection) -> Timestamp? {
        switch json {
        case nil, .null: return nil
        case .string(let text):
            guard let timestamp = Timestamp(rfc3339: text), timestamp.isPlausible else {
                throw EventRejection(
                    .invalidField,
                    field: field,
                    "\(field) must be epoch milliseconds or RFC 3339, such as 2026-10-01T09:15:00.000Z"
                )
            }
            return timestamp
        case .number(let text):
            guard let number = Number(text), let value = FixedPoint(number), value.millionths % 1_000_000 == 0,
                let milliseconds = Int64(exactly: value.millionths / 1_000_000)
            else {
                throw EventRejection(
                    .invalidField,
                    field: field,
                    "\(field) must be a whole number of epoch milliseconds"
                )
            }
            guard Timestamp(milliseconds: milliseconds).isPlausible else {
                throw EventRejection(
                    .invalidField,
                    field: field,
                    "\(field) is not in epoch milliseconds\(Timestamp.likelyUnit(of: milliseconds))"
                )
            }
            return Timestamp(milliseconds: milliseconds)
        case .some(let other):
            throw EventRejection(
                .invalidField,
                field: field,
                "\(field) must be epoch milliseconds or RFC 3339, not \(other.kind)"
            )
        }
    }
}

extension Timestamp {
    /// 13 digits: 2001-09-09 to 2286-11-20. The sort keys of events rely on it.
    var isPlausible: Bool { (1_000_000_000_000..<10_000_000_000_000).contains(milliseconds) }

    /// - Returns: `nil` when the number has not 13 digits.
    init?(plausible milliseconds: Int) {
        self.init(milliseconds: Int64(milliseconds))
        guard isPlausible else { return nil }
    }

    static func likelyUnit(of value: Int64) -> String {
        switch value.magnitude {
        case 0..<1_000_000_000: ": it is too small for any unit of time since 1970"
        case 1_000_000_000..<100_000_000_000: ": it looks like seconds, multiply by 1000"
        case 100_000_000_000_000..<100_000_000_000_000_000: ": it looks like microseconds, divide by 1000"
        case 100_000_000_000_000_000...: ": it looks like nanoseconds, divide by 1000000"
        default: ": it lies outside 2001-09-09 to 2286-11-20"
        }
    }

    public static var now: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
