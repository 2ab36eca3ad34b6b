public import CopilotAnalytics
internal import LosslessJSON

/// How bad it is. `error` and `fatal` are sent at once.
public enum TrackedLevel: String, Sendable, Hashable, CaseIterable {
    case debug
    case info
    case warn
    case error
    case fatal

    var isUrgent: Bool { self == .error || self == .fatal }
}

/// Something that happened, as the copilot's back end says it.
///
/// Nothing is checked when it is tracked. Before it is spooled or stored, it is checked and redacted as an event that
/// arrives in any other way; what makes no event is counted as rejected.
public struct TrackedEvent: Sendable, Hashable {
    public var type: EventType
    /// At most 256 bytes. ``CopilotAnalytics/Event/systemUser`` when it was nobody.
    public var userID: String
    public var conversationID: String?
    public var connectionID: String?
    public var agentID: String?
    /// Stored as `level` in the metadata.
    public var level: TrackedLevel?
    public var metadata: [String: TrackedValue]
    /// At most 128 bytes. `nil`: the tracker makes one. Give it, with the ``timestamp``, when the same happening may be
    /// tracked twice, such as a message that a queue delivers again: it is then counted once.
    public var id: String?
    /// When it happened. `nil`: now.
    public var timestamp: Timestamp?

    public init(
        _ type: EventType,
        user userID: String,
        conversation conversationID: String? = nil,
        connection connectionID: String? = nil,
        agent agentID: String? = nil,
        level: TrackedLevel? = nil,
        metadata: [String: TrackedValue] = [:],
        id: String? = nil,
        timestamp: Timestamp? = nil
    ) {
        self.type = type
        self.userID = userID
        self.conversationID = conversationID
        self.connectionID = connectionID
        self.agentID = agentID
        self.level = level
        self.metadata = metadata
        self.id = id
        self.timestamp = timestamp
    }

    var isUrgent: Bool {
        if let level { return level.isUrgent }
        guard !metadata.isEmpty, case .string(let text)? = metadata["level"] else { return false }
        return TrackedLevel(rawValue: text)?.isUrgent ?? false
    }

    /// Bytes in JSON, about. Cheap, since strings know their length.
    var approximateBytes: Int {
        var bytes = 64 + type.rawValue.utf8.count + userID.utf8.count
        for text in [conversationID, connectionID, agentID, id] {
            if let text { bytes += text.utf8.count + 20 }
        }
        return metadata.reduce(bytes) { $0 + $1.key.utf8.count + $1.value.approximateBytes + 4 }
    }
}

/// An event with what is decided once, when it is tracked: its time and its id.
final class Occurrence: Sendable {
    let event: TrackedEvent
    let timestamp: Timestamp
    let number: UInt64
    let bytes: Int

    init(_ event: TrackedEvent, timestamp: Timestamp, number: UInt64, bytes: Int) {
        self.event = event
        self.timestamp = timestamp
        self.number = number
        self.bytes = bytes
    }

    /// The event as any other sender would write it.
    func json(_ ids: borrowing EventIDs) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: bytes + 64)
        json.beginObject()
        for (name, value) in [
            ("id", event.id ?? ids.text(of: number)), ("type", event.type.rawValue), ("userId", event.userID),
            ("conversationId", event.conversationID), ("connectionId", event.connectionID), ("agentId", event.agentID),
        ] {
            guard let value else { continue }
            json.name(name)
            json.string(value)
        }
        json.name("timestamp")
        json.number(Int(timestamp.milliseconds))
        json.name("metadata")
        json.beginObject()
        if let level = event.level {
            json.name("level")
            json.string(level.rawValue)
        }
        for (name, value) in event.metadata where event.level == nil || name != "level" {
            json.name(name)
            value.write(to: &json)
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
